use std::collections::{BTreeMap, BTreeSet};

use fer_artifact::{Metrics, Predictions, Split, SubsetMetrics, Subsets};

use crate::score;

/// Adds the scores of parts of each split: without the images that stand in train too, and by the values of columns.
///
/// Each is [`score`] of these images alone. A value without images in a split has no scores there.
///
/// # Panics
/// As [`score`], and if a split has scores but no predictions.
pub fn add_subsets(metrics: &mut Metrics, predictions: &BTreeMap<Split, Predictions>, subsets: &Subsets) {
    for (split, scores) in &mut metrics.splits {
        let predictions = &predictions[split];
        let of = |is_member: &dyn Fn(u32) -> bool| SubsetMetrics::from(&score(&part(predictions, is_member)));
        if let (Some(twins), true) = (&subsets.twins, *split != Split::Train) {
            let twins: BTreeSet<u32> = twins.iter().copied().collect();
            scores.without_twins = Some(of(&|row| !twins.contains(&row)));
        }
        for (column, values) in &subsets.by {
            let of_value = |(value, rows): (&String, &Vec<u32>)| {
                let rows: BTreeSet<u32> = rows.iter().copied().collect();
                let scores = of(&|row| rows.contains(&row));
                (scores.n > 0).then(|| (value.clone(), scores))
            };
            scores.by.insert(column.clone(), values.iter().filter_map(of_value).collect());
        }
    }
}

/// The predictions for some rows of the source alone.
fn part(predictions: &Predictions, is_member: &dyn Fn(u32) -> bool) -> Predictions {
    let members: Vec<usize> = (0..predictions.rows.len()).filter(|&index| is_member(predictions.rows[index])).collect();
    Predictions {
        classes: predictions.classes.clone(),
        split: predictions.split,
        logits: members.iter().flat_map(|&index| predictions.logits_of(index)).copied().collect(),
        labels: members.iter().map(|&index| predictions.labels[index]).collect(),
        rows: members.iter().map(|&index| predictions.rows[index]).collect(),
        origins: None,
        targets: None,
    }
}
