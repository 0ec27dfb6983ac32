//! Near copies: images of one picture that differ in their pixels.
//!
//! A [`Fingerprint`] holds the lowest waves of an image. An index over their signs gives the candidates, so that not
//! all pairs are compared; the cosine between the waves of two decides.

mod cosines;
mod extremes;
mod fingerprint;
mod index;
mod report;
mod search;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use fer_artifact::{Digest, Dropped, Split};
use rayon::prelude::*;

use extremes::Pair;
pub(crate) use fingerprint::{Fingerprint, Fingerprinter};
use search::{ABSENT, Firsts, Picture, search};

use crate::Error;
use crate::table::Table;

/// The fingerprints of all rows of a table; none of images that are too small or show nothing.
pub(crate) fn fingerprints(table: &Table) -> Result<Vec<Option<Fingerprint>>, Error> {
    let Some((size, printer)) = table.size.and_then(|size| Some((size, Fingerprinter::new(size)?))) else {
        return Ok((0..table.len()).map(|_| None).collect());
    };
    let mut fingerprints = Vec::with_capacity(table.len());
    for batch in table.images.batches(size.area()) {
        fingerprints.par_extend(batch?.par_chunks_exact(size.area()).map(|pixels| printer.of(pixels)));
    }
    Ok(fingerprints)
}

/// Which images of a table's sets are equal, and which nearly so. Images are named by their places in the table.
pub(crate) struct Near<'a> {
    table: &'a Table,
    /// The split of each row, as far as it belongs to a set.
    splits: Vec<Option<Split>>,
    /// The picture that each image shows; none of a blank one, which is nobody's copy.
    pictures: Vec<Option<u32>>,
    /// Of each picture, the first images that show it.
    equal: Vec<Firsts>,
    /// Of each picture, the first images that show near copies.
    near: Vec<Firsts>,
    pairs: Vec<Pair>,
}

impl<'a> Near<'a> {
    pub(crate) fn of(table: &'a Table, assignment: &[Option<Split>], fingerprints: &[Option<Fingerprint>]) -> Self {
        let mut ids: BTreeMap<Digest, u32> = BTreeMap::new();
        let (mut pictures, mut distinct) = (vec![None; table.len()], vec![]);
        for split in Split::ALL {
            let members = (0..table.len()).filter(|&index| assignment[index] == Some(split));
            for index in members.filter(|&index| !table.looks[index].blank) {
                let id = *ids.entry(table.looks[index].digest).or_insert(distinct.len() as u32);
                if id as usize == distinct.len() {
                    distinct.push(Picture { firsts: [ABSENT; 3], fingerprint: fingerprints[index].as_ref() });
                }
                let first = &mut distinct[id as usize].firsts[split as usize];
                *first = (*first).min(index as u32);
                pictures[index] = Some(id);
            }
        }
        let found = search(&distinct);
        let equal = distinct.iter().map(|picture| picture.firsts).collect();
        Self { table, splits: assignment.to_vec(), pictures, equal, near: found.firsts, pairs: found.pairs }
    }

    /// The images of a split.
    fn members(&self, split: Split) -> impl Iterator<Item = usize> {
        (0..self.splits.len()).filter(move |&index| self.splits[index] == Some(split))
    }

    /// Whether an image stands in another split, exactly or nearly.
    fn stands_in(&self, index: usize, split: Split) -> bool {
        self.pictures[index].is_some_and(|id| {
            [&self.equal, &self.near].iter().any(|firsts| firsts[id as usize][split as usize] != ABSENT)
        })
    }

    /// Whether an image of a split has an equal or nearly equal one before it there.
    fn has_one_before(&self, of: Split, index: usize) -> bool {
        self.pictures[index].is_some_and(|id| {
            [&self.equal, &self.near].iter().any(|firsts| firsts[id as usize][of as usize] < index as u32)
        })
    }

    /// Takes out of train what has a near copy in validation, in test, or before it in train, and counts it to what is already
    /// dropped.
    pub(crate) fn drop(&self, assignment: &mut [Option<Split>], dropped: Dropped) -> Dropped {
        let mut counts = [0; 3];
        for index in self.members(Split::Train) {
            let reasons = [
                self.stands_in(index, Split::Validation),
                self.stands_in(index, Split::Test),
                self.has_one_before(Split::Train, index),
            ];
            if let Some(reason) = reasons.into_iter().position(|holds| holds) {
                counts[reason] += 1;
                assignment[index] = None;
            }
        }
        let [near_validation, near_test, near_copies] = counts;
        Dropped { near_validation, near_test, near_copies, ..dropped }
    }

    /// The rows of validation and test whose images stand in train too, exactly or nearly, ascending.
    pub(crate) fn twins(&self) -> Vec<u32> {
        let is_held_out = |index: &usize| matches!(self.splits[*index], Some(Split::Validation | Split::Test));
        let twins = (0..self.splits.len()).filter(is_held_out).filter(|&index| self.stands_in(index, Split::Train));
        twins.map(|index| self.table.rows()[index]).collect()
    }
}
