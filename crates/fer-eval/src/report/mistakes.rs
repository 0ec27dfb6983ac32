//! The most confident mistakes, with their pictures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fer_artifact::{FeatureSet, Predictions};
use serde::Serialize;

use crate::Error;
use crate::format::percent;
use crate::scores::Outcome;

/// Most pictures that are shown.
const SHOWN: usize = 32;

/// A wrong answer.
#[derive(Serialize)]
pub(crate) struct Mistake {
    picture: String,
    label: String,
    predicted: String,
    probability: String,
    row: u32,
}

/// Wrong answers by falling probability of the predicted class; equal ones by row.
pub(crate) fn most_confident(
    outcomes: &[Outcome],
    predictions: &Predictions,
    features: &FeatureSet,
) -> Result<Vec<Mistake>, Error> {
    let mut wrong: Vec<usize> = (0..outcomes.len()).filter(|&index| !outcomes[index].is_correct()).collect();
    wrong.sort_by(|&a, &b| {
        let by_probability = outcomes[b].probability.total_cmp(&outcomes[a].probability);
        by_probability.then(predictions.rows[a].cmp(&predictions.rows[b]))
    });
    wrong.truncate(SHOWN);
    let class = |index: usize| predictions.classes[index].clone();
    let mistake = |index: usize| {
        let Outcome { label, predicted, probability, .. } = outcomes[index];
        Ok(Mistake {
            picture: picture(features, index)?,
            label: class(label),
            predicted: class(predicted),
            probability: percent(probability),
            row: predictions.rows[index],
        })
    };
    wrong.into_iter().map(mistake).collect()
}

/// The image as the network saw it, its smallest value black and its largest white, as a data URI.
fn picture(features: &FeatureSet, index: usize) -> Result<String, Error> {
    let values = features.image(index);
    let (low, high) = values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), &x| (l.min(x), h.max(x)));
    let scale = if high > low { 255.0 / (high - low) } else { 0.0 };
    let gray: Vec<u8> = values.iter().map(|&x| ((x - low) * scale).round() as u8).collect();
    let mut bytes = vec![];
    let mut encoder = png::Encoder::new(&mut bytes, features.width as u32, features.height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    let failed = |source| Error::Picture { split: features.split, row: features.rows[index], source };
    encoder.write_header().and_then(|mut writer| writer.write_image_data(&gray)).map_err(failed)?;
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(bytes)))
}
