//! Random draws that are the same on every platform.

use fer_artifact::Seed;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// A ChaCha8 generator with draws made of exact floating-point operations alone.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The draws number `stream` under `seed`: every pair has a sequence of its own.
    pub(crate) fn new(seed: Seed, stream: usize) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.value().to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(stream as u64);
        Self(generator)
    }

    /// Any 32 bits.
    pub(crate) fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Uniform in `[0, 1)`: 24 bits, so that the quotient is exact.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.word() >> 8) as f32 / 16_777_216.0
    }

    /// Uniform in `[low, high)`.
    pub(crate) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Uniform in `0..count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((u64::from(self.word()) * count as u64) >> 32) as usize
    }

    /// Nearly normal with this standard deviation, within ±3.5 of them: the sum of four uniform draws. A real
    /// normal needs a logarithm, whose last bits differ from platform to platform.
    pub(crate) fn normal(&mut self, deviation: f32) -> f32 {
        let sum = self.unit() + self.unit() + self.unit() + self.unit();
        (sum - 2.0) * 1.732_050_8 * deviation
    }

    /// Uniform in ±`reach`.
    pub(crate) fn around(&mut self, reach: f32) -> f32 {
        self.range(-reach, reach)
    }

    /// `values` in a random order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}
