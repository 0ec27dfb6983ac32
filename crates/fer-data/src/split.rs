//! Which row becomes train, validation or test.

use std::path::Path;

use fer_artifact::{Seed, Split};

use crate::table::Table;
use crate::{Error, Fractions, SplitRule};

/// The split of every row of the table.
pub(crate) fn assign(rule: &SplitRule, table: &Table, path: &Path, seed: Seed) -> Result<Vec<Split>, Error> {
    let rows = table.len();
    match rule {
        SplitRule::Usage {} => Ok(table.splits.clone()),
        SplitRule::Head { train } if train.get() > rows => {
            Err(Error::HeadTooLong { path: path.to_owned(), train: train.get(), found: rows })
        }
        SplitRule::Head { train } => {
            Ok((0..rows).map(|row| if row < train.get() { Split::Train } else { Split::Validation }).collect())
        }
        SplitRule::Stratified(fractions) => Ok(stratified(table, *fractions, seed.stream("split"))),
    }
}

/// Deals out each class by itself. Every row draws a number of its own, keyed by its number in the source, and the
/// smallest go to train: a row more or less in the source moves few others.
fn stratified(table: &Table, fractions: Fractions, seed: Seed) -> Vec<Split> {
    let draws: Vec<u64> = table.rows().iter().map(|row| seed.stream(&row.to_string()).value()).collect();
    let mut splits = vec![Split::Test; table.len()];
    for label in 0..=u8::MAX {
        let mut members: Vec<usize> = (0..table.len()).filter(|&index| table.labels[index] == label).collect();
        members.sort_unstable_by_key(|&index| (draws[index], index));
        let (train, validation) = shares(members.len(), fractions);
        members[..train].iter().for_each(|&index| splits[index] = Split::Train);
        members[train..train + validation].iter().for_each(|&index| splits[index] = Split::Validation);
    }
    splits
}

/// How many of `count` rows go to train and to validation; the rest is test. Each of the three is within one row of
/// its exact share, since the borders between them are rounded to whole rows.
fn shares(count: usize, fractions: Fractions) -> (usize, usize) {
    let border = |share: f64| ((count as f64 * share).round() as usize).min(count);
    let train = border(fractions.train());
    // Without a share of test, rounding must not leave it a row.
    let both = if fractions.test() == 0.0 { count } else { border(fractions.train() + fractions.validation()) };
    (train, both - train)
}
