use std::collections::BTreeMap;

use fer_artifact::{ClassMetrics, Metrics, Predictions, Split, SplitMetrics, Tta};

use crate::fit_temperature;

/// Bins of the expected calibration error.
pub(crate) const CALIBRATION_BINS: usize = 15;
/// The 97.5th percentile of the standard normal distribution.
const Z_95: f64 = 1.959_963_984_540_054;

/// Scores of these predictions, made with this test-time augmentation.
///
/// # Panics
/// As [`score`].
pub fn metrics(predictions: &BTreeMap<Split, Predictions>, tta: Tta) -> Metrics {
    let temperature = predictions.get(&Split::Validation).map(fit_temperature);
    let calibrated = |temperature| {
        let ece = move |(&split, predictions): (&Split, &Predictions)| {
            (split, calibration_error(&outcomes_at(predictions, temperature)))
        };
        predictions.iter().map(ece).collect()
    };
    Metrics {
        splits: predictions.iter().map(|(&split, predictions)| (split, score(predictions))).collect(),
        temperature,
        ece_calibrated: temperature.map(calibrated).unwrap_or_default(),
        tta: Some(tta),
    }
}

/// Scores of a split.
///
/// Everything but loss and calibration is a ratio of integer counts over the whole split:
///
/// * The predicted class is the one with the largest logit, the first of equal ones.
/// * Precision, recall and F1 of a class are scikit-learn's with `zero_division=0`.
/// * `balanced_accuracy` is scikit-learn's `balanced_accuracy_score`: the mean of recall over the classes that have images.
/// * `macro_f1` is scikit-learn's `f1_score(average="macro")`: the mean of F1 over the classes that have images or are
///   predicted. `absent_classes` names the classes without images.
/// * `loss` is the mean cross entropy of the softmax, in f64.
/// * `ece` is the expected calibration error (Guo et al. 2017): 15 bins of equal width, `(i/15, (i+1)/15]`, on the
///   probability of the predicted class; the mean over images of |accuracy − mean probability| of the image's bin.
/// * `accuracy_ci95` is Wilson's score interval (1927). It says how far chance in drawing this many images can carry
///   the accuracy; it says nothing of another training run or other data.
///
/// The order of the images changes no bit of it. Without images every score is 0 and the interval is `[0, 1]`.
///
/// # Panics
/// If labels and logits do not fit the classes, which [`fer_artifact::read`] has checked of what it returns.
pub fn score(predictions: &Predictions) -> SplitMetrics {
    let outcomes = outcomes(predictions);
    let confusion = confusion(&outcomes, predictions.classes.len());
    let per_class: Vec<ClassMetrics> =
        predictions.classes.iter().enumerate().map(|(class, name)| class_metrics(name, class, &confusion)).collect();
    let (n, correct) = (outcomes.len(), outcomes.iter().filter(|outcome| outcome.is_correct()).count());
    let has_images = |class: &usize| per_class[*class].support > 0;
    let is_predicted = |class: usize| confusion.iter().any(|row| row[class] > 0);
    let (present, absent): (Vec<usize>, Vec<usize>) = (0..per_class.len()).partition(has_images);
    let known = (0..per_class.len()).filter(|class| has_images(class) || is_predicted(*class));
    SplitMetrics {
        n,
        loss: mean(ordered_sum(outcomes.iter().map(|outcome| outcome.loss).collect()), n),
        accuracy: ratio(correct, n),
        balanced_accuracy: average(present.iter().map(|&class| per_class[class].recall)),
        macro_f1: average(known.map(|class| per_class[class].f1)),
        ece: calibration_error(&outcomes),
        accuracy_ci95: wilson(correct, n),
        without_twins: None,
        by: BTreeMap::new(),
        votes: None,
        absent_classes: absent.iter().map(|&class| per_class[class].name.clone()).collect(),
        per_class,
        confusion,
    }
}

/// Softmax of one image's logits, in f64: positive (0 where it underflows), summing to 1.
///
/// ```
/// assert_eq!(fer_eval::probabilities(&[7.0, 7.0]), [0.5, 0.5]);
/// ```
pub fn probabilities(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|&logit| libm::exp(f64::from(logit) - f64::from(largest))).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// What became of one image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) label: usize,
    pub(crate) predicted: usize,
    /// Probability of the predicted class.
    pub(crate) probability: f64,
    /// Cross entropy in nats.
    pub(crate) loss: f64,
}

impl Outcome {
    pub(crate) fn is_correct(&self) -> bool {
        self.label == self.predicted
    }
}

/// Outcomes in the order of the predictions.
pub(crate) fn outcomes(predictions: &Predictions) -> Vec<Outcome> {
    outcomes_at(predictions, 1.0)
}

/// The same if logits are divided by a temperature.
pub(crate) fn outcomes_at(predictions: &Predictions, temperature: f64) -> Vec<Outcome> {
    (0..predictions.labels.len()).map(|index| outcome(predictions, index, temperature)).collect()
}

fn outcome(predictions: &Predictions, index: usize, temperature: f64) -> Outcome {
    let (logits, label) = (predictions.logits_of(index), usize::from(predictions.labels[index]));
    let predicted = predictions.predicted(index);
    // Relative to the largest, so that nothing overflows.
    let shifted = |class: usize| (f64::from(logits[class]) - f64::from(logits[predicted])) / temperature;
    let sum: f64 = (0..logits.len()).map(|class| libm::exp(shifted(class))).sum();
    Outcome { label, predicted, probability: sum.recip(), loss: libm::log(sum) - shifted(label) }
}

/// Places of the outcomes, the surest first; of equally sure ones the earlier row.
pub(crate) fn surest_first(outcomes: &[Outcome], rows: &[u32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..outcomes.len()).collect();
    order.sort_by(|&a, &b| {
        let descending = outcomes[b].probability.total_cmp(&outcomes[a].probability);
        descending.then(rows[a].cmp(&rows[b]))
    });
    order
}

fn confusion(outcomes: &[Outcome], classes: usize) -> Vec<Vec<usize>> {
    let mut counts = vec![vec![0; classes]; classes];
    for outcome in outcomes {
        counts[outcome.label][outcome.predicted] += 1;
    }
    counts
}

fn class_metrics(name: &str, class: usize, confusion: &[Vec<usize>]) -> ClassMetrics {
    let hits = confusion[class][class];
    let support: usize = confusion[class].iter().sum();
    let predicted: usize = confusion.iter().map(|row| row[class]).sum();
    ClassMetrics {
        name: name.to_owned(),
        precision: ratio(hits, predicted),
        recall: ratio(hits, support),
        f1: ratio(2 * hits, support + predicted),
        support,
    }
}

/// One bin of the top probability.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Bin {
    pub(crate) n: usize,
    pub(crate) correct: usize,
    /// Sum of the top probabilities.
    pub(crate) probability: f64,
}

fn calibration_error(outcomes: &[Outcome]) -> f64 {
    let bins = calibration(outcomes);
    mean(bins.iter().map(|bin| (bin.correct as f64 - bin.probability).abs()).sum(), outcomes.len())
}

pub(crate) fn calibration(outcomes: &[Outcome]) -> [Bin; CALIBRATION_BINS] {
    let mut members: [Vec<f64>; CALIBRATION_BINS] = Default::default();
    let mut bins = [Bin::default(); CALIBRATION_BINS];
    for outcome in outcomes {
        let below = |&border: &usize| border as f64 / (CALIBRATION_BINS as f64) < outcome.probability;
        let index = (1..CALIBRATION_BINS).take_while(below).count();
        bins[index].n += 1;
        bins[index].correct += usize::from(outcome.is_correct());
        members[index].push(outcome.probability);
    }
    for (bin, members) in bins.iter_mut().zip(members) {
        bin.probability = ordered_sum(members);
    }
    bins
}

/// Sum in ascending order: the same bits whatever the order of the images.
pub(crate) fn ordered_sum(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.iter().sum()
}

fn ratio(part: usize, whole: usize) -> f64 {
    mean(part as f64, whole)
}

fn average(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    mean(values.iter().sum(), values.len())
}

pub(crate) fn mean(sum: f64, n: usize) -> f64 {
    if n == 0 { 0.0 } else { sum / n as f64 }
}

/// Wilson's 95 % score interval of `hits` in `n`; `[0, 1]` for none.
pub(crate) fn wilson(hits: usize, n: usize) -> [f64; 2] {
    if n == 0 {
        return [0.0, 1.0];
    }
    let (share, n_images, z2) = (ratio(hits, n), n as f64, Z_95 * Z_95);
    let centre = share + z2 / (2.0 * n_images);
    let reach = Z_95 * (share * (1.0 - share) / n_images + z2 / (4.0 * n_images * n_images)).sqrt();
    let scale = 1.0 + z2 / n_images;
    // At the ends the bound is exactly the end; rounding must not move it.
    let low = if hits == 0 { 0.0 } else { (centre - reach) / scale };
    let high = if hits == n { 1.0 } else { (centre + reach) / scale };
    [low, high]
}
