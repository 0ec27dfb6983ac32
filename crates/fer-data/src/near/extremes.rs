//! The pairs to show: the most and the least alike.

use std::cmp::Ordering;

use super::fingerprint::Likeness;

/// Pairs that are kept from each end.
const SHOWN: usize = 6;

/// Two pictures that are near copies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    /// The smaller one first.
    pub(super) pictures: [u32; 2],
    pub(super) likeness: Likeness,
}

impl Pair {
    /// The more alike first.
    fn order(&self, other: &Self) -> Ordering {
        other.likeness.value.total_cmp(&self.likeness.value).then(self.pictures.cmp(&other.pictures))
    }
}

/// The ends of the list of all pairs, however they came.
#[derive(Debug, Default)]
pub(super) struct Extremes {
    /// Between train and the other splits.
    leaks: Ends,
    others: Ends,
}

#[derive(Debug, Default)]
struct Ends {
    most: Vec<Pair>,
    /// The least alike first.
    least: Vec<Pair>,
}

impl Extremes {
    pub(super) fn add(&mut self, pair: Pair, is_leak: bool) {
        if is_leak { self.leaks.add(pair) } else { self.others.add(pair) }
    }

    /// Those of both.
    pub(super) fn and(mut self, other: Self) -> Self {
        let pairs = |ends: Ends| ends.most.into_iter().chain(ends.least);
        pairs(other.leaks).for_each(|pair| self.leaks.add(pair));
        pairs(other.others).for_each(|pair| self.others.add(pair));
        self
    }

    /// The most alike first.
    pub(super) fn into_pairs(self) -> Vec<Pair> {
        let Ends { mut most, least } = if self.leaks.most.is_empty() { self.others } else { self.leaks };
        most.extend(least);
        most.sort_by(Pair::order);
        most.dedup();
        most
    }
}

impl Ends {
    fn add(&mut self, pair: Pair) {
        let insert = |list: &mut Vec<Pair>, order: &dyn Fn(&Pair) -> Ordering| {
            if let Err(place) = list.binary_search_by(order) {
                list.insert(place, pair);
                list.truncate(SHOWN);
            }
        };
        insert(&mut self.most, &|kept| kept.order(&pair));
        insert(&mut self.least, &|kept| kept.order(&pair).reverse());
    }
}
