//! Predictions against single votes, where more is known of images than their labels.

use std::collections::BTreeMap;

use fer_artifact::{Metrics, Predictions, Split, Targets, VoteMetrics};

use crate::average::log_probabilities;
use crate::scores::{mean, ordered_sum, outcomes};

/// Adds the [`vote_metrics`] of each split.
///
/// # Panics
/// As [`crate::score`], and if a split has scores but no predictions.
pub fn add_votes(metrics: &mut Metrics, predictions: &BTreeMap<Split, Predictions>) {
    for (split, scores) in &mut metrics.splits {
        scores.votes = vote_metrics(&predictions[split]);
    }
}

/// How these predictions stand to what people voted for a class; none where they have no targets, and none on train, whose targets are
/// what is to be learnt, and need not be votes.
///
/// The `agreement` is the mean share of an image's votes for a class that are for the predicted class: how often somebody who voted, picked at
/// random, is met. No prediction agrees with more of an image's votes than that of the class with the most, whose mean share is the
/// `ceiling`. The cross entropy cannot be below the `entropy` of the shares.
///
/// ```
/// use fer_artifact::{Predictions, Split, Targets};
/// let predictions = Predictions {
///     classes: vec!["happy".into(), "sad".into()],
///     split: Split::Test,
///     logits: vec![0.0, 0.0, 9.0, 0.0],
///     labels: vec![0, 1],
///     rows: vec![0, 1],
///     origins: None,
///     targets: Some(Targets::new(2, vec![0.75, 0.25, 0.25, 0.75])),
/// };
/// let votes = fer_eval::vote_metrics(&predictions).unwrap();
/// assert_eq!((votes.agreement, votes.ceiling), (0.5, 0.75));
/// ```
///
/// # Panics
/// As [`crate::score`].
pub fn vote_metrics(predictions: &Predictions) -> Option<VoteMetrics> {
    let targets = predictions.targets.as_ref().filter(|_| predictions.split != Split::Train)?;
    let n = targets.len();
    let average = |values: Vec<f64>| mean(ordered_sum(values), n);
    let predicted = outcomes(predictions).into_iter().map(|outcome| outcome.predicted);
    let losses = (0..n).map(|index| cross_entropy(predictions.logits_of(index), targets.row(index)));
    let share = |row: &[f32], class: usize| f64::from(row[class]);
    Some(VoteMetrics {
        cross_entropy: average(losses.collect()),
        entropy: average((0..n).map(|index| entropy(targets.row(index))).collect()),
        agreement: average(targets.rows().zip(predicted).map(|(row, class)| share(row, class)).collect()),
        ceiling: average(targets.rows().map(|row| row.iter().copied().fold(0.0, f32::max).into()).collect()),
    })
}

/// Places of the images, those first on which people disagree most; of equal ones the earlier row.
pub(crate) fn most_disputed(targets: &Targets, rows: &[u32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..targets.len()).collect();
    order.sort_by(|&a, &b| entropy(targets.row(b)).total_cmp(&entropy(targets.row(a))).then(rows[a].cmp(&rows[b])));
    order
}

/// −Σ share · ln share, in nats.
pub(crate) fn entropy(shares: &[f32]) -> f64 {
    let of = |&share: &f32| if share > 0.0 { -f64::from(share) * libm::log(f64::from(share)) } else { 0.0 };
    shares.iter().map(of).sum()
}

/// −Σ share · ln softmax(logits), in nats.
fn cross_entropy(logits: &[f32], shares: &[f32]) -> f64 {
    shares.iter().zip(log_probabilities(logits)).map(|(&share, logarithm)| f64::from(share) * -logarithm).sum()
}
