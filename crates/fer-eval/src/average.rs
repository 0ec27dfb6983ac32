/// The mean of the probabilities that several answers `[N * classes]` give for the same images, as logits: the softmax
/// of an image's logits is the mean of the softmaxes. A single answer stays as it is.
///
/// ```
/// let one = [3f32.ln(), 0.0]; // 3/4 and 1/4
/// let other = [0.0, 0.0];
/// let both = fer_eval::probabilities(&fer_eval::average(&[&one, &other], 2));
/// assert!((both[0] - 0.625).abs() < 1e-6);
/// ```
///
/// # Panics
/// If there are no answers, or they are not equally long.
pub fn average(answers: &[&[f32]], classes: usize) -> Vec<f32> {
    assert!(answers.iter().all(|answer| answer.len() == answers[0].len()), "answers for the same images");
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
pub(crate) fn log_probabilities(logits: &[f32]) -> Vec<f64> {
    let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|&logit| libm::exp(f64::from(logit) - largest)).sum();
    logits.iter().map(|&logit| f64::from(logit) - largest - libm::log(sum)).collect()
}

fn log_mean(logarithms: impl ExactSizeIterator<Item = f64> + Clone) -> f32 {
    let n = logarithms.len() as f64;
    let largest = logarithms.clone().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logarithms.map(|logarithm| libm::exp(logarithm - largest)).sum();
    finite(largest + libm::log(sum / n))
}

/// As f32, or the largest one of its sign.
pub(crate) fn finite(value: f64) -> f32 {
    value.clamp(f32::MIN.into(), f32::MAX.into()) as f32
}
