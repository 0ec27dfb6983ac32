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

use fer_artifact::{Digest, Dropped, ImageSet, Split};
use rayon::prelude::*;

use extremes::Pair;
pub(crate) use fingerprint::{Fingerprint, Fingerprinter};
use search::{ABSENT, Firsts, Picture, search};

use crate::checks::is_blank;
use crate::duplicates;

/// The fingerprints of the images of each set.
pub(crate) type Fingerprints = BTreeMap<Split, Vec<Option<Fingerprint>>>;

/// The fingerprints of all images; none of images that are too small or show nothing.
pub(crate) fn fingerprints(sets: &BTreeMap<Split, ImageSet>) -> Fingerprints {
    let of_set = |set: &ImageSet| {
        let printer = set.size().ok().and_then(Fingerprinter::new);
        let of = |index: usize| printer.as_ref()?.of(set.image(index));
        (0..set.len()).into_par_iter().map(of).collect()
    };
    sets.iter().map(|(&split, set)| (split, of_set(set))).collect()
}

/// Takes out of train what has a near copy in validation, in test, or before it in train, and counts it to what is already
/// dropped.
pub(crate) fn drop(
    sets: &mut BTreeMap<Split, ImageSet>,
    fingerprints: &mut Fingerprints,
    found: &Near,
    dropped: Dropped,
) -> Dropped {
    let (kept, [near_validation, near_test, near_copies]) = found.kept();
    if let (Some(train), Some(prints)) = (sets.get_mut(&Split::Train), fingerprints.get_mut(&Split::Train)) {
        *train = train.select(&kept);
        *prints = kept.iter().map(|&index| prints[index].take()).collect();
    }
    Dropped { near_validation, near_test, near_copies, ..dropped }
}

/// Which images of some sets are equal, and which nearly so.
pub(crate) struct Near {
    /// The picture that each image shows; none of a blank one, which is nobody's copy.
    pictures: BTreeMap<Split, Vec<Option<u32>>>,
    /// Of each picture, the first images that show it.
    equal: Vec<Firsts>,
    /// Of each picture, the first images that show near copies.
    near: Vec<Firsts>,
    pairs: Vec<Pair>,
}

impl Near {
    pub(crate) fn of(sets: &BTreeMap<Split, ImageSet>, fingerprints: &Fingerprints) -> Self {
        let mut ids: BTreeMap<Digest, u32> = BTreeMap::new();
        let (mut pictures, mut distinct) = (BTreeMap::new(), vec![]);
        for (&split, set) in sets {
            let mut shown = vec![None; set.len()];
            for (index, digest) in duplicates::digests(set).into_iter().enumerate() {
                if is_blank(set.image(index)) {
                    continue;
                }
                let id = *ids.entry(digest).or_insert(distinct.len() as u32);
                if id as usize == distinct.len() {
                    let fingerprint = fingerprints[&split][index].as_ref();
                    distinct.push(Picture { firsts: [ABSENT; 3], fingerprint });
                }
                let first = &mut distinct[id as usize].firsts[split as usize];
                *first = (*first).min(index as u32);
                shown[index] = Some(id);
            }
            pictures.insert(split, shown);
        }
        let found = search(&distinct);
        let equal = distinct.iter().map(|picture| picture.firsts).collect();
        Self { pictures, equal, near: found.firsts, pairs: found.pairs }
    }

    /// Whether an image stands in another split, exactly or nearly.
    fn stands_in(&self, of: Split, index: usize, split: Split) -> bool {
        self.pictures[&of][index].is_some_and(|id| {
            [&self.equal, &self.near].iter().any(|firsts| firsts[id as usize][split as usize] != ABSENT)
        })
    }

    /// Whether an image has an equal or nearly equal one before it in its split.
    fn has_one_before(&self, of: Split, index: usize) -> bool {
        self.pictures[&of][index].is_some_and(|id| {
            [&self.equal, &self.near].iter().any(|firsts| firsts[id as usize][of as usize] < index as u32)
        })
    }

    /// The images of train that stay where near copies are dropped, and how many do not, as they stand nearly in validation,
    /// in test, or before in train.
    fn kept(&self) -> (Vec<usize>, [usize; 3]) {
        let mut dropped = [0; 3];
        let train = self.pictures.get(&Split::Train).map_or(0, Vec::len);
        let mut stays = |&index: &usize| {
            let reasons = [
                self.stands_in(Split::Train, index, Split::Validation),
                self.stands_in(Split::Train, index, Split::Test),
                self.has_one_before(Split::Train, index),
            ];
            let reason = reasons.into_iter().position(|holds| holds);
            dropped[reason.unwrap_or_default()] += usize::from(reason.is_some());
            reason.is_none()
        };
        ((0..train).filter(|index| stays(index)).collect(), dropped)
    }

    /// The rows of validation and test whose images stand in train too, exactly or nearly, ascending.
    pub(crate) fn twins(&self, sets: &BTreeMap<Split, ImageSet>) -> Vec<u32> {
        let held_out = sets.iter().filter(|(split, _)| **split != Split::Train);
        let of_set = |(&split, set): (&Split, &ImageSet)| {
            let twins = (0..set.len()).filter(move |&index| self.stands_in(split, index, Split::Train));
            twins.map(|index| set.rows[index]).collect::<Vec<_>>()
        };
        let mut rows: Vec<u32> = held_out.flat_map(of_set).collect();
        rows.sort_unstable();
        rows
    }
}
