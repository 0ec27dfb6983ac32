//! What a network looks at: a few answers of each class with heat maps, and heat maps painted over images.

use fer_artifact::{FeatureSet, Predictions};

use crate::scores::{Outcome, outcomes, surest_first};
use crate::{Error, Predictor};

/// Right answers, and as many wrong ones, that are shown of a class.
const OF_EACH: usize = 2;
/// Classes of which some are shown: the first ones, where there are more.
const CLASSES: usize = 28;

/// An image and where in it the network found what it took for its class.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The image's place in its split.
    pub index: usize,
    /// A heat map for the predicted class, as [`Predictor::heat_maps`] gives it.
    pub heat: Vec<f32>,
}

/// The two surest right answers and the two surest wrong ones of each class, class by class; none from a network that
/// has no heat maps.
pub(crate) fn examples(
    predictor: &Predictor,
    features: &FeatureSet,
    predictions: &Predictions,
) -> Result<Vec<Example>, Error> {
    examples_with(predictions, |chosen, classes| {
        let images = features.images.gather(features.height * features.width, chosen)?;
        match predictor.heat_maps(&images, classes) {
            Err(error) if error.is_without_maps() => Ok(None),
            maps => maps.map(Some),
        }
    })
}

/// The images that are worth a heat map: the two surest right answers and the two surest wrong ones of each class, class by class.
/// `maps` gives the heat maps of images for classes, or nothing where there are none.
///
/// # Errors
/// Those of `maps`.
pub fn examples_with<E>(
    predictions: &Predictions,
    maps: impl FnOnce(&[usize], &[usize]) -> Result<Option<Vec<Vec<f32>>>, E>,
) -> Result<Vec<Example>, E> {
    let outcomes = outcomes(predictions);
    let chosen = choose(&outcomes, &predictions.rows, predictions.classes.len().min(CLASSES));
    let classes: Vec<usize> = chosen.iter().map(|&index| outcomes[index].predicted).collect();
    let maps = maps(&chosen, &classes)?.unwrap_or_default();
    Ok(chosen.into_iter().zip(maps).map(|(index, heat)| Example { index, heat }).collect())
}

/// Images by class: right ones, then wrong ones, each the surest first; of equal ones the earlier row.
fn choose(outcomes: &[Outcome], rows: &[u32], classes: usize) -> Vec<usize> {
    let order = surest_first(outcomes, rows);
    let of = |class: usize, correct: bool| {
        let fits = move |outcome: &Outcome| outcome.label == class && outcome.is_correct() == correct;
        order.iter().copied().filter(move |&index| fits(&outcomes[index])).take(OF_EACH)
    };
    (0..classes).flat_map(|class| of(class, true).chain(of(class, false))).collect()
}

/// A gray image with a heat map over it, both of the same size: RGB, three bytes a pixel. The warmer, the less of the
/// image shows; the colour goes from red to yellow.
///
/// ```
/// assert_eq!(fer_eval::overlay(&[10, 200], &[0.0, 1.0]), [10, 10, 10, 241, 228, 50]);
/// ```
///
/// # Panics
/// If they are not of the same size.
pub fn overlay(gray: &[u8], heat: &[f32]) -> Vec<u8> {
    /// Share of the colour where the heat is 1.
    const COVER: f32 = 0.75;
    assert_eq!(gray.len(), heat.len(), "pixels of image and heat map");
    let pixel = |(&gray, &heat): (&u8, &f32)| {
        let cover = COVER * heat;
        [255.0, 255.0 * heat * 0.93, 0.0].map(|colour| ((1.0 - cover) * f32::from(gray) + cover * colour).round() as u8)
    };
    gray.iter().zip(heat).flat_map(pixel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_of_each_class_are_chosen_right_ones_first() {
        let outcome = |label, predicted, probability| Outcome { label, predicted, probability, loss: 0.0 };
        let outcomes = [
            outcome(0, 0, 0.5),
            outcome(0, 1, 0.9),
            outcome(0, 0, 0.8),
            outcome(0, 0, 0.8),
            outcome(1, 0, 0.4),
            outcome(1, 0, 0.6),
            outcome(1, 0, 0.5),
            outcome(2, 2, 1.0),
        ];
        assert_eq!(choose(&outcomes, &[0, 1, 9, 3, 4, 5, 6, 7], 2), [3, 2, 1, 5, 6]);
    }
}
