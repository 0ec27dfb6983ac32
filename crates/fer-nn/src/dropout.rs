use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use crate::Stream;
use crate::results::results;
use crate::scratch::Scratch;
use crate::tape::{self, Backward, Handed, Wanted};
use crate::tensor::{PIECE, slice};

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
    if p == 0.0 { Ok(x.clone()) } else { tape::apply1(&x.contiguous()?, Dropout { p, stream }) }
}

struct Dropout {
    p: f32,
    stream: Stream,
}

impl Dropout {
    fn mask(&self, values: &[f32], out: &mut [f32]) {
        let scale = 1.0 / (1.0 - self.p);
        let pieces = out.par_chunks_mut(PIECE).zip(values.par_chunks(PIECE));
        pieces.enumerate().for_each(|(piece, (out, values))| {
            self.stream.fill(piece * PIECE, out);
            for (out, &value) in out.iter_mut().zip(values) {
                *out = if *out < self.p { 0.0 } else { value * scale };
            }
        });
    }
}

impl CustomOp1 for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(storage, layout)?;
        let mut y = results(x.len());
        self.mask(x, &mut y);
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }
}

impl Backward for Dropout {
    fn backward(&self, _x: &Tensor, _residual: Option<&Tensor>, wanted: Wanted, dy: &[f32]) -> Result<Handed> {
        let mut dx = wanted.x.then(|| Scratch::new(dy.len()));
        if let Some(dx) = &mut dx {
            self.mask(dy, dx);
        }
        Ok(Handed::x(dx))
    }
}
