//! What becomes of a convolution's results while they are in the cache.

use crate::Activation;
use crate::norm::{self, Normalizer};
use crate::scratch::Scratch;

/// What comes after a convolution, piece by piece.
#[derive(Clone, Copy)]
pub(crate) enum After<'a> {
    /// Nothing: the results are stored.
    Nothing,
    /// activation(norm(results) + residual), by statistics that are known before.
    Norm {
        norm: &'a Normalizer,
        residual: Option<&'a [f32]>,
        /// Without random numbers.
        activation: Activation,
    },
}

impl After<'_> {
    /// Writes a piece `y` of the result, whose first number is number `start`; `convolve` writes a piece of the
    /// convolution's results.
    pub(super) fn run(self, start: usize, y: &mut [f32], convolve: impl FnOnce(&mut [f32])) {
        match self {
            Self::Nothing => convolve(y),
            Self::Norm { norm, residual, activation } => {
                let mut results = Scratch::new(y.len());
                convolve(&mut results);
                let residual = residual.map(|residual| &residual[start..start + y.len()]);
                norm::forward_piece(norm, &results, residual, activation, start, y);
            }
        }
    }
}
