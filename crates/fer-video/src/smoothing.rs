//! A track's probabilities, smoothed over time.

/// The logarithm of a probability below it counts as this: nothing is surer, and no sum is infinite.
const LEAST: f64 = -50.0;

/// An exponential filter on a track's logits, in continuous time: after `d` seconds, the smoothed logit `y` has gone
/// `1 − exp(−d / τ)` of the way to the new one. Frames may come at any rate.
///
/// Logits are the logarithms of the probabilities. The networks' own logits differ from them by a number for each frame,
/// the same for all classes, which softmax takes out again; so smoothing either gives the same probabilities.
#[derive(Debug, Clone)]
pub(crate) struct Smoother {
    /// τ, in seconds; 0 is no filter.
    seconds: f64,
    /// The time of the last frame, and its smoothed logits.
    last: Option<(f64, Vec<f64>)>,
}

impl Smoother {
    pub(crate) fn new(seconds: f64) -> Self {
        Self { seconds, last: None }
    }

    /// The smoothed probabilities after a frame of this time.
    pub(crate) fn push(&mut self, time: f64, probabilities: &[f64]) -> Vec<f64> {
        let logits: Vec<f64> = probabilities.iter().map(|&p| libm::log(p).max(LEAST)).collect();
        let logits = match self.last.take() {
            Some((before, smoothed)) if self.seconds > 0.0 => {
                let share = 1.0 - libm::exp(-(time - before).max(0.0) / self.seconds);
                smoothed.iter().zip(&logits).map(|(y, x)| y + share * (x - y)).collect()
            }
            _ => logits,
        };
        let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let exponents: Vec<f64> = logits.iter().map(|logit| libm::exp(logit - most)).collect();
        let sum: f64 = exponents.iter().sum();
        self.last = Some((time, logits));
        exponents.iter().map(|exponent| exponent / sum).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: &[f64], b: &[f64]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
    }

    #[test]
    fn the_filter_is_the_one_that_is_written_down() {
        let mut smoother = Smoother::new(0.5);
        assert!(close(&smoother.push(0.0, &[0.5, 0.25, 0.25]), &[0.5, 0.25, 0.25]), "the first as it is");
        let share = 1.0 - (-0.2_f64 / 0.5).exp();
        let logit = |before: f64, now: f64| (1.0 - share) * before.ln() + share * now.ln();
        let powers = [logit(0.5, 0.1), logit(0.25, 0.8), logit(0.25, 0.1)].map(f64::exp);
        let sum: f64 = powers.iter().sum();
        assert!(close(&smoother.push(0.2, &[0.1, 0.8, 0.1]), &powers.map(|power| power / sum)));
    }

    #[test]
    fn two_steps_to_one_place_are_as_far_as_one() {
        let (mut once, mut twice) = (Smoother::new(0.3), Smoother::new(0.3));
        once.push(0.0, &[0.9, 0.1]);
        twice.push(0.0, &[0.9, 0.1]);
        twice.push(0.1, &[0.2, 0.8]);
        assert!(close(&once.push(0.2, &[0.2, 0.8]), &twice.push(0.2, &[0.2, 0.8])));
    }

    #[test]
    fn no_filter_leaves_probabilities_and_certainty_is_no_trap() {
        let mut smoother = Smoother::new(0.0);
        smoother.push(0.0, &[1.0, 0.0]);
        assert!(close(&smoother.push(0.1, &[0.3, 0.7]), &[0.3, 0.7]));
        let mut smoother = Smoother::new(0.3);
        smoother.push(0.0, &[1.0, 0.0]);
        let later = smoother.push(30.0, &[0.3, 0.7]);
        assert!(close(&later, &[0.3, 0.7]), "{later:?}");
    }
}
