//! The search for near copies among distinct pictures.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::extremes::{Extremes, Pair};
use super::fingerprint::Fingerprint;
use super::index::Index;

/// Of each split, in the order of [`fer_artifact::Split::ALL`], the place of the first image that shows a picture;
/// [`ABSENT`] where none does.
pub(super) type Firsts = [u32; 3];
pub(super) const ABSENT: u32 = u32::MAX;

/// A picture that one or more equal images show.
pub(super) struct Picture<'a> {
    pub(super) firsts: Firsts,
    /// None of what shows nothing, or is too small.
    pub(super) fingerprint: Option<&'a Fingerprint>,
}

/// What the search found.
pub(super) struct Found {
    /// Of each picture, the first images that show near copies of it.
    pub(super) firsts: Vec<Firsts>,
    /// Pairs between train and the other splits, or within the splits where there are none.
    pub(super) pairs: Vec<Pair>,
}

/// Finds all near copies but a few in a hundred, whatever the number of threads.
pub(super) fn search(pictures: &[Picture<'_>]) -> Found {
    let known = || pictures.iter().zip(0..).filter_map(|(picture, id)| Some((id, picture.fingerprint?)));
    let hashes: Vec<(u32, u64)> = known().map(|(id, fingerprint)| (id, fingerprint.whole.hash)).collect();
    let index = Index::new(&hashes);
    let firsts: Vec<[AtomicU32; 3]> = pictures.iter().map(|_| [ABSENT; 3].map(AtomicU32::new)).collect();
    let compare = |(mut extremes, mut candidates): (Extremes, Vec<u32>), (id, one): (u32, &Fingerprint)| {
        for view in [&one.whole, &one.crop] {
            candidates.clear();
            index.visit(view, |other_id| candidates.push(other_id));
            candidates.sort_unstable();
            candidates.dedup();
            for &other_id in candidates.iter().filter(|&&other_id| other_id != id) {
                let other = pictures[other_id as usize].fingerprint.expect("what is in the index has one");
                if view.likeness(&other.whole).is_none() {
                    continue;
                }
                // The same of the two, whichever of them is looked for.
                let Some(likeness) = one.likeness(other) else { continue };
                let pair = [id.min(other_id), id.max(other_id)];
                note(&firsts, pictures, pair);
                extremes.add(Pair { pictures: pair, likeness }, is_leak(pictures, pair));
            }
        }
        (extremes, candidates)
    };
    let all: Vec<(u32, &Fingerprint)> = known().collect();
    let found = all.into_par_iter().fold(Default::default, compare).map(|(extremes, _)| extremes);
    let extremes = found.reduce(Extremes::default, Extremes::and);
    let firsts = firsts.into_iter().map(|firsts| firsts.map(AtomicU32::into_inner)).collect();
    Found { firsts, pairs: extremes.into_pairs() }
}

/// Notes of both pictures where the other one stands first. A minimum does not depend on the order.
fn note(firsts: &[[AtomicU32; 3]], pictures: &[Picture<'_>], [a, b]: [u32; 2]) {
    for (one, other) in [(a, b), (b, a)] {
        for (first, &place) in firsts[one as usize].iter().zip(&pictures[other as usize].firsts) {
            first.fetch_min(place, Ordering::Relaxed);
        }
    }
}

/// Whether one stands in train and the other one outside of it.
fn is_leak(pictures: &[Picture<'_>], pair: [u32; 2]) -> bool {
    let [a, b] = pair.map(|id| pictures[id as usize].firsts);
    let is_held_out = |firsts: Firsts| firsts[1..].iter().any(|&first| first != ABSENT);
    (a[0] != ABSENT && is_held_out(b)) || (b[0] != ABSENT && is_held_out(a))
}
