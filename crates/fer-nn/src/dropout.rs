use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use crate::Stream;
use crate::tensor::{PIECE, floats, slice, tensor};

/// Dropout in training: an element is zero with probability `p` (0 ≤ p < 1), else divided by 1 − p; any shape, f32.
///
/// The mask belongs to the elements' indices in `stream`. With `p` = 0 the tensor passes unchanged.
///
/// # Errors
/// A probability out of range, or candle's.
pub fn dropout(x: &Tensor, p: f32, stream: Stream) -> Result<Tensor> {
    if !(0.0..1.0).contains(&p) {
        bail!("dropout: expected a probability from 0 to below 1, found {p}")
    }
    if p == 0.0 { Ok(x.clone()) } else { x.contiguous()?.apply_op1(Dropout { p, stream }) }
}

struct Dropout {
    p: f32,
    stream: Stream,
}

impl Dropout {
    fn mask(&self, values: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; values.len()];
        let scale = 1.0 / (1.0 - self.p);
        let pieces = out.par_chunks_mut(PIECE).zip(values.par_chunks(PIECE));
        pieces.enumerate().for_each(|(piece, (out, values))| {
            self.stream.fill(piece * PIECE, out);
            for (out, &value) in out.iter_mut().zip(values) {
                *out = if *out < self.p { 0.0 } else { value * scale };
            }
        });
        out
    }
}

impl CustomOp1 for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((CpuStorage::F32(self.mask(slice(storage, layout)?)), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let dy = dy.contiguous()?;
        Ok(Some(tensor(self.mask(&floats(&dy)?), x.shape())?))
    }
}
