//! Answers with heat maps: what the network looks at.

use fer_artifact::FeatureSet;
use png::ColorType;
use serde::Serialize;

use super::picture::{gray, picture};
use crate::Error;
use crate::format::percent;
use crate::heat::{Example, overlay};
use crate::scores::Outcome;

/// An image, and beside it the same with its heat map.
#[derive(Debug, Serialize)]
pub(crate) struct Tile<'a> {
    /// A PNG as a data URI.
    picture: String,
    label: &'a str,
    predicted: &'a str,
    correct: bool,
    probability: String,
    row: u32,
    /// Where the image comes from, if the features say so.
    origin: Option<&'a str>,
}

/// A tile for each example.
///
/// # Errors
/// [`Error::Picture`], [`Error::Artifact`].
pub(crate) fn tiles<'a>(
    examples: &[Example],
    outcomes: &[Outcome],
    features: &'a FeatureSet,
) -> Result<Vec<Tile<'a>>, Error> {
    let tile = |Example { index, heat }: &Example| {
        let outcome = &outcomes[*index];
        let pixels = side_by_side(&gray(&features.image(*index)?), heat, features.width);
        Ok(Tile {
            picture: picture(features, *index, ColorType::Rgb, &pixels)?,
            label: &features.classes[outcome.label],
            predicted: &features.classes[outcome.predicted],
            correct: outcome.is_correct(),
            probability: percent(outcome.probability),
            row: features.rows[*index],
            origin: features.origins.as_ref().map(|origins| origins.get(*index)),
        })
    };
    examples.iter().map(tile).collect()
}

/// Row by row the image's pixels, then the same ones under the heat map.
fn side_by_side(gray: &[u8], heat: &[f32], width: usize) -> Vec<u8> {
    let painted = overlay(gray, heat);
    let rows = gray.chunks(width).zip(painted.chunks(3 * width));
    rows.flat_map(|(plain, painted)| plain.iter().flat_map(|&level| [level; 3]).chain(painted.iter().copied()))
        .collect()
}
