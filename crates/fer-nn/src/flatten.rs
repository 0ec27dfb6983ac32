use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use crate::tensor::{floats, slice, tensor};

/// Images `[N, H, W, C]` as rows `[N, C · H · W]`, channel after channel: what PyTorch's `flatten(1)` makes of the same
/// images, so that a linear layer's weights mean the same.
///
/// # Errors
/// candle's.
pub fn flatten(x: &Tensor) -> Result<Tensor> {
    x.dims4()?;
    x.contiguous()?.apply_op1(Flatten)
}

struct Flatten;

/// Transposes each image of `rows` by `columns`.
fn transpose(from: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut to = vec![0.0; from.len()];
    let image = (rows * columns).max(1);
    to.par_chunks_mut(image).zip(from.par_chunks(image)).for_each(|(to, from)| {
        for (column, to) in to.chunks_exact_mut(rows).enumerate() {
            to.iter_mut().enumerate().for_each(|(row, to)| *to = from[row * columns + column]);
        }
    });
    to
}

impl CustomOp1 for Flatten {
    fn name(&self) -> &'static str {
        "flatten"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, height, width, channels) = layout.shape().dims4()?;
        let rows = transpose(slice(storage, layout)?, height * width, channels);
        Ok((CpuStorage::F32(rows), Shape::from((n, channels * height * width))))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let (_, height, width, channels) = x.dims4()?;
        let dy = dy.contiguous()?;
        Ok(Some(tensor(transpose(&floats(&dy)?, channels, height * width), x.shape())?))
    }
}
