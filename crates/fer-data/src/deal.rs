//! Dealing rows out to parts: each class in proportion, and the rows of a group together.

use std::collections::BTreeMap;

use fer_artifact::Seed;

use crate::table::Table;

/// Rows to be dealt, by their places in a table.
pub(crate) struct Deal<'a> {
    pub(crate) table: &'a Table,
    pub(crate) members: &'a [usize],
    /// The share of each part; they sum to 1.
    pub(crate) shares: &'a [f64],
    pub(crate) seed: Seed,
}

impl Deal<'_> {
    /// The part of each member, as an index into the shares.
    pub(crate) fn parts(&self) -> Vec<usize> {
        match self.table.groups() {
            None => self.by_row(),
            Some(groups) => self.by_group(groups),
        }
    }

    /// A number of its own for every row, keyed by its number in the source: a row more or less in the source moves few
    /// others.
    fn draw(&self, index: usize) -> u64 {
        self.seed.stream(&self.table.rows()[index].to_string()).value()
    }

    /// Places among the members by class, each class in the order of the draws.
    fn classes(&self) -> Vec<Vec<usize>> {
        let mut classes: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        for (place, &index) in self.members.iter().enumerate() {
            classes.entry(self.table.labels[index]).or_default().push(place);
        }
        let mut classes: Vec<Vec<usize>> = classes.into_values().collect();
        for places in &mut classes {
            places.sort_by_cached_key(|&place| (self.draw(self.members[place]), place));
        }
        classes
    }

    /// Deals out each class by itself. Each part gets its exact share within one row, since the borders between them are
    /// rounded to whole rows.
    fn by_row(&self) -> Vec<usize> {
        let mut parts = vec![0; self.members.len()];
        // Rounding must leave no row to a part without a share.
        let last = self.shares.iter().rposition(|&share| share > 0.0).unwrap_or(0);
        for places in self.classes() {
            let (mut dealt, mut border) = (0, 0.0);
            for (part, share) in self.shares.iter().enumerate().take(last + 1) {
                border += share;
                let end = if part == last { places.len() } else { rounded(places.len(), border) };
                places[dealt.min(end)..end].iter().for_each(|&place| parts[place] = part);
                dealt = dealt.max(end);
            }
        }
        parts
    }

    /// Deals out whole groups, those of the most uneven classes first, each to the part whose classes it brings nearest to
    /// their shares (as scikit-learn's `StratifiedGroupKFold` does). Of equally good parts it takes the emptiest for its
    /// share.
    fn by_group(&self, groups: &[u32]) -> Vec<usize> {
        let classes: Vec<u8> = {
            let labels: std::collections::BTreeSet<u8> =
                self.members.iter().map(|&index| self.table.labels[index]).collect();
            labels.into_iter().collect()
        };
        let class_of = |index: usize| classes.binary_search(&self.table.labels[index]).expect("every label is listed");
        let mut counts: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        let mut totals = vec![0.0; classes.len()];
        for &index in self.members {
            let class = class_of(index);
            counts.entry(groups[index]).or_insert_with(|| vec![0.0; classes.len()])[class] += 1.0;
            totals[class] += 1.0;
        }
        let mut order: Vec<(&u32, &Vec<f64>)> = counts.iter().collect();
        order.sort_by_cached_key(|(group, counts)| {
            let uneven = (unevenness(counts) * 1e6) as i64;
            (-uneven, self.seed.stream(&format!("group {group}")).value(), **group)
        });
        let mut filled = vec![vec![0.0; classes.len()]; self.shares.len()];
        let mut part_of: BTreeMap<u32, usize> = BTreeMap::new();
        for (&group, counts) in order {
            let part = nearest(&filled, counts, &totals, self.shares);
            filled[part].iter_mut().zip(counts).for_each(|(filled, count)| *filled += count);
            part_of.insert(group, part);
        }
        self.members.iter().map(|&index| part_of[&groups[index]]).collect()
    }
}

fn rounded(count: usize, share: f64) -> usize {
    ((count as f64 * share).round() as usize).min(count)
}

/// Standard deviation over the classes.
fn unevenness(counts: &[f64]) -> f64 {
    let mean = counts.iter().sum::<f64>() / counts.len() as f64;
    (counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / counts.len() as f64).sqrt()
}

/// The part that these counts bring nearest to its share of every class.
fn nearest(filled: &[Vec<f64>], counts: &[f64], totals: &[f64], shares: &[f64]) -> usize {
    let change = |part: usize| {
        let of_class = |class: usize| {
            let far = |count: f64| (count / totals[class] - shares[part]).powi(2);
            far(filled[part][class] + counts[class]) - far(filled[part][class])
        };
        (0..totals.len()).map(of_class).sum::<f64>()
    };
    let fill = |part: usize| filled[part].iter().sum::<f64>() / shares[part];
    let parts = (0..shares.len()).filter(|&part| shares[part] > 0.0);
    let better = |a: &usize, b: &usize| {
        let (one, other) = (change(*a), change(*b));
        // Sums that differ by rounding alone are equal.
        if (one - other).abs() > 1e-12 { one.total_cmp(&other) } else { fill(*a).total_cmp(&fill(*b)) }
    };
    parts.min_by(better).expect("a part has a share")
}
