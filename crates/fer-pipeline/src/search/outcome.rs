//! What became of a trial on a rung, as its run folder tells.

use fer_artifact::names::HISTORY;
use serde::Serialize;

use crate::run_folder::history::{Writing, read_history};
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
    let epochs = read_history(&path, Writing::Done)?.unwrap_or_default();
    let points: Vec<(usize, f64)> =
        epochs.iter().filter_map(|record| Some((record.epoch, record.validation_accuracy?))).collect();
    let Some(&(_, last)) = points.last() else { return Err(Error::NoValidationScore { stage: trained, path }) };
    let score = match cell.keeps_best(trained) {
        true => points.iter().map(|point| point.1).fold(last, f64::max),
        false => last,
    };
    Ok(Some(Outcome::Trained(Curve { score, points })))
}
