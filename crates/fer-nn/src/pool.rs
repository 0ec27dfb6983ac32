use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use crate::tensor::{floats, slice, tensor};

/// Maximum over 2×2 windows with stride 2: `[N, C, H, W]` to `[N, C, ⌊H/2⌋, ⌊W/2⌋]`, f32; PyTorch's `MaxPool2d(2)`.
///
/// The gradient goes to a window's first maximum in reading order, as PyTorch's does.
///
/// # Errors
/// A height or width below 2, or candle's.
pub fn max_pool2(x: &Tensor) -> Result<Tensor> {
    let (_, _, height, width) = x.dims4()?;
    if height < 2 || width < 2 {
        bail!("max pooling: expected images of at least 2×2, found {height}×{width}")
    }
    x.contiguous()?.apply_op1(MaxPool2)
}

struct MaxPool2;

/// Offset of the first maximum in the window at `corner`; a NaN counts as the largest, so that it is not hidden.
fn winner(plane: &[f32], corner: usize, width: usize) -> usize {
    let mut best = corner;
    for at in [corner + 1, corner + width, corner + width + 1] {
        if plane[at] > plane[best] || plane[at].is_nan() {
            best = at;
        }
    }
    best
}

/// The windows' upper left corners within a plane, in reading order.
fn corners(height: usize, width: usize) -> impl Iterator<Item = usize> {
    (0..height / 2).flat_map(move |row| (0..width / 2).map(move |column| 2 * row * width + 2 * column))
}

impl CustomOp1 for MaxPool2 {
    fn name(&self) -> &'static str {
        "max-pool2"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, channels, height, width) = layout.shape().dims4()?;
        let (out_height, out_width) = (height / 2, width / 2);
        let mut y = vec![0.0; n * channels * out_height * out_width];
        let planes = slice(storage, layout)?.par_chunks(height * width);
        planes.zip(y.par_chunks_mut(out_height * out_width)).for_each(|(plane, y)| {
            for (y, corner) in y.iter_mut().zip(corners(height, width)) {
                *y = plane[winner(plane, corner, width)];
            }
        });
        Ok((CpuStorage::F32(y), Shape::from((n, channels, out_height, out_width))))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let dy = dy.contiguous()?;
        let (_, _, height, width) = x.dims4()?;
        let mut dx = vec![0.0; x.elem_count()];
        let (x_values, dy_values) = (floats(x)?, floats(&dy)?);
        let planes = x_values.par_chunks(height * width).zip(dy_values.par_chunks((height / 2) * (width / 2)));
        planes.zip(dx.par_chunks_mut(height * width)).for_each(|((plane, dy), dx)| {
            for (&dy, corner) in dy.iter().zip(corners(height, width)) {
                dx[winner(plane, corner, width)] = dy;
            }
        });
        Ok(Some(tensor(dx, x.shape())?))
    }
}

/// Mean over height and width: `[N, C, H, W]` to `[N, C]`, f32; PyTorch's `AdaptiveAvgPool2d(1)`, flattened.
///
/// # Errors
/// candle's.
pub fn global_avg_pool(x: &Tensor) -> Result<Tensor> {
    x.dims4()?;
    x.contiguous()?.apply_op1(GlobalAvgPool)
}

struct GlobalAvgPool;

impl CustomOp1 for GlobalAvgPool {
    fn name(&self) -> &'static str {
        "global-avg-pool"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, channels, height, width) = layout.shape().dims4()?;
        let size = height * width;
        let planes = slice(storage, layout)?.par_chunks(size);
        let y = planes.map(|plane| plane.iter().sum::<f32>() / size as f32).collect();
        Ok((CpuStorage::F32(y), Shape::from((n, channels))))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let dy = dy.contiguous()?;
        let (_, _, height, width) = x.dims4()?;
        let size = height * width;
        let mut dx = vec![0.0; x.elem_count()];
        let dy_values = floats(&dy)?;
        dx.par_chunks_mut(size).zip(dy_values.par_iter()).for_each(|(dx, dy)| dx.fill(dy / size as f32));
        Ok(Some(tensor(dx, x.shape())?))
    }
}
