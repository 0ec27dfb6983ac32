use fer_artifact::Predictions;

use crate::Error;

/// The mean of several networks' probabilities for the same images, as logits: the softmax of an image's logits is the
/// mean of the softmaxes.
///
/// ```
/// use fer_artifact::{Predictions, Split};
///
/// let one = Predictions {
///     classes: vec!["happy".into(), "sad".into()],
///     split: Split::Test,
///     logits: vec![3f32.ln(), 0.0], // 3/4 and 1/4
///     labels: vec![0],
///     rows: vec![0],
/// };
/// let other = Predictions { logits: vec![0.0, 0.0], ..one.clone() };
/// let both = fer_eval::probabilities(&fer_eval::average(&[one, other])?.logits);
/// assert!((both[0] - 0.625).abs() < 1e-6);
/// # Ok::<(), fer_eval::Error>(())
/// ```
///
/// # Errors
/// [`Error::Classes`] or [`Error::OtherImages`] if they are not of the same classes or images.
///
/// # Panics
/// If there are none.
pub fn average(predictions: &[Predictions]) -> Result<Predictions, Error> {
    let first = &predictions[0];
    for other in &predictions[1..] {
        if other.classes != first.classes {
            let (split, expected, found) = (other.split, first.classes.clone(), other.classes.clone());
            return Err(Error::Classes { split, expected, found });
        }
        if (other.split, &other.rows, &other.labels) != (first.split, &first.rows, &first.labels) {
            return Err(Error::OtherImages { split: other.split });
        }
    }
    let answers: Vec<&[f32]> = predictions.iter().map(|predictions| &predictions.logits[..]).collect();
    Ok(Predictions { logits: mean_logits(&answers, first.classes.len()), ..first.clone() })
}

/// Logarithms of the mean of the probabilities that several answers `[N * classes]` give; a single answer stays as it
/// is.
pub(crate) fn mean_logits(answers: &[&[f32]], classes: usize) -> Vec<f32> {
    if let [only] = answers {
        return only.to_vec();
    }
    let mut means = Vec::with_capacity(answers[0].len());
    for start in (0..answers[0].len()).step_by(classes) {
        let logarithms: Vec<Vec<f64>> =
            answers.iter().map(|logits| log_probabilities(&logits[start..start + classes])).collect();
        means.extend((0..classes).map(|class| log_mean(logarithms.iter().map(|answer| answer[class]))));
    }
    means
}

/// Logarithms of the softmax. They do not underflow, as a probability would.
fn log_probabilities(logits: &[f32]) -> Vec<f64> {
    let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|&logit| (f64::from(logit) - largest).exp()).sum();
    logits.iter().map(|&logit| f64::from(logit) - largest - sum.ln()).collect()
}

fn log_mean(logarithms: impl ExactSizeIterator<Item = f64> + Clone) -> f32 {
    let n = logarithms.len() as f64;
    let largest = logarithms.clone().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logarithms.map(|logarithm| (logarithm - largest).exp()).sum();
    finite(largest + (sum / n).ln())
}

/// As f32, or the largest one of its sign.
pub(crate) fn finite(value: f64) -> f32 {
    value.clamp(f32::MIN.into(), f32::MAX.into()) as f32
}
