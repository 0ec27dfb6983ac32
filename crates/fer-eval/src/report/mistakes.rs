//! The most confident mistakes, with their pictures.

use fer_artifact::{FeatureSet, Predictions};
use png::ColorType;
use serde::Serialize;

use super::picture::{gray, picture};
use crate::Error;
use crate::format::percent;
use crate::scores::{Outcome, surest_first};

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
    /// Where the image comes from, if the features say so.
    origin: Option<&'a str>,
}

/// The mistakes with the largest probabilities, in descending order; equal ones by row.
///
/// # Errors
/// [`Error::Picture`], [`Error::Artifact`].
pub(crate) fn mistakes<'a>(
    predictions: &'a Predictions,
    outcomes: &[Outcome],
    features: &FeatureSet,
) -> Result<Vec<Mistake<'a>>, Error> {
    let order = surest_first(outcomes, &predictions.rows);
    let wrong = order.iter().filter(|&&index| !outcomes[index].is_correct());
    let tile = |&index: &usize| {
        let outcome = &outcomes[index];
        Ok(Mistake {
            picture: picture(features, index, ColorType::Grayscale, &gray(&features.image(index)?))?,
            label: &predictions.classes[outcome.label],
            predicted: &predictions.classes[outcome.predicted],
            probability: percent(outcome.probability),
            row: predictions.rows[index],
            origin: predictions.origins.as_ref().map(|origins| origins.get(index)),
        })
    };
    wrong.take(SHOWN).map(tile).collect()
}
