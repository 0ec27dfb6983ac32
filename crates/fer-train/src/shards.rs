//! The parts of a batch: which images, computed by whom, and the order in which what they give is added.

use std::ops::Range;

/// So many parts of every batch, computed by so many processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shards {
    pub(crate) parts: usize,
    pub(crate) processes: usize,
}

impl Shards {
    /// The parts that this process computes: they follow each other, and every process has one at least.
    pub(crate) fn of_process(self, rank: usize) -> Range<usize> {
        let first = |rank: usize| (rank * self.parts).div_ceil(self.processes);
        first(rank)..first(rank + 1)
    }

    /// The places in a batch of so many images that this part has. Where they do not divide, the first parts have one more.
    pub(crate) fn images(self, part: usize, images: usize) -> Range<usize> {
        let (each, more) = (images / self.parts, images % self.parts);
        let first = |part: usize| part * each + part.min(more);
        first(part)..first(part + 1)
    }

    /// The places of all parts of this process.
    pub(crate) fn images_of_process(self, rank: usize, images: usize) -> Range<usize> {
        let parts = self.of_process(rank);
        self.images(parts.start, images).start..self.images(parts.end - 1, images).end
    }

    /// The sums that come of the parts of this process alone.
    pub(crate) fn sums_of_process(self, rank: usize) -> Vec<Range<usize>> {
        let mut sums = vec![];
        for part in self.of_process(rank) {
            sums.push(part..part + 1);
            while let [.., left, right] = sums.as_slice()
                && self.are_halves(left, right)
            {
                let joined = left.start..right.end;
                sums.truncate(sums.len() - 2);
                sums.push(joined);
            }
        }
        sums
    }

    /// Whether these two are added in the tree: it halves all parts, then each half, down to single parts; of an odd number, the first
    /// half has one more.
    fn are_halves(self, left: &Range<usize>, right: &Range<usize>) -> bool {
        let mut node = 0..self.parts;
        while node.len() > 1 {
            let middle = node.start + node.len().div_ceil(2);
            if *left == (node.start..middle) && *right == (middle..node.end) {
                return true;
            }
            node = if left.start < middle { node.start..middle } else { middle..node.end };
        }
        false
    }
}

/// A sum over the parts, in the order of the tree, whoever computed them.
#[derive(Debug)]
pub(crate) struct Sum {
    shards: Shards,
    /// What could not be added yet, each with its parts.
    open: Vec<(Range<usize>, Vec<f32>)>,
}

impl Sum {
    pub(crate) fn new(shards: Shards) -> Self {
        Self { shards, open: vec![] }
    }

    /// Adds what the next of the parts gave, or some of them together.
    pub(crate) fn add(&mut self, parts: Range<usize>, values: Vec<f32>) {
        self.open.push((parts, values));
        while let [.., (left, _), (right, _)] = self.open.as_slice()
            && self.shards.are_halves(left, right)
        {
            let (Some((right, more)), Some((left, sum))) = (self.open.pop(), self.open.last_mut()) else { return };
            sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
            left.end = right.end;
        }
    }

    /// The sums so far, in order; of all parts, one.
    pub(crate) fn into_values(self) -> Vec<Vec<f32>> {
        self.open.into_iter().map(|(_, values)| values).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn shards(parts: usize, processes: usize) -> Shards {
        Shards { parts, processes }
    }

    #[test]
    fn parts_and_images_are_dealt_out_in_order_and_evenly() {
        let of =
            |parts, processes| (0..processes).map(|rank| shards(parts, processes).of_process(rank)).collect::<Vec<_>>();
        assert_eq!(of(4, 2), [0..2, 2..4]);
        assert_eq!(of(3, 2), [0..2, 2..3]);
        assert_eq!(of(8, 3), [0..3, 3..6, 6..8]);
        let images = |count| (0..4).map(|part| shards(4, 1).images(part, count)).collect::<Vec<_>>();
        assert_eq!(images(8), [0..2, 2..4, 4..6, 6..8]);
        assert_eq!(images(6), [0..2, 2..4, 4..5, 5..6]);
        assert_eq!(images(2), [0..1, 1..2, 2..2, 2..2]);
        assert_eq!(shards(4, 2).images_of_process(1, 6), 4..6);
        assert_eq!(shards(4, 2).images_of_process(1, 2), 2..2);
    }

    #[test]
    fn a_sum_is_that_of_the_tree_whoever_adds_which_parts() {
        // Numbers whose sum depends on the order.
        let value = |part: usize| [1e8f32, 1.0, -1e8, 0.5, 3.0, 1e-3, 7e7, -0.25][part];
        let pair = |a: usize| value(a) + value(a + 1);
        assert_eq!((value(0) + value(1)) + value(2) + value(3), 0.5);
        for (parts, expected) in [
            (1, value(0)),
            (3, pair(0) + value(2)),
            (5, (pair(0) + value(2)) + pair(3)),
            (6, (pair(0) + value(2)) + (pair(3) + value(5))),
            (8, (pair(0) + pair(2)) + (pair(4) + pair(6))),
        ] {
            for processes in 1..=parts {
                let shards = shards(parts, processes);
                let mut all = Sum::new(shards);
                for rank in 0..processes {
                    let mut own = Sum::new(shards);
                    shards.of_process(rank).for_each(|part| own.add(part..part + 1, vec![value(part)]));
                    let sums = shards.sums_of_process(rank);
                    assert_eq!(own.open.iter().map(|(parts, _)| parts.clone()).collect::<Vec<_>>(), sums);
                    sums.into_iter().zip(own.into_values()).for_each(|(parts, values)| all.add(parts, values));
                }
                assert_eq!(all.into_values(), [[expected]], "{parts} parts, {processes} processes");
            }
        }
    }
}
