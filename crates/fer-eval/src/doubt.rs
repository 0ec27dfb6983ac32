//! What scores show that a person should know before anything else.

use fer_artifact::{Metrics, SplitMetrics};

/// Sentences about splits for which the network gives one answer alone, whatever it sees.
pub fn doubts(metrics: &Metrics) -> Vec<String> {
    let note = |(split, scores): (&fer_artifact::Split, &SplitMetrics)| {
        let class = only_answer(scores)?;
        Some(format!(
            "All {} images of {split} are predicted as `{class}`: the network has not learned to tell the classes apart. Look at \
             the loss of train: where it does not fall, try another learning rate; where it does, more epochs.",
            scores.n
        ))
    };
    metrics.splits.iter().filter_map(note).collect()
}

/// The class of all predictions, where there is one and the images are of several.
fn only_answer(scores: &SplitMetrics) -> Option<&str> {
    let predicted = |class: usize| scores.confusion.iter().map(|counts| counts[class]).sum::<usize>();
    let true_classes = scores.per_class.iter().filter(|class| class.support > 0).count();
    let mut answers = (0..scores.per_class.len()).filter(|&class| predicted(class) > 0);
    match (answers.next(), answers.next()) {
        (Some(only), None) if true_classes > 1 => Some(&scores.per_class[only].name),
        _ => None,
    }
}
