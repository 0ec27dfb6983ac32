use fer_artifact::{FeatureSet, Metrics, Model, Predictions, Split};
use std::collections::BTreeMap;

use crate::{Error, EvaluateParams, Example, Predictor, Splits, add_votes, heat};

/// What the evaluate stage finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Scores of every split evaluated.
    pub metrics: Metrics,
    /// The logits behind them, of the same splits.
    pub predictions: BTreeMap<Split, Predictions>,
    /// A few answers of each class, right ones and wrong ones, with heat maps; of the same splits. None where the network
    /// has no convolutions.
    pub examples: BTreeMap<Split, Vec<Example>>,
}

/// Predicts and scores the splits that the parameters name; fits a temperature if validation is one of them.
///
/// ```
/// use std::collections::BTreeMap;
/// use fer_artifact::{Array, FeatureSet, Model, Split};
/// use fer_eval::{EvaluateParams, evaluate};
/// use serde_json::{Value, json};
///
/// // The first logit is the pixel, the second its negative.
/// let model = Model {
///     classes: vec!["light".into(), "dark".into()],
///     network: json!({"name": "linear", "height": 1, "width": 1, "classes": 2}),
///     preprocessing: Value::Null,
///     training: Value::Null,
///     evaluation: Value::Null,
///     tensors: BTreeMap::from([
///         ("fc.weight".into(), Array::new([2, 1], vec![1.0, -1.0])),
///         ("fc.bias".into(), Array::new([2], vec![0.0, 0.0])),
///     ]),
/// };
/// let test = FeatureSet {
///     classes: model.classes.clone(),
///     split: Split::Test,
///     height: 1,
///     width: 1,
///     images: vec![0.8, -0.7, -0.1, 0.9].into(),
///     labels: vec![0, 1, 0, 0],
///     rows: vec![10, 11, 12, 13],
///     origins: None,
///     targets: None,
///     preprocessing: Value::Null,
/// };
/// let found = evaluate(&EvaluateParams::default(), &model, &BTreeMap::from([(Split::Test, test)]))?;
/// assert_eq!(found.metrics.splits[&Split::Test].accuracy, 0.75);
/// assert_eq!(found.metrics.splits[&Split::Test].confusion, [[2, 1], [0, 1]]);
/// # Ok::<(), fer_eval::Error>(())
/// ```
///
/// # Errors
/// [`Error::NothingHeldOut`], [`Error::MissingSplit`], [`Error::Empty`], and those of [`Predictor::new`],
/// [`Predictor::with_tta`] and [`Predictor::predict`].
pub fn evaluate(
    params: &EvaluateParams,
    model: &Model,
    sets: &BTreeMap<Split, FeatureSet>,
) -> Result<Evaluation, Error> {
    let chosen = chosen(&params.splits, sets)?;
    if let Some(set) = chosen.iter().find(|set| set.is_empty()) {
        return Err(Error::Empty { split: set.split });
    }
    let predictor = Predictor::new(model)?.with_tta(params.tta)?;
    let (mut predictions, mut examples) = (BTreeMap::new(), BTreeMap::new());
    for set in chosen {
        let found = predictor.predict(set, params.batch_size.get())?;
        examples.insert(set.split, heat::examples(&predictor, set, &found)?);
        predictions.insert(set.split, found);
    }
    let mut metrics = crate::metrics(&predictions, params.tta);
    add_votes(&mut metrics, &predictions);
    Ok(Evaluation { metrics, predictions, examples })
}

fn chosen<'a>(splits: &Splits, sets: &'a BTreeMap<Split, FeatureSet>) -> Result<Vec<&'a FeatureSet>, Error> {
    let available: Vec<Split> = sets.keys().copied().collect();
    Ok(splits.among(&available)?.iter().map(|split| &sets[split]).collect())
}
