//! Images with equal pixels.

use std::collections::{BTreeMap, BTreeSet};

use fer_artifact::{Digest, Dropped, ImageSet, Split};
use rayon::prelude::*;

use crate::DropDuplicates;

/// The digest of every image's pixels: equal for equal images and for no others.
pub(crate) fn digests(set: &ImageSet) -> Vec<Digest> {
    (0..set.len()).into_par_iter().map(|index| Digest::of_bytes(set.image(index))).collect()
}

/// Takes from train what the rule says.
pub(crate) fn drop(sets: &mut BTreeMap<Split, ImageSet>, rule: DropDuplicates) -> Dropped {
    let mut dropped = Dropped::default();
    if rule == DropDuplicates::None {
        return dropped;
    }
    let of = |split| -> BTreeSet<Digest> { sets.get(&split).map(digests).into_iter().flatten().collect() };
    let (validation, test) = match rule {
        DropDuplicates::Across | DropDuplicates::Near => (of(Split::Validation), of(Split::Test)),
        _ => Default::default(),
    };
    let Some(train) = sets.get_mut(&Split::Train) else { return dropped };
    let mut seen = BTreeSet::new();
    let kept: Vec<usize> = digests(train)
        .into_iter()
        .enumerate()
        .filter_map(|(index, digest)| {
            let count = if validation.contains(&digest) {
                &mut dropped.also_in_validation
            } else if test.contains(&digest) {
                &mut dropped.also_in_test
            } else if !seen.insert(digest) {
                &mut dropped.copies
            } else {
                return Some(index);
            };
            *count += 1;
            None
        })
        .collect();
    *train = train.select(&kept);
    dropped
}
