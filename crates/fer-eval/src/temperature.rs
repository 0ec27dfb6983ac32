//! Temperature scaling (Guo et al. 2017): one number that makes probabilities as sure as they are right.

use fer_artifact::Predictions;

use crate::scores::ordered_sum;

/// The temperatures that are looked at, as their logarithms: 1/20 to 20.
const RANGE: [f64; 2] = [-2.995_732_273_553_991, 2.995_732_273_553_991];
/// Halvings of the range until its ends are neighbours.
const HALVINGS: usize = 60;

/// The temperature by which to divide logits for the smallest mean cross entropy on these images; from 1/20 to 20, and
/// 1 where it makes no difference.
///
/// Above 1 the network is too sure of itself, below 1 not sure enough. The predicted classes stay the same. The cross
/// entropy is convex in the temperature's inverse, so its slope changes sign once; bisection in f64 finds the place.
/// The order of the images changes no bit of it. Where all images are classified rightly there is no smallest loss,
/// and the temperature is at the end of the range.
///
/// # Panics
/// If labels and logits do not fit the classes, which [`fer_artifact::read`] has checked of what it returns.
pub fn fit_temperature(predictions: &Predictions) -> f64 {
    if slope(predictions, 1.0) == 0.0 {
        return 1.0;
    }
    let [mut low, mut high] = RANGE;
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if slope(predictions, libm::exp(-middle)) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    libm::exp(high)
}

/// Derivative of the summed cross entropy by the temperature's inverse: over the images, the expected logit minus that
/// of the true class.
fn slope(predictions: &Predictions, inverse: f64) -> f64 {
    let of_image = |(index, &label): (usize, &u8)| {
        let logits = predictions.logits_of(index);
        let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let (mut sum, mut expected) = (0.0, 0.0);
        for &logit in logits {
            let shifted = f64::from(logit) - largest;
            let power = libm::exp(inverse * shifted);
            sum += power;
            expected += power * shifted;
        }
        expected / sum - (f64::from(logits[usize::from(label)]) - largest)
    };
    ordered_sum(predictions.labels.iter().enumerate().map(of_image).collect())
}
