use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use crate::Stream;
use crate::tensor::{PIECE, floats, slice, tensor};

/// The slope of a leaky ReLU below zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Slope {
    /// The same everywhere: 0 is ReLU; the middle of RReLU's range is RReLU in evaluation.
    Fixed(f32),
    /// Drawn anew for every element from [lower, upper): RReLU in training.
    Random {
        /// Smallest slope.
        lower: f32,
        /// Upper end of the slopes.
        upper: f32,
        /// Where the slopes come from.
        stream: Stream,
    },
}

/// `x` where it is above zero and `slope · x` elsewhere, elementwise; any shape, f32.
///
/// With [`Slope::Random`] it is PyTorch's `rrelu` in training; a slope belongs to the element's index.
///
/// # Errors
/// candle's.
pub fn leaky_relu(x: &Tensor, slope: Slope) -> Result<Tensor> {
    x.contiguous()?.apply_op1(LeakyRelu { slope })
}

struct LeakyRelu {
    slope: Slope,
}

impl LeakyRelu {
    /// `out[i] = values[i]`, times the slope where `x[i]` is not above zero.
    fn scale(&self, x: &[f32], values: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        let pieces = out.par_chunks_mut(PIECE).zip(x.par_chunks(PIECE)).zip(values.par_chunks(PIECE));
        pieces.enumerate().for_each(|(piece, ((out, x), values))| match self.slope {
            Slope::Fixed(slope) => {
                for ((out, &x), &value) in out.iter_mut().zip(x).zip(values) {
                    *out = if x > 0.0 { value } else { value * slope };
                }
            }
            Slope::Random { lower, upper, stream } => {
                stream.fill(piece * PIECE, out);
                for ((out, &x), &value) in out.iter_mut().zip(x).zip(values) {
                    let slope = lower + (upper - lower) * *out;
                    *out = if x > 0.0 { value } else { value * slope };
                }
            }
        });
        out
    }
}

impl CustomOp1 for LeakyRelu {
    fn name(&self) -> &'static str {
        "leaky-relu"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(storage, layout)?;
        Ok((CpuStorage::F32(self.scale(x, x)), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let dy = dy.contiguous()?;
        Ok(Some(tensor(self.scale(&floats(x)?, &floats(&dy)?), x.shape())?))
    }
}
