//! Hashes in tables, by groups of their bits: near copies share most of the bits, and so one group or nearly one.

use super::fingerprint::{BITS, View};

/// The least certain bits of a group are tried the other way round, up to so many of them at once.
const UNCERTAIN: usize = 6;
const FLIPPED: u32 = 2;
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
        Table { starts, entries }
    }

    /// Calls `visit` with the images whose hashes are like that of a view, or like that of its mirror image where `mirror`
    /// is the mask of the bits that change. One may be visited more than once.
    pub(super) fn visit(&self, view: &View, mirror: u64, mut visit: impl FnMut(u32)) {
        let hash = view.hash ^ mirror;
        for (group, table) in self.tables.iter().enumerate() {
            let key = self.key(group, hash);
            let uncertain = self.uncertain(view, group);
            for chosen in (0..1_usize << UNCERTAIN).filter(|chosen| chosen.count_ones() <= FLIPPED) {
                let flips = uncertain.iter().enumerate().map(|(place, flip)| flip * (chosen >> place & 1));
                let key = key ^ flips.sum::<usize>();
                let found = &table.entries[table.starts[key] as usize..table.starts[key + 1] as usize];
                let some = found.iter().step_by(found.len().div_ceil(MOST).max(1));
                some.filter(|entry| (entry.hash ^ hash).count_ones() <= FARTHEST).for_each(|entry| visit(entry.id));
            }
        }
    }

    /// The values of the least certain bits in a group's key.
    fn uncertain(&self, view: &View, group: usize) -> [usize; UNCERTAIN] {
        let mut bits: Vec<(u8, usize)> =
            self.bits_of(group).enumerate().map(|(place, bit)| (view.certainty(bit), place)).collect();
        bits.sort_unstable();
        std::array::from_fn(|rank| 1 << bits[rank].1)
    }
}
