//! What reading a source left out, and how it understood the labels.

use std::collections::BTreeMap;

use fer_artifact::{DataReport, LeftOut, Listed, SkippedRow};

use crate::Classes;
use crate::table::Table;

/// The part of the data report that reading a source knows.
#[derive(Debug, Clone)]
pub(crate) struct Notes {
    skipped: Listed<SkippedRow>,
    other_labels: BTreeMap<String, usize>,
    synonyms: BTreeMap<String, String>,
    left_out: Vec<LeftOut>,
    warnings: Vec<String>,
}

impl Notes {
    /// Those of a table, of whose rows they say nothing.
    pub(crate) fn of(table: &mut Table, classes: &Classes) -> Self {
        let class = |(label, class): (String, u8)| (label, classes.names()[usize::from(class)].clone());
        Self {
            skipped: table.skipped(),
            other_labels: std::mem::take(&mut table.other_labels),
            synonyms: std::mem::take(&mut table.synonyms).into_iter().map(class).collect(),
            left_out: std::mem::take(&mut table.left_out).into_report(),
            warnings: from_one(table, classes).into_iter().chain(std::mem::take(&mut table.warnings)).collect(),
        }
    }

    /// The report with these notes.
    pub(crate) fn into_report(self, report: DataReport) -> DataReport {
        let Self { skipped, other_labels, synonyms, left_out, mut warnings } = self;
        warnings.extend(report.warnings);
        DataReport { skipped, other_labels, synonyms, left_out, warnings, ..report }
    }
}

/// A warning where all labels are numbers and none is 0: they may begin at 1.
fn from_one(table: &Table, classes: &Classes) -> Option<String> {
    let counted: usize = table.numbered.values().sum();
    let &first = table.numbered.keys().next()?;
    let name = &classes.names()[0];
    (first > 0 && counted == table.len()).then(|| {
        format!(
            "labels are numbers, and none is 0 ({name}); if they begin at 1, say so with `classes: {{{name}: [1], …}}`"
        )
    })
}
