//! The most confident mistakes, with their pictures.

use fer_artifact::{FeatureSet, Predictions};
use png::ColorType;
use serde::Serialize;

use super::picture::{gray, picture};
use crate::Error;
use crate::format::percent;
use crate::scores::Outcome;

/// Most pictures that are shown of a split.
const SHOWN: usize = 24;

/// One tile of the grid.
#[derive(Debug, Serialize)]
pub(crate) struct Mistake<'a> {
    /// A PNG as a data URI.
    picture: String,
    label: &'a str,
    predicted: &'a str,
    probability: String,
    row: u32,
}

/// The mistakes with the largest probabilities, in descending order; equal ones by row.
///
/// # Errors
/// [`Error::Picture`].
pub(crate) fn mistakes<'a>(
    predictions: &'a Predictions,
    outcomes: &[Outcome],
    features: &FeatureSet,
) -> Result<Vec<Mistake<'a>>, Error> {
    let mut wrong: Vec<usize> = (0..outcomes.len()).filter(|&index| !outcomes[index].is_correct()).collect();
    wrong.sort_by(|&a, &b| {
        let descending = outcomes[b].probability.total_cmp(&outcomes[a].probability);
        descending.then(predictions.rows[a].cmp(&predictions.rows[b]))
    });
    let tile = |&index: &usize| {
        let outcome = &outcomes[index];
        Ok(Mistake {
            picture: picture(features, index, ColorType::Grayscale, &gray(features.image(index)))?,
            label: &predictions.classes[outcome.label],
            predicted: &predictions.classes[outcome.predicted],
            probability: percent(outcome.probability),
            row: predictions.rows[index],
        })
    };
    wrong.iter().take(SHOWN).map(tile).collect()
}
