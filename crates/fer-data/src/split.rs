//! Which row becomes train, validation or test.

use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::{Seed, Split};

use crate::deal::Deal;
use crate::table::{Splits, Table};
use crate::{Error, Share, SplitRule};

/// What a rule wants to know of the splits that a source has.
pub(crate) fn wanted(rule: &SplitRule) -> Splits {
    match rule {
        SplitRule::Usage { .. } => Splits::Read,
        _ if pools(rule) => Splits::Ignore,
        _ => Splits::Note,
    }
}

fn pools(rule: &SplitRule) -> bool {
    match rule {
        SplitRule::Usage { .. } => false,
        SplitRule::Head { pool, .. } => *pool,
        SplitRule::Stratified(fractions) => fractions.pool(),
        SplitRule::Folds(folds) => folds.pool(),
    }
}

/// The split of every row of the table.
pub(crate) fn assign(rule: &SplitRule, table: &Table, path: &Path, seed: Seed) -> Result<Vec<Split>, Error> {
    let rows = table.len();
    refuse_official(rule, table, path)?;
    let all: Vec<usize> = (0..rows).collect();
    let deal = |shares: &[f64]| Deal { table, members: &all, shares, seed: seed.stream("split") }.parts();
    match rule {
        SplitRule::Usage { validation } => {
            let mut splits: Vec<Split> = table.splits.iter().map(|split| split.unwrap_or(Split::Train)).collect();
            if let Some(share) = validation {
                if splits.contains(&Split::Validation) {
                    return Err(Error::HasValidation { path: path.to_owned() });
                }
                take_validation(&mut splits, table, *share, seed);
            }
            Ok(splits)
        }
        SplitRule::Head { train, .. } if train.get() > rows => {
            Err(Error::HeadTooLong { path: path.to_owned(), train: train.get(), found: rows })
        }
        SplitRule::Head { train, .. } => {
            Ok((0..rows).map(|row| if row < train.get() { Split::Train } else { Split::Validation }).collect())
        }
        SplitRule::Stratified(fractions) => {
            let parts = deal(&[fractions.train(), fractions.validation(), fractions.test()]);
            Ok(parts.into_iter().map(|part| Split::ALL[part]).collect())
        }
        SplitRule::Folds(folds) => {
            let parts = deal(&vec![1.0 / folds.folds() as f64; folds.folds()]);
            let split = |part| if part == folds.fold() { Split::Test } else { Split::Train };
            let mut splits: Vec<Split> = parts.into_iter().map(split).collect();
            if let Some(share) = folds.validation() {
                take_validation(&mut splits, table, share, seed);
            }
            Ok(splits)
        }
    }
}

/// Turns a share of train into validation.
fn take_validation(splits: &mut [Split], table: &Table, share: Share, seed: Seed) {
    let members: Vec<usize> = (0..splits.len()).filter(|&index| splits[index] == Split::Train).collect();
    let shares = [1.0 - share.get(), share.get()];
    let parts = Deal { table, members: &members, shares: &shares, seed: seed.stream("validation") }.parts();
    for (&index, part) in members.iter().zip(parts) {
        splits[index] = Split::ALL[part];
    }
}

/// Fails if a rule would deal out splits that the source has.
fn refuse_official(rule: &SplitRule, table: &Table, path: &Path) -> Result<(), Error> {
    let mut counts: BTreeMap<Split, usize> = BTreeMap::new();
    table.splits.iter().flatten().for_each(|&split| *counts.entry(split).or_default() += 1);
    let name = match rule {
        SplitRule::Usage { .. } => return Ok(()),
        SplitRule::Head { .. } => "head",
        SplitRule::Stratified(_) => "stratified",
        SplitRule::Folds(_) => "folds",
    };
    if counts.len() < 2 || pools(rule) {
        return Ok(());
    }
    Err(Error::OfficialSplits { path: path.to_owned(), rule: name, counts })
}
