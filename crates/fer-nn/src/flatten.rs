use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use crate::results::results;
use crate::scratch::Scratch;
use crate::tape::{self, Backward, Handed, Wanted};
use crate::tensor::slice;

/// Images `[N, H, W, C]` as rows `[N, C · H · W]`, channel after channel: what PyTorch's `flatten(1)` makes of the same
/// images, so that a linear layer's weights mean the same.
///
/// # Errors
/// candle's.
pub fn flatten(x: &Tensor) -> Result<Tensor> {
    x.dims4()?;
    tape::apply1(&x.contiguous()?, Flatten)
}

struct Flatten;

/// Transposes each image of `rows` by `columns`.
fn transpose(from: &[f32], rows: usize, columns: usize, to: &mut [f32]) {
    let image = (rows * columns).max(1);
    to.par_chunks_mut(image).zip(from.par_chunks(image)).for_each(|(to, from)| {
        for (column, to) in to.chunks_exact_mut(rows).enumerate() {
            to.iter_mut().enumerate().for_each(|(row, to)| *to = from[row * columns + column]);
        }
    });
}

impl CustomOp1 for Flatten {
    fn name(&self) -> &'static str {
        "flatten"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, height, width, channels) = layout.shape().dims4()?;
        let x = slice(storage, layout)?;
        let mut rows = results(x.len());
        transpose(x, height * width, channels, &mut rows);
        Ok((CpuStorage::F32(rows), Shape::from((n, channels * height * width))))
    }
}

impl Backward for Flatten {
    fn backward(&self, x: &Tensor, _residual: Option<&Tensor>, wanted: Wanted, dy: &[f32]) -> Result<Handed> {
        let (_, height, width, channels) = x.dims4()?;
        let mut dx = wanted.x.then(|| Scratch::new(dy.len()));
        if let Some(dx) = &mut dx {
            transpose(dy, channels, height * width, dx);
        }
        Ok(Handed::x(dx))
    }
}
