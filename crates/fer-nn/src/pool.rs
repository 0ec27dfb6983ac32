use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use crate::results::results;
use crate::scratch::Scratch;
use crate::simd::autovectorize;
use crate::tape::{self, Backward, Handed, Wanted};
use crate::tensor::{PIECE, floats, slice};

/// Maximum over 2×2 windows with stride 2: `[N, H, W, C]` to `[N, ⌊H/2⌋, ⌊W/2⌋, C]`, f32; PyTorch's `MaxPool2d(2)`.
///
/// The gradient goes to a window's first maximum in reading order, as PyTorch's does.
///
/// # Errors
/// A height or width below 2, or candle's.
pub fn max_pool2(x: &Tensor) -> Result<Tensor> {
    pool2(x, Kind::Max)
}

/// Mean over 2×2 windows with stride 2: `[N, H, W, C]` to `[N, ⌊H/2⌋, ⌊W/2⌋, C]`, f32; PyTorch's `AvgPool2d(2)`.
///
/// # Errors
/// As [`max_pool2`].
pub fn avg_pool2(x: &Tensor) -> Result<Tensor> {
    pool2(x, Kind::Mean)
}

fn pool2(x: &Tensor, kind: Kind) -> Result<Tensor> {
    let (_, height, width, _) = x.dims4()?;
    if height < 2 || width < 2 {
        bail!("{}: expected images of at least 2×2, found {height}×{width}", kind.name())
    }
    tape::apply1(&x.contiguous()?, Pool2(kind))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Max,
    Mean,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Max => "max pooling",
            Self::Mean => "average pooling",
        }
    }
}

struct Pool2(Kind);

/// The places of each window's elements in an image, in reading order, and of its result.
fn windows(height: usize, width: usize, channels: usize) -> impl Iterator<Item = ([usize; 4], usize)> {
    let line = width * channels;
    (0..height / 2).flat_map(move |row| {
        (0..width / 2).flat_map(move |column| {
            let corner = 2 * row * line + 2 * column * channels;
            let result = (row * (width / 2) + column) * channels;
            (0..channels).map(move |channel| {
                let first = corner + channel;
                ([first, first + channels, first + line, first + line + channels], result + channel)
            })
        })
    })
}

/// The place of the first maximum; a NaN counts as the largest, so that it is not hidden.
fn winner(image: &[f32], places: [usize; 4]) -> usize {
    let mut best = places[0];
    for place in places {
        if image[place] > image[best] || image[place].is_nan() {
            best = place;
        }
    }
    best
}

/// The larger number; a NaN counts as the largest, so that it is not hidden.
#[inline(always)]
fn larger(best: f32, value: f32) -> f32 {
    if value > best || value.is_nan() { value } else { best }
}

/// A line of results of two lines: `f` of each window's four numbers in reading order.
fn pool_line(pair: &[f32], channels: usize, y: &mut [f32], f: impl Fn([f32; 4]) -> f32) {
    let (upper, lower) = pair.split_at(pair.len() / 2);
    let windows = upper.chunks_exact(2 * channels).zip(lower.chunks_exact(2 * channels));
    autovectorize(
        #[inline(always)]
        || {
            for (y, (upper, lower)) in y.chunks_exact_mut(channels).zip(windows.clone()) {
                let ((a, b), (c, d)) = (upper.split_at(channels), lower.split_at(channels));
                for ((((y, &a), &b), &c), &d) in y.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    *y = f([a, b, c, d]);
                }
            }
        },
    );
}

impl CustomOp1 for Pool2 {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, height, width, channels) = layout.shape().dims4()?;
        let (out_height, out_width) = (height / 2, width / 2);
        let mut y = results(n * out_height * out_width * channels);
        let x = slice(storage, layout)?;
        let (line, out_line) = (width * channels, (out_width * channels).max(1));
        let lines = y.par_chunks_mut(out_line).enumerate().with_min_len(PIECE.div_ceil(out_line));
        lines.for_each(|(row, y)| {
            let (image, row) = (row / out_height, row % out_height);
            let pair = &x[(image * height + 2 * row) * line..][..2 * line];
            match self.0 {
                Kind::Max => pool_line(
                    pair,
                    channels,
                    y,
                    #[inline(always)]
                    |values: [f32; 4]| values.into_iter().fold(values[0], larger),
                ),
                Kind::Mean => pool_line(
                    pair,
                    channels,
                    y,
                    #[inline(always)]
                    |values: [f32; 4]| values.iter().sum::<f32>() / 4.0,
                ),
            }
        });
        Ok((CpuStorage::F32(y), Shape::from((n, out_height, out_width, channels))))
    }
}

impl Backward for Pool2 {
    fn backward(&self, x: &Tensor, _residual: Option<&Tensor>, wanted: Wanted, dy: &[f32]) -> Result<Handed> {
        if !wanted.x {
            return Ok(Handed::default());
        }
        let (_, height, width, channels) = x.dims4()?;
        let mut dx = Scratch::new(x.elem_count());
        let x_values = floats(x)?;
        let image = (height * width * channels).max(1);
        let images = x_values.par_chunks(image).zip(dy.par_chunks((height / 2 * (width / 2) * channels).max(1)));
        images.zip(dx.par_chunks_mut(image)).for_each(|((x, dy), dx)| {
            dx.fill(0.0);
            for (places, result) in windows(height, width, channels) {
                match self.0 {
                    Kind::Max => dx[winner(x, places)] = dy[result],
                    Kind::Mean => places.into_iter().for_each(|place| dx[place] = dy[result] / 4.0),
                }
            }
        });
        Ok(Handed::x(Some(dx)))
    }
}

/// Mean over height and width: `[N, H, W, C]` to `[N, C]`, f32; PyTorch's `AdaptiveAvgPool2d(1)`, flattened.
///
/// # Errors
/// An image without pixels, or candle's.
pub fn global_avg_pool(x: &Tensor) -> Result<Tensor> {
    let (_, height, width, _) = x.dims4()?;
    if height * width == 0 {
        bail!("average pooling: expected images with pixels, found {height}×{width}")
    }
    tape::apply1(&x.contiguous()?, GlobalAvgPool)
}

struct GlobalAvgPool;

impl CustomOp1 for GlobalAvgPool {
    fn name(&self) -> &'static str {
        "global-avg-pool"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, height, width, channels) = layout.shape().dims4()?;
        let size = height * width;
        let mut y = vec![0.0; n * channels];
        let images = slice(storage, layout)?.par_chunks((size * channels).max(1));
        images.zip(y.par_chunks_mut(channels.max(1))).for_each(|(x, y)| {
            for x in x.chunks_exact(channels) {
                y.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
            }
            y.iter_mut().for_each(|sum| *sum /= size as f32);
        });
        Ok((CpuStorage::F32(y), Shape::from((n, channels))))
    }
}

impl Backward for GlobalAvgPool {
    fn backward(&self, x: &Tensor, _residual: Option<&Tensor>, wanted: Wanted, dy: &[f32]) -> Result<Handed> {
        if !wanted.x {
            return Ok(Handed::default());
        }
        let (_, height, width, channels) = x.dims4()?;
        let size = height * width;
        let mut dx = Scratch::new(x.elem_count());
        let images = dx.par_chunks_mut((size * channels).max(1)).zip(dy.par_chunks(channels.max(1)));
        images.for_each(|(dx, dy)| {
            for dx in dx.chunks_exact_mut(channels) {
                dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx = dy / size as f32);
            }
        });
        Ok(Handed::x(Some(dx)))
    }
}
