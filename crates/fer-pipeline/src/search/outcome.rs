//! What became of a trial on a rung, as its run folder tells.

use std::path::Path;

use fer_artifact::names::HISTORY;
use fer_artifact::{EpochRecord, RECORD, read_regular_text};
use serde::Serialize;

use crate::run_folder::folder::io;
use crate::sweep::{Cell, CellState};
use crate::{Error, StageName};

/// A result of a trial on a rung.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was trained.
    Trained(Curve),
    /// It cannot be trained: its loss grew without bounds, or its values do not go together. It counts as worse than any.
    Failed(String),
}

/// The validation accuracy of a training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// That of the weights that were kept.
    pub score: f64,
    /// By epoch, where it was evaluated.
    pub points: Vec<(usize, f64)>,
}

impl Outcome {
    /// Its score, if it has any.
    pub fn score(&self) -> Option<f64> {
        match self {
            Self::Trained(curve) => Some(curve.score),
            Self::Failed(_) => None,
        }
    }
}

/// The outcome of a cell, if it is there. `trained` is the training that counts.
///
/// # Errors
/// A training that says nothing of validation, or a file that cannot be read.
pub(super) fn outcome(cell: &Cell, trained: StageName) -> Result<Option<Outcome>, Error> {
    if let Some(message) = cell.divergence() {
        return Ok(Some(Outcome::Failed(message)));
    }
    if cell.status().state != CellState::Fresh {
        return Ok(None);
    }
    let path = cell.run_dir().join(trained.as_str()).join(HISTORY);
    let points = points(&path)?;
    let Some(&(_, last)) = points.last() else { return Err(Error::NoValidationScore { stage: trained, path }) };
    let score = match cell.keeps_best(trained) {
        true => points.iter().map(|point| point.1).fold(last, f64::max),
        false => last,
    };
    Ok(Some(Outcome::Trained(Curve { score, points })))
}

/// The validation accuracies of a history, by epoch.
fn points(path: &Path) -> Result<Vec<(usize, f64)>, Error> {
    let text = match read_regular_text(path, RECORD) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(io(path, "read the history")(error)),
    };
    let mut points = vec![];
    for (number, line) in text.lines().enumerate() {
        let record: EpochRecord = serde_json::from_str(line).map_err(|source| Error::History {
            path: path.to_owned(),
            line: number + 1,
            source,
        })?;
        points.extend(record.validation_accuracy.map(|accuracy| (record.epoch, accuracy)));
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_epoch_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(HISTORY);
        assert_eq!(points(&path).unwrap(), []);
        std::fs::write(&path, "{\"epoch\": 1, \"validation").unwrap();
        let error = points(&path).unwrap_err().to_string();
        assert!(error.ends_with("history.jsonl:1: expected an epoch of a training's history"), "{error}");
    }
}
