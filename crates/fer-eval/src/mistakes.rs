//! All images that are classified wrongly, as a table for other programs.

use fer_artifact::{Predictions, csv_cell};

use crate::probabilities;
use crate::scores::{outcomes, surest_first};

/// All images that are classified wrongly as CSV, the surest first: row of the source, where the picture comes from (empty where
/// the row is all that is known), true and predicted class, and the probability of each class.
///
/// ```
/// # use fer_artifact::{Predictions, Split};
/// let predictions = Predictions {
///     classes: vec!["happy".into(), "sad".into()],
///     split: Split::Test,
///     logits: vec![0.0, 0.0, 0.0, 1.0986123],
///     labels: vec![0, 0],
///     rows: vec![4, 9],
///     origins: None,
///     targets: None,
/// };
/// let expected = "row,origin,true,predicted,p_happy,p_sad\n9,,happy,sad,0.250000,0.750000\n";
/// assert_eq!(fer_eval::mistakes_table(&predictions), expected);
/// ```
///
/// # Panics
/// If labels and logits do not fit the classes, which [`fer_artifact::read`] has checked of what it returns.
pub fn mistakes_table(predictions: &Predictions) -> String {
    let outcomes = outcomes(predictions);
    let name = |class: usize| predictions.classes[class].as_str();
    let head = ["row", "origin", "true", "predicted"].map(str::to_owned).into_iter();
    let mut text = line(head.chain(predictions.classes.iter().map(|class| format!("p_{class}"))));
    for index in surest_first(&outcomes, &predictions.rows).into_iter().filter(|&index| !outcomes[index].is_correct()) {
        let outcome = &outcomes[index];
        let origin = predictions.origins.as_ref().map_or("", |origins| origins.get(index));
        let known = [&predictions.rows[index].to_string(), origin, name(outcome.label), name(outcome.predicted)];
        let shares = probabilities(predictions.logits_of(index)).into_iter().map(|share| format!("{share:.6}"));
        text += &line(known.map(str::to_owned).into_iter().chain(shares));
    }
    text
}

fn line(cells: impl Iterator<Item = String>) -> String {
    cells.map(|cell| csv_cell(&cell).into_owned()).collect::<Vec<_>>().join(",") + "\n"
}
