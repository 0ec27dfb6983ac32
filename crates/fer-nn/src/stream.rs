use pulp::{Simd, WithSimd};

use crate::simd::vectorize;

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
/// Words that the generator gives at a time.
const WORDS: usize = 4;
/// Blocks whose words stand together: the first words of all sixteen, then the second ones, …, so that a vector of
/// blocks makes a vector of numbers.
const BLOCKS: usize = 16;
/// Numbers of those blocks.
const GROUP: usize = WORDS * BLOCKS;

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
        let (group, place) = (index / GROUP as u64, index as usize % GROUP);
        let block = group * BLOCKS as u64 + (place % BLOCKS) as u64;
        unit(philox([block as u32, self.lane, self.position[0], self.position[1]], self.key)[place / BLOCKS])
    }

    /// The numbers at `start`, `start + 1`, ….
    pub(crate) fn fill(&self, start: usize, out: &mut [f32]) {
        vectorize(Fill { stream: self, start, out });
    }

    /// The numbers of a group, in order.
    #[inline(always)]
    fn group<S: Simd>(&self, simd: S, group: u32, out: &mut [f32; GROUP]) {
        for first in (0..BLOCKS).step_by(S::F32_LANES) {
            let block = group.wrapping_mul(BLOCKS as u32).wrapping_add(first as u32);
            let lanes: [u32; BLOCKS] = std::array::from_fn(|lane| block.wrapping_add(lane as u32));
            let splat = |word| simd.splat_u32s(word);
            let mut counter = [
                simd.partial_load_u32s(&lanes[..S::F32_LANES]),
                splat(self.lane),
                splat(self.position[0]),
                splat(self.position[1]),
            ];
            let mut key = self.key;
            for _ in 0..ROUNDS {
                let (low0, high0) = simd.widening_mul_u32s(splat(MULTIPLIERS[0]), counter[0]);
                let (low1, high1) = simd.widening_mul_u32s(splat(MULTIPLIERS[1]), counter[2]);
                let xor = |a, b, c| simd.xor_u32s(simd.xor_u32s(a, b), splat(c));
                counter = [xor(high1, counter[1], key[0]), low1, xor(high0, counter[3], key[1]), low0];
                key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
            }
            for (word, counter) in counter.into_iter().enumerate() {
                let numbers = &mut out[word * BLOCKS + first..][..S::F32_LANES];
                simd.partial_store_f32s(numbers, simd.transmute_f32s_u32s(counter));
            }
        }
        for number in out {
            *number = unit(number.to_bits());
        }
    }
}

struct Fill<'a> {
    stream: &'a Stream,
    start: usize,
    out: &'a mut [f32],
}

impl WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { stream, mut start, mut out } = self;
        while !out.is_empty() {
            let (group, skipped) = ((start / GROUP) as u32, start % GROUP);
            let count = (GROUP - skipped).min(out.len());
            let (now, rest) = out.split_at_mut(count);
            match <&mut [f32; GROUP]>::try_from(&mut *now) {
                Ok(now) => stream.group(simd, group, now),
                Err(_) => {
                    let mut numbers = [0.0; GROUP];
                    stream.group(simd, group, &mut numbers);
                    now.copy_from_slice(&numbers[skipped..skipped + count]);
                }
            }
            (start, out) = (start + count, rest);
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
        for (start, count) in [(8, 10), (0, 64), (64, 200), (63, 2), (130, 700)] {
            let mut out = vec![0.; count];
            stream.fill(start, &mut out);
            assert!(out.iter().zip(start as u64..).all(|(&value, index)| value == stream.uniform(index)));
        }
    }
}
