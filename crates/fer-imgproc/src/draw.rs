//! Random numbers that are the same everywhere.

use std::f64::consts::TAU;

use fer_artifact::Seed;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Random numbers, one after the other.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    /// The numbers of one of a seed's 2⁶⁴ streams.
    pub(crate) fn new(seed: Seed, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed.value());
        generator.set_stream(stream);
        Self(generator)
    }

    /// From 0 to below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From −1 to below 1.
    pub(crate) fn signed(&mut self) -> f64 {
        2.0 * self.unit() - 1.0
    }

    /// Of the normal distribution with mean 0 and deviation 1 (Box and Muller, 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        radius * libm::cos(TAU * self.unit())
    }
}
