//! A file of votes: what of each row is for which class.

use std::path::Path;

use fer_artifact::Split;

use crate::blocks::Block;
use crate::columns;
use crate::csv::{self, Opened};
use crate::fields::Fields;
use crate::labels::{self, Labels};
use crate::phrase::few;
use crate::spelling::{spelling, synonym};
use crate::{BadRow, Classes, Error, Place, RowProblem, Votes};

/// The votes of a file.
pub(crate) struct Ballots {
    /// `[R]`, names of pictures, where the file has them.
    pub(crate) names: Option<Vec<String>>,
    /// `[R]`, the splits of the rows, where the file knows them.
    pub(crate) splits: Option<Vec<Option<Split>>>,
    /// `[R, K + others]`: the votes for each class, and behind them those for none of the classes.
    counts: Vec<f64>,
    /// What the votes for none of the classes are for.
    pub(crate) others: Vec<String>,
    /// Names of all columns.
    pub(crate) columns: Vec<String>,
    /// Columns that are not read.
    pub(crate) unread: Vec<String>,
    width: usize,
}

impl Ballots {
    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.counts.len() / self.width
    }

    /// The votes of a row.
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.counts[row * self.width..(row + 1) * self.width]
    }

    /// Reads a file.
    pub(crate) fn read(votes: &Votes, classes: &Classes) -> Result<Self, Error> {
        let path = votes.path();
        let Opened { mut blocks, first: mut next, separator, names } = csv::open(path)?;
        let columns = Columns::find(votes, classes, &names)?;
        let mut ballots = Self {
            names: columns.name.map(|_| vec![]),
            splits: columns.split.map(|_| vec![]),
            counts: vec![],
            others: columns.others.clone(),
            unread: columns.unread.clone(),
            columns: names.clone(),
            width: classes.names().len() + columns.others.len(),
        };
        while let Some(block) = next {
            ballots.append(path, &columns, (&block, separator, &names))?;
            next = blocks.next()?;
        }
        match ballots.len() {
            0 => Err(Error::NoRows { path: path.to_owned(), unit: "row of votes" }),
            _ => Ok(ballots),
        }
    }

    fn append(
        &mut self,
        path: &Path,
        columns: &Columns,
        (block, separator, names): (&Block, u8, &[String]),
    ) -> Result<(), Error> {
        let read: Vec<usize> = [columns.name, columns.split]
            .into_iter()
            .flatten()
            .chain(columns.votes.iter().map(|(column, _)| *column))
            .collect();
        let fields = Fields::split(path, block, separator, names.len(), &read)?;
        if let (Some(all), Some(name)) = (&mut self.names, columns.name) {
            all.extend(fields.column(name).into_iter().map(str::to_owned));
        }
        if let (Some(all), Some(split)) = (&mut self.splits, columns.split) {
            all.extend(fields.column(split).into_iter().map(|split| labels::split(split).ok()));
        }
        let values: Vec<(&usize, Vec<&str>, usize)> =
            columns.votes.iter().map(|(column, place)| (column, fields.column(*column), *place)).collect();
        for (index, &line) in block.lines.iter().enumerate() {
            let (row, start) = (self.len(), self.counts.len());
            self.counts.resize(start + self.width, 0.0);
            for (column, texts, place) in &values {
                let count = texts[index].parse::<f64>().ok().filter(|count| count.is_finite() && *count >= 0.0);
                let Some(count) = count else {
                    let problem = RowProblem::Votes { found: texts[index].to_owned() };
                    let place = Place::Line { line, column: Some(names[**column].clone()) };
                    let row = Box::new(BadRow { row: row as u32, place, problem });
                    return Err(Error::Row { path: path.to_owned(), row });
                };
                self.counts[start + place] += count;
            }
        }
        Ok(())
    }
}

/// The columns of the file.
struct Columns {
    name: Option<usize>,
    split: Option<usize>,
    /// A column with votes, and their place in a row.
    votes: Vec<(usize, usize)>,
    others: Vec<String>,
    unread: Vec<String>,
}

impl Columns {
    fn find(votes: &Votes, classes: &Classes, names: &[String]) -> Result<Self, Error> {
        let path = votes.path();
        let position = |wanted: &str| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
        let missing = |wanted: &str, parameter| Error::MissingColumn {
            path: path.to_owned(),
            content: "votes",
            expected: vec![wanted.to_owned()],
            found: names.to_vec(),
            parameter: Some(parameter),
        };
        let (given, usual) = votes.name_column();
        let name = match given {
            Some(name) => Some(columns::column(path, names, Some(name), &[], "names of pictures", None)?.index),
            None => usual.iter().find_map(|name| position(name)),
        };
        let split = votes.split_column().and_then(position);
        let mut others = votes.others();
        let mut found: Vec<(usize, usize)> = vec![];
        let count = classes.names().len();
        for (place, other) in others.iter().enumerate() {
            found.push((position(other).ok_or_else(|| missing(other, "others"))?, count + place));
        }
        let known = votes.columns();
        if let Some(absent) = known.iter().find(|column| position(column).is_none()) {
            return Err(missing(absent, "kind"));
        }
        let (meanings, mut unread) = (Labels::new(classes), vec![]);
        for (column, label) in names.iter().enumerate() {
            let is_known = known.iter().any(|known| known.eq_ignore_ascii_case(label));
            if [name, split].contains(&Some(column)) || found.iter().any(|(taken, _)| *taken == column) {
                continue;
            }
            match class_of(label, &meanings).filter(|_| is_known || known.is_empty()) {
                Some(class) => found.push((column, class.into())),
                None if !is_known => unread.push(label.clone()),
                // A map chooses; a list has all.
                None if classes.labels().is_some() => {
                    found.push((column, count + others.len()));
                    others.push(label.clone());
                }
                None => {
                    let (path, column) = (path.to_owned(), label.clone());
                    return Err(Error::VotesOfNoClass { path, column, classes: classes.names().to_vec() });
                }
            }
        }
        let has_votes = |class: usize| found.iter().any(|(_, place)| *place == class);
        match (0..count).find(|&class| !has_votes(class)) {
            Some(class) => Err(missing(&wanted(classes, class), "classes")),
            None => Ok(Self { name, split, votes: found, others, unread }),
        }
    }
}

/// The labels that a class chooses, or its name.
fn wanted(classes: &Classes, class: usize) -> String {
    classes.labels().map_or_else(|| classes.names()[class].clone(), |labels| few(&labels[class]))
}

/// The class that votes of this name are for, which may be another word for it.
fn class_of(label: &str, labels: &Labels<'_>) -> Option<u8> {
    let class = |label: &str| labels.meaning(label).ok()?.class();
    class(label).or_else(|| class(synonym(&spelling(label))?))
}
