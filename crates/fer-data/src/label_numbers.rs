//! What is told where labels are numbers that `classes` does not cover: all labels of the source, and a map that would fit.

use std::collections::BTreeSet;
use std::path::PathBuf;

use fer_artifact::FER2013_CLASSES;

use crate::phrase::few;
use crate::{BadRow, Classes, Error, RowProblem};

impl Error {
    /// The error, with all labels of the source if a label that is a number brought it about.
    pub(crate) fn with_labels(
        self,
        classes: &Classes,
        labels: impl FnOnce() -> Result<BTreeSet<String>, Self>,
    ) -> Self {
        let is_number = |row: &BadRow| matches!(row.problem, RowProblem::LabelNumber { .. });
        match self {
            Error::Row { path, row } if is_number(&row) => match labels() {
                Ok(labels) => label_numbers(path, row, classes.names(), labels),
                Err(_) => Error::Row { path, row },
            },
            other => other,
        }
    }
}

fn label_numbers(path: PathBuf, row: Box<BadRow>, classes: &[String], labels: BTreeSet<String>) -> Error {
    let number = |label: &String| label.trim().parse::<i64>().ok();
    let numbers: BTreeSet<i64> = labels.iter().filter_map(number).collect();
    let from_one = numbers.first() == Some(&1) && numbers.last() == Some(&(classes.len() as i64));
    let usual = |name: &String| FER2013_CLASSES.iter().position(|known| known.eq_ignore_ascii_case(name));
    let usual: Option<Vec<usize>> = classes.iter().map(usual).collect();
    let choice = |(place, name): (usize, &String)| match &usual {
        Some(usual) if !from_one => format!("{name}: [{}]", usual[place]),
        _ => format!("{name}: [{}]", place + usize::from(from_one)),
    };
    let choices: Vec<String> = classes.iter().enumerate().map(choice).collect();
    let mut labels: Vec<String> = labels.into_iter().collect();
    labels.sort_by_key(|label| (number(label).unwrap_or(i64::MAX), label.clone()));
    Error::LabelNumbers { path, row, labels, from_one, suggestion: format!("{{{}}}", few(&choices)) }
}
