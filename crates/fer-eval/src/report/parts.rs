//! Scores of parts of a split.

use fer_artifact::{SplitMetrics, SubsetMetrics};
use serde::Serialize;

use crate::format::{count, percent};

/// The scores of a part, or none of one without images.
#[derive(Debug, Serialize)]
pub(crate) struct PartView<'a> {
    name: &'a str,
    n: String,
    accuracy: String,
    interval: String,
    balanced_accuracy: String,
    macro_f1: String,
}

/// A column of the source with the scores of its values.
#[derive(Debug, Serialize)]
pub(crate) struct Column<'a> {
    name: &'a str,
    values: Vec<PartView<'a>>,
}

impl<'a> PartView<'a> {
    pub(crate) fn new(name: &'a str, part: &SubsetMetrics) -> Self {
        let [low, high] = part.accuracy_ci95.map(percent);
        let known = |text: String| if part.n == 0 { "–".to_owned() } else { text };
        let share = |share: f64| known(format!("{}\u{202f}%", percent(share)));
        Self {
            name,
            n: count(part.n),
            accuracy: share(part.accuracy),
            interval: known(format!("{low} to {high}\u{202f}%")),
            balanced_accuracy: share(part.balanced_accuracy),
            macro_f1: known(format!("{:.3}", part.macro_f1)),
        }
    }
}

/// The columns by which a split was scored.
pub(crate) fn columns(metrics: &SplitMetrics) -> Vec<Column<'_>> {
    let column = |(name, values)| {
        let values: &std::collections::BTreeMap<String, SubsetMetrics> = values;
        let name: &String = name;
        Column { name, values: values.iter().map(|(value, part)| PartView::new(value, part)).collect() }
    };
    metrics.by.iter().map(column).collect()
}
