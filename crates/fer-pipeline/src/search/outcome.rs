//! What became of a trial on a rung, as its run folder tells.

use fer_artifact::names::HISTORY;
use serde::Serialize;

use crate::run_folder::history::{Writing, read_history};
use crate::sweep::{Cell, CellState, Spread};
use crate::{Error, StageName};

/// A result of a trial on a rung: of one seed, or of all together.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was trained.
    Trained(Curve),
    /// It cannot be trained, with one seed at least: its loss grew without bounds, or its values do not go together. It
    /// counts as worse than any.
    Failed(String),
}

/// The validation accuracy of a training, or its mean over seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// That of the weights that were kept.
    pub score: f64,
    /// Sample standard deviation of the score over seeds, with n − 1 in the denominator; none of a single seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deviation: Option<f64>,
    /// The score of each of the file's `seeds`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_seed: Vec<SeedScore>,
    /// By epoch, where it was evaluated; of several seeds, where all were.
    pub points: Vec<(usize, f64)>,
}

/// The score of a training with one of several seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SeedScore {
    /// The seed.
    pub seed: u64,
    /// The validation accuracy of the weights that were kept.
    pub score: f64,
}

impl Curve {
    fn of_one(score: f64, points: Vec<(usize, f64)>) -> Self {
        Self { score, deviation: None, by_seed: vec![], points }
    }

    /// Mean and spread of the score.
    pub fn spread(&self) -> Spread {
        Spread { n: self.by_seed.len().max(1), mean: self.score, deviation: self.deviation }
    }

    /// The mean over seeds.
    fn over_seeds(curves: &[(u64, Curve)]) -> Self {
        let scores: Vec<f64> = curves.iter().map(|(_, curve)| curve.score).collect();
        let Spread { mean: score, deviation, .. } = Spread::of(&scores);
        let by_seed = curves.iter().map(|(seed, curve)| SeedScore { seed: *seed, score: curve.score }).collect();
        let at = |epoch: usize, curve: &Curve| curve.points.iter().find(|point| point.0 == epoch).map(|point| point.1);
        let mean_at = |&(epoch, _): &(usize, f64)| {
            let all = curves.iter().map(|(_, curve)| at(epoch, curve)).collect::<Option<Vec<f64>>>()?;
            Some((epoch, Spread::of(&all).mean))
        };
        let points = curves.first().map(|(_, first)| first.points.iter().filter_map(mean_at).collect());
        Self { score, deviation, by_seed, points: points.unwrap_or_default() }
    }
}

impl Outcome {
    /// Of a trial, by those of its seeds: at least one. Without a seed, it is that of the one training.
    pub(super) fn of_trial(outcomes: Vec<(Option<u64>, Outcome)>) -> Self {
        let mut curves = vec![];
        for (seed, outcome) in outcomes {
            match (seed, outcome) {
                (None, outcome) => return outcome,
                (Some(seed), Self::Failed(message)) => return Self::Failed(format!("seed {seed}: {message}")),
                (Some(seed), Self::Trained(curve)) => curves.push((seed, curve)),
            }
        }
        Self::Trained(Curve::over_seeds(&curves))
    }

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
    Ok(Some(Outcome::Trained(Curve::of_one(score, points))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trained(score: f64, points: &[(usize, f64)]) -> Outcome {
        Outcome::Trained(Curve::of_one(score, points.to_vec()))
    }

    #[test]
    fn several_seeds_are_judged_by_their_mean() {
        let first = trained(0.5, &[(1, 0.25), (2, 0.5), (3, 0.5)]);
        let second = trained(0.75, &[(1, 0.75), (3, 0.75)]);
        let Outcome::Trained(both) = Outcome::of_trial(vec![(Some(9), first.clone()), (Some(4), second)]) else {
            panic!("both were trained");
        };
        // Means of 1/2 and 3/4; squares 1/64 + 1/64, of which n − 1 = 1.
        assert_eq!((both.score, both.points.as_slice()), (0.625, &[(1, 0.5), (3, 0.625)][..]));
        assert!((both.deviation.unwrap() - (1.0_f64 / 32.0).sqrt()).abs() < 1e-15);
        let by_seed: Vec<(u64, f64)> = both.by_seed.iter().map(|of| (of.seed, of.score)).collect();
        assert_eq!((by_seed, both.spread().n), (vec![(9, 0.5), (4, 0.75)], 2));
        assert_eq!(Outcome::of_trial(vec![(None, first.clone())]), first);
        let failed = Outcome::of_trial(vec![(Some(9), first), (Some(4), Outcome::Failed("it diverged".to_owned()))]);
        assert_eq!(failed, Outcome::Failed("seed 4: it diverged".to_owned()));
        assert_eq!(failed.score(), None);
    }
}
