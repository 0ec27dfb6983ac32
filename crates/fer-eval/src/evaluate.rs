use std::collections::BTreeMap;

use fer_artifact::{FeatureSet, Model, Predictions, Split};

use crate::{Error, EvaluateParams, Metrics, Splits, predict, score};

/// What the evaluation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Scores by split.
    pub metrics: Metrics,
    /// The logits behind them.
    pub predictions: BTreeMap<Split, Predictions>,
}

/// Scores a model on the splits that `params` names.
///
/// # Errors
/// A split that was asked for is not there, nothing is held out, or as [`predict`].
pub fn evaluate(
    params: &EvaluateParams,
    model: &Model,
    sets: &BTreeMap<Split, FeatureSet>,
) -> Result<Evaluation, Error> {
    let mut evaluation = Evaluation { metrics: Metrics::default(), predictions: BTreeMap::new() };
    for split in chosen(&params.splits, sets)? {
        let predictions = predict(model, &sets[&split], params.batch_size.get())?;
        evaluation.metrics.splits.insert(split, score(&predictions));
        evaluation.predictions.insert(split, predictions);
    }
    Ok(evaluation)
}

fn chosen(splits: &Splits, sets: &BTreeMap<Split, FeatureSet>) -> Result<Vec<Split>, Error> {
    match splits {
        Splits::HeldOut => {
            let held_out: Vec<Split> = sets.keys().copied().filter(|split| *split != Split::Train).collect();
            if held_out.is_empty() { Err(Error::NothingHeldOut) } else { Ok(held_out) }
        }
        Splits::Named(names) => {
            let missing = names.iter().find(|split| !sets.contains_key(split));
            let available = || sets.keys().copied().collect();
            missing.map_or_else(
                || Ok(names.iter().copied().collect()),
                |&split| Err(Error::MissingSplit { split, available: available() }),
            )
        }
    }
}
