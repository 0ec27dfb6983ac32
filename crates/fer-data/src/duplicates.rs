//! Images with equal pixels.

use std::collections::{BTreeMap, BTreeSet};

use fer_artifact::{Digest, ImageSet, Split};
use rayon::prelude::*;

use crate::DropDuplicates;
use crate::report::Dropped;

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
        DropDuplicates::Across => (of(Split::Validation), of(Split::Test)),
        _ => Default::default(),
    };
    let Some(train) = sets.get_mut(&Split::Train) else { return dropped };
    let mut seen = BTreeSet::new();
    let keep: Vec<bool> = digests(train)
        .into_iter()
        .map(|digest| {
            let count = if validation.contains(&digest) {
                &mut dropped.also_in_validation
            } else if test.contains(&digest) {
                &mut dropped.also_in_test
            } else if !seen.insert(digest) {
                &mut dropped.copies
            } else {
                return true;
            };
            *count += 1;
            false
        })
        .collect();
    retain(train, &keep);
    dropped
}

fn retain(set: &mut ImageSet, keep: &[bool]) {
    let kept: Vec<usize> = (0..set.len()).filter(|&index| keep[index]).collect();
    set.images = kept.iter().flat_map(|&index| set.image(index)).copied().collect();
    set.labels = kept.iter().map(|&index| set.labels[index]).collect();
    set.rows = kept.iter().map(|&index| set.rows[index]).collect();
}
