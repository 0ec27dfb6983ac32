use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::geometry::{Geometry, add_in_order};
use super::{bias_or_zeros, sums_by_channel};
use crate::results::results;
use crate::scratch::Scratch;
use crate::simd::autovectorize;
use crate::tape::{self, Backward, Handed, Wanted};
use crate::tensor::{floats, slice};
use crate::{Conv2d, Parameter};

/// Most pieces of a batch; each has a weight gradient of its own.
const PIECES: usize = 16;

/// Cross-correlation of each channel of x `[N, H, W, C]` with a window of its own, weight `[C, 1, k, k]`, plus a bias
/// `[C]` if there is one: PyTorch's `Conv2d` with as many groups as channels, channels last, f32. The result is
/// `[N, H', W', C]`, as in [`crate::conv2d`].
///
/// # Errors
/// As [`crate::conv2d`].
pub fn depthwise_conv2d(x: &Tensor, weight: &Parameter, bias: Option<&Parameter>, config: Conv2d) -> Result<Tensor> {
    let geometry = Geometry::of("depthwise_conv2d", x, weight.value(), config)?;
    if weight.value().dims()[..2] != [geometry.channels, 1] {
        let found = weight.value().dims();
        bail!("depthwise_conv2d: x {:?} (N, H, W, C) does not fit weight {found:?} (C, 1, k, k)", x.dims())
    }
    let bias_value = bias_or_zeros(bias, geometry.outputs)?;
    let op = Depthwise { geometry, weight: weight.clone(), bias: bias.cloned() };
    tape::apply3(&x.contiguous()?, weight.value(), &bias_value, op)
}

struct Depthwise {
    geometry: Geometry,
    weight: Parameter,
    bias: Option<Parameter>,
}

impl Depthwise {
    /// Weight `[C, 1, k, k]` as `[k, k, C]`.
    fn places_first(&self, weight: &[f32]) -> Scratch {
        let (places, channels) = (self.geometry.kernel * self.geometry.kernel, self.geometry.channels);
        let mut kernel = Scratch::new(weight.len());
        for (index, value) in kernel.iter_mut().enumerate() {
            *value = weight[index % channels * places + index / channels];
        }
        kernel
    }

    /// Calls `f` for every place of the window and every output position of one image that it reaches: with where the
    /// place's weights, the position's source and the position begin.
    #[inline(always)]
    fn for_each(&self, mut f: impl FnMut(usize, usize, usize)) {
        let g = &self.geometry;
        for row in 0..g.out_height {
            for down in (0..g.kernel).filter(|&down| g.inside(down, g.height, g.out_height).contains(&row)) {
                let line = (row * g.stride + down - g.padding) * g.width;
                for across in 0..g.kernel {
                    for column in g.inside(across, g.width, g.out_width) {
                        let source = line + column * g.stride + across - g.padding;
                        let place = down * g.kernel + across;
                        f(place * g.channels, source * g.channels, (row * g.out_width + column) * g.channels);
                    }
                }
            }
        }
    }
}

/// a += b · c.
#[inline(always)]
fn add_product(a: &mut [f32], b: &[f32], c: &[f32]) {
    for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
        *a += b * c;
    }
}

impl CustomOp3 for Depthwise {
    fn name(&self) -> &'static str {
        "depthwise-conv2d"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (g, c) = (self.geometry, self.geometry.channels);
        let kernel = self.places_first(slice(weight, weight_layout)?);
        let bias = slice(bias, bias_layout)?;
        let mut y = results(g.out_len());
        let images = slice(x, x_layout)?.par_chunks(g.image()).zip(y.par_chunks_mut(g.out_image()));
        images.for_each(|(x, y)| {
            y.chunks_exact_mut(c).for_each(|y| y.copy_from_slice(bias));
            autovectorize(
                #[inline(always)]
                || {
                    self.for_each(
                        #[inline(always)]
                        |weight, from, to| {
                            add_product(&mut y[to..to + c], &x[from..from + c], &kernel[weight..weight + c])
                        },
                    );
                },
            );
        });
        Ok((CpuStorage::F32(y), Shape::from((g.images, g.out_height, g.out_width, c))))
    }
}

impl Backward for Depthwise {
    fn backward(&self, x: &Tensor, _residual: Option<&Tensor>, wanted: Wanted, dy: &[f32]) -> Result<Handed> {
        let (g, c) = (self.geometry, self.geometry.channels);
        let x_values = floats(x)?;
        if let Some(bias) = &self.bias {
            bias.add_grad(&sums_by_channel(dy, c));
        }
        self.weight.add_grad(&self.weight_gradient(&x_values, dy));
        if !wanted.x {
            return Ok(Handed::default());
        }
        let kernel = self.places_first(&floats(self.weight.value())?);
        let mut dx = Scratch::new(x_values.len());
        dx.par_chunks_mut(g.image()).zip(dy.par_chunks(g.out_image())).for_each(|(dx, dy)| {
            dx.fill(0.0);
            autovectorize(
                #[inline(always)]
                || {
                    self.for_each(
                        #[inline(always)]
                        |weight, from, to| {
                            add_product(&mut dx[from..from + c], &dy[to..to + c], &kernel[weight..weight + c])
                        },
                    );
                },
            );
        });
        Ok(Handed::x(Some(dx)))
    }
}

impl Depthwise {
    fn weight_gradient(&self, x: &[f32], dy: &[f32]) -> Vec<f32> {
        let (g, c) = (self.geometry, self.geometry.channels);
        let places = g.kernel * g.kernel;
        let piece = g.images_in_a_piece(1, 1, PIECES);
        let pieces = x.par_chunks(piece * g.image()).zip(dy.par_chunks(piece * g.out_image()));
        let sums: Vec<Scratch> = pieces
            .map(|(x, dy)| {
                let mut sum = Scratch::new(places * c);
                sum.fill(0.0);
                for (x, dy) in x.chunks_exact(g.image()).zip(dy.chunks_exact(g.out_image())) {
                    autovectorize(
                        #[inline(always)]
                        || {
                            self.for_each(
                                #[inline(always)]
                                |weight, from, to| {
                                    add_product(&mut sum[weight..weight + c], &x[from..from + c], &dy[to..to + c]);
                                },
                            );
                        },
                    );
                }
                sum
            })
            .collect();
        let mut total = Scratch::new(places * c);
        add_in_order(&mut total, sums);
        (0..total.len()).map(|index| total[index % places * c + index / places]).collect()
    }
}
