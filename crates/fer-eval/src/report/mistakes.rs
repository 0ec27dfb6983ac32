//! The most confident mistakes, with their pictures.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fer_artifact::{FeatureSet, Predictions};
use serde::Serialize;

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
            picture: picture(features, index)?,
            label: &predictions.classes[outcome.label],
            predicted: &predictions.classes[outcome.predicted],
            probability: percent(outcome.probability),
            row: predictions.rows[index],
        })
    };
    wrong.iter().take(SHOWN).map(tile).collect()
}

fn picture(features: &FeatureSet, index: usize) -> Result<String, Error> {
    let (split, row) = (features.split, features.rows[index]);
    let bytes = png(features.width, features.height, &gray(features.image(index)))
        .map_err(|source| Error::Picture { split, row, source })?;
    Ok(format!("data:image/png;base64,{}", BASE64_STANDARD.encode(bytes)))
}

/// Stretched to 0 for the smallest value and 255 for the largest; all 128 if they are equal.
fn gray(values: &[f32]) -> Vec<u8> {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let span = f64::from(high) - f64::from(low);
    if span <= 0.0 {
        return vec![128; values.len()];
    }
    values.iter().map(|&value| (255.0 * (f64::from(value) - f64::from(low)) / span).round() as u8).collect()
}

fn png(width: usize, height: usize, pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = vec![];
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_stretched_over_all_grays() {
        assert_eq!(gray(&[-1.0, 0.0, 1.0]), [0, 128, 255]);
        assert_eq!(gray(&[0.3, 0.3]), [128, 128]);
    }

    #[test]
    fn a_png_gives_its_pixels_back() {
        let bytes = png(3, 2, &[0, 1, 2, 253, 254, 255]).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; 6];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height, info.color_type), (3, 2, png::ColorType::Grayscale));
        assert_eq!(pixels, [0, 1, 2, 253, 254, 255]);
    }
}
