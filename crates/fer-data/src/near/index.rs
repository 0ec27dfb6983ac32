//! Hashes in tables, by groups of their bits: near copies share most of the bits, and so one group or nearly one.

use super::fingerprint::{BITS, MIRROR, View};

/// So many of the least certain bits of a group are tried the other way round, one or two of them at once.
const UNCERTAIN: usize = 6;
const FLIPS: usize = 1 + UNCERTAIN + UNCERTAIN * (UNCERTAIN - 1) / 2;
/// Images in one place of a table with which a single image is compared; of more, every second, every third, and so on.
const MOST: usize = 256;
/// Bits in which the hashes of near copies differ at most.
const FARTHEST: u32 = 16;

/// Hashes by the groups of their bits.
pub(super) struct Index {
    /// Bits of a group: about as many groups of values as there are images.
    bits: usize,
    tables: Vec<Table>,
}

/// Entries ordered by their group's value.
struct Table {
    /// A bit for each value that has entries: most have none, and this much fits into the nearest cache.
    present: Vec<u64>,
    /// Where the entries of each value begin.
    starts: Vec<u32>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Default)]
struct Entry {
    hash: u64,
    id: u32,
}

impl Index {
    /// An index of images, by their ids and hashes.
    pub(super) fn new(hashes: &[(u32, u64)]) -> Self {
        let bits = (hashes.len().max(1).ilog2() as usize + 2).clamp(8, 21);
        let mut index = Self { bits, tables: vec![] };
        index.tables = (0..index.groups()).map(|group| index.table(group, hashes)).collect();
        index
    }

    fn groups(&self) -> usize {
        BITS / self.bits
    }

    /// The bits of a group: low and high frequencies are dealt out to all of them.
    fn bits_of(&self, group: usize) -> impl Iterator<Item = usize> {
        (0..self.bits).map(move |bit| group + bit * self.groups())
    }

    fn key(&self, group: usize, hash: u64) -> usize {
        self.bits_of(group).enumerate().map(|(place, bit)| ((hash >> bit & 1) as usize) << place).sum()
    }

    fn table(&self, group: usize, hashes: &[(u32, u64)]) -> Table {
        let mut starts = vec![0; (1 << self.bits) + 1];
        hashes.iter().for_each(|&(_, hash)| starts[self.key(group, hash) + 1] += 1);
        (1..starts.len()).for_each(|key| starts[key] += starts[key - 1]);
        let mut next = starts.clone();
        let mut entries = vec![Entry::default(); hashes.len()];
        for &(id, hash) in hashes {
            let place = &mut next[self.key(group, hash)];
            entries[*place as usize] = Entry { hash, id };
            *place += 1;
        }
        let mut present = vec![0; (1_usize << self.bits).div_ceil(64)];
        let filled = (0..1_usize << self.bits).filter(|&key| starts[key] < starts[key + 1]);
        filled.for_each(|key| present[key / 64] |= 1 << (key % 64));
        Table { present, starts, entries }
    }

    /// Calls `visit` with the images whose hashes are like that of a view, or like that of its mirror image. One may be visited
    /// more than once.
    pub(super) fn visit(&self, view: &View, mut visit: impl FnMut(u32)) {
        for (group, table) in self.tables.iter().enumerate() {
            let flips = flips(self.uncertain(view, group));
            for hash in [view.hash, view.hash ^ MIRROR] {
                let key = self.key(group, hash);
                for flip in flips {
                    let found = table.at(key ^ flip);
                    let step = if found.len() <= MOST { 1 } else { found.len().div_ceil(MOST) };
                    let alike = |entry: &&Entry| (entry.hash ^ hash).count_ones() <= FARTHEST;
                    found.iter().step_by(step).filter(alike).for_each(|entry| visit(entry.id));
                }
            }
        }
    }

    /// The values of the least certain bits in a group's key.
    fn uncertain(&self, view: &View, group: usize) -> [usize; UNCERTAIN] {
        let mut least = [(u8::MAX, usize::MAX); UNCERTAIN];
        for bit in self.bits_of(group).enumerate().map(|(place, bit)| (view.certainty(bit), place)) {
            let rank = least.partition_point(|other| *other < bit);
            if rank < UNCERTAIN {
                least[rank..].rotate_right(1);
                least[rank] = bit;
            }
        }
        least.map(|(_, place)| 1 << place)
    }
}

impl Table {
    fn at(&self, key: usize) -> &[Entry] {
        if self.present[key / 64] >> (key % 64) & 1 == 0 {
            return &[];
        }
        &self.entries[self.starts[key] as usize..self.starts[key + 1] as usize]
    }
}

/// No bit, each bit, and each two of these bits: the values by which a key is flipped.
fn flips(bits: [usize; UNCERTAIN]) -> [usize; FLIPS] {
    let (mut flips, mut next) = ([0; FLIPS], 1);
    for (place, bit) in bits.into_iter().enumerate() {
        for other in [0].into_iter().chain(bits[..place].iter().copied()) {
            flips[next] = bit | other;
            next += 1;
        }
    }
    flips
}
