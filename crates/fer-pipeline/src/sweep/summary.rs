//! Scores over seeds, and over folds.

use fer_artifact::{Metrics, Split};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

use super::CellStatus;
use super::pooled::without;
use crate::StageName;
use crate::compare::Evaluated;

/// Mean and spread of a score over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Spread {
    /// Seeds or folds.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation, with n − 1 in the denominator; none of a single seed.
    pub deviation: Option<f64>,
}

/// A combination of values with its scores over seeds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Combination {
    /// Value by parameter.
    pub values: BTreeMap<String, Value>,
    /// Cells that have these values, each with a seed or fold of its own.
    pub cells: usize,
    /// Cells whose scores are counted: those that are fresh.
    pub n: usize,
    /// The scores of the last evaluation in the chain, by split.
    pub splits: BTreeMap<Split, Scores>,
    /// The scores of every evaluation, in the order of the chain.
    pub evaluations: Vec<EvaluatedOverSeeds>,
}

/// The scores of an evaluate stage over seeds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EvaluatedOverSeeds {
    /// The stage.
    pub stage: StageName,
    /// Its scores by split.
    pub splits: BTreeMap<Split, Scores>,
}

/// The scores that a sweep compares.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Scores {
    /// Share of images that were classified rightly.
    pub accuracy: Spread,
    /// Mean of the classes' F1.
    pub macro_f1: Spread,
}

impl Spread {
    /// Of at least one value.
    pub(crate) fn of(values: &[f64]) -> Self {
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self { n, mean, deviation: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()) }
    }

    /// `62.3 % ± 0.4`, in points; without a spread where there is but one seed.
    pub fn percent(&self) -> String {
        let mean = format!("{:.1} %", 100.0 * self.mean);
        self.deviation.map_or(mean.clone(), |deviation| format!("{mean} ± {:.1}", 100.0 * deviation))
    }
}

impl Combination {
    /// The cells by their combination of values, in the order of the first of each. Only fresh cells have scores that
    /// count: those of another are of another time, or none.
    ///
    /// `folds` names the parameter whose values are the folds of one cross-validation: they count as seeds do.
    pub fn of(cells: &[CellStatus], folds: Option<&str>) -> Vec<Self> {
        let mut groups: Vec<(BTreeMap<String, Value>, Vec<&CellStatus>)> = vec![];
        for cell in cells {
            let values = without(&cell.values, folds.unwrap_or_default());
            match groups.iter_mut().find(|(other, _)| *other == values) {
                Some((_, group)) => group.push(cell),
                None => groups.push((values, vec![cell])),
            }
        }
        groups.into_iter().map(|(values, group)| Self::combine(values, &group)).collect()
    }

    fn combine(values: BTreeMap<String, Value>, cells: &[&CellStatus]) -> Self {
        let scored: Vec<&[Evaluated]> = cells.iter().map(|cell| &cell.evaluations[..]).collect();
        // Cells of one combination have one chain.
        let longest = scored.iter().max_by_key(|evaluations| evaluations.len()).copied().unwrap_or_default();
        let evaluations: Vec<EvaluatedOverSeeds> = longest
            .iter()
            .map(|Evaluated { stage, .. }| {
                let all = scored.iter().copied().flatten().filter(|evaluated| evaluated.stage == *stage);
                let metrics: Vec<&Metrics> = all.map(|evaluated| &evaluated.metrics).collect();
                EvaluatedOverSeeds { stage: *stage, splits: over_seeds(&metrics) }
            })
            .collect();
        let n = cells.iter().filter(|cell| cell.metrics.is_some()).count();
        let splits = evaluations.last().map(|last| last.splits.clone()).unwrap_or_default();
        Self { values, cells: cells.len(), n, splits, evaluations }
    }
}

fn over_seeds(metrics: &[&Metrics]) -> BTreeMap<Split, Scores> {
    let mut splits = BTreeMap::new();
    for split in Split::ALL {
        let scores: Vec<_> = metrics.iter().filter_map(|metrics| metrics.splits.get(&split)).collect();
        if !scores.is_empty() {
            let accuracy = Spread::of(&scores.iter().map(|scores| scores.accuracy).collect::<Vec<_>>());
            let macro_f1 = Spread::of(&scores.iter().map(|scores| scores.macro_f1).collect::<Vec<_>>());
            splits.insert(split, Scores { accuracy, macro_f1 });
        }
    }
    splits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_sample_deviation_are_those_of_the_textbook() {
        // Mean 5; squares 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32; 32 / 7.
        let spread = Spread::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!((spread.n, spread.mean), (8, 5.0));
        assert!((spread.deviation.unwrap() - (32.0_f64 / 7.0).sqrt()).abs() < 1e-15);
        assert_eq!(Spread::of(&[0.5]), Spread { n: 1, mean: 0.5, deviation: None });
    }
}
