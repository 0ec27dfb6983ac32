/// A stream of random numbers that can be read at any index: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, *Parallel
/// random numbers: as easy as 1, 2, 3*, 2011).
///
/// The number at an index depends on the key, the position, the lane and the index alone, so masks need no state and
/// no order, and a backward pass can draw the forward pass's numbers again.
///
/// ```
/// use fer_nn::Stream;
/// let mask = Stream::new(42).at(7, 3); // step 7, third layer
/// assert_eq!(mask.uniform(1000), Stream::new(42).at(7, 3).uniform(1000));
/// assert_ne!(mask.uniform(1000), mask.uniform(1001));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    key: [u32; 2],
    position: [u32; 2],
    lane: u32,
}

const ROUNDS: usize = 10;
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
/// Numbers in a block.
pub(crate) const BLOCK: usize = 4;

impl Stream {
    /// The stream of this key, at position 0 and lane 0.
    pub const fn new(key: u64) -> Self {
        Self { key: halves(key), position: [0; 2], lane: 0 }
    }

    /// The same key's stream at a position (say, the training step) and a lane (say, the layer's number).
    #[must_use]
    pub const fn at(self, position: u64, lane: u32) -> Self {
        Self { position: halves(position), lane, ..self }
    }

    /// The number at `index` (below 2³⁴), uniform in [0, 1) with 24 random bits.
    pub fn uniform(&self, index: u64) -> f32 {
        let block = self.block((index / BLOCK as u64) as u32);
        unit(block[(index % BLOCK as u64) as usize])
    }

    /// The four words of block `number`: those of indices 4·number to 4·number + 3.
    #[inline]
    pub(crate) fn block(&self, number: u32) -> [u32; BLOCK] {
        philox([number, self.lane, self.position[0], self.position[1]], self.key)
    }

    /// The numbers at `start`, `start + 1`, …, for a `start` that is a multiple of four.
    pub(crate) fn fill(&self, start: usize, out: &mut [f32]) {
        debug_assert_eq!(start % BLOCK, 0);
        for (number, out) in (start / BLOCK..).zip(out.chunks_mut(BLOCK)) {
            let block = self.block(number as u32);
            for (out, word) in out.iter_mut().zip(block) {
                *out = unit(word);
            }
        }
    }
}

const fn halves(value: u64) -> [u32; 2] {
    [value as u32, (value >> 32) as u32]
}

/// The word's upper 24 bits as a number in [0, 1): every value is exact in f32.
#[inline]
fn unit(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / (1 << 24) as f32)
}

#[inline]
fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..ROUNDS {
        let product = |i: usize, word: u32| halves(u64::from(MULTIPLIERS[i]) * u64::from(word));
        let ([low0, high0], [low1, high1]) = (product(0, counter[0]), product(1, counter[2]));
        counter = [high1 ^ counter[1] ^ key[0], low1, high0 ^ counter[3] ^ key[1], low0];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers of the Random123 library (`kat_vectors`, philox4x32, 10 rounds).
    #[test]
    fn the_generator_gives_the_published_known_answers() {
        let ones = u32::MAX;
        let pi = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
        let key = [0xa409_3822, 0x299f_31d0];
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([ones; 4], [ones; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(philox(pi, key), [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
    }

    #[test]
    fn filling_gives_the_numbers_at_the_indices() {
        let stream = Stream::new(3).at(1 << 40, 5);
        let mut out = [0.; 10];
        stream.fill(8, &mut out);
        assert!(out.iter().zip(8..).all(|(&value, index)| value == stream.uniform(index)));
    }
}
