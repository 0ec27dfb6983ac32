//! Convolutions.

mod after;
mod columns;
mod config;
mod depthwise;
mod geometry;
mod prepared;
mod single;
mod winograd;

use candle_core::{CpuStorage, CustomOp3, DType, Device, Layout, Result, Shape, Tensor, bail};

pub(crate) use after::After;
pub use config::{Conv2d, Method};
pub use depthwise::depthwise_conv2d;
pub(crate) use geometry::Geometry;
pub(crate) use prepared::Prepared;
pub(crate) use single::{Framed, LineOfWindows, PLACES, places_first};

use crate::Parameter;
use crate::product::Panels;
use crate::results::results;
use crate::scratch::Scratch;
use crate::tape::{self, Backward, Handed, Wanted};
use crate::tensor::{floats, slice};

/// Cross-correlation of x `[N, H, W, C]` with weight `[O, C, k, k]`, plus a bias `[O]` if there is one: PyTorch's
/// `Conv2d` (one group, no dilation) with channels last, f32. The result is `[N, H', W', O]` with
/// H' = ⌊(H + 2·padding − k)/stride⌋ + 1.
///
/// The input's gradient is computed only if the input is tracked.
///
/// # Errors
/// Shapes that do not fit, a window larger than the padded image, or candle's.
pub fn conv2d(x: &Tensor, weight: &Parameter, bias: Option<&Parameter>, config: Conv2d) -> Result<Tensor> {
    let geometry = Geometry::new(x, weight.value(), config)?;
    let bias_value = bias_or_zeros(bias, geometry.outputs)?;
    let op = Conv { geometry, weight: weight.clone(), bias: bias.cloned() };
    tape::apply3(&x.contiguous()?, weight.value(), &bias_value, op)
}

/// The bias's value, or zeros.
pub(crate) fn bias_or_zeros(bias: Option<&Parameter>, outputs: usize) -> Result<Tensor> {
    let Some(bias) = bias else { return Tensor::zeros(outputs, DType::F32, &Device::Cpu) };
    if bias.value().dims() != [outputs] {
        bail!("conv2d: expected a bias of {outputs} numbers, found {:?}", bias.value().dims())
    }
    Ok(bias.value().clone())
}

impl Geometry {
    /// y = x ⋆ weight + bias, and what comes after; every number of `y` is written.
    pub(crate) fn forward(
        &self,
        x: &[f32],
        weight: &Parameter,
        bias: &[f32],
        y: &mut [f32],
        after: After<'_>,
    ) -> Result<()> {
        let weight = weight.prepared(|values| Prepared::new(self, values))?;
        match &*weight {
            Prepared::Winograd(planes, kernel) => winograd::forward(self, x, (*planes, kernel), bias, y, after),
            Prepared::Single(kernel) => single::forward(self, x, kernel, bias, y, after),
            Prepared::Windows(kernel, layout) => {
                columns::forward(self, x, Panels::new(kernel, *layout), bias, y, after)
            }
        }
        Ok(())
    }

    /// The gradients of [`Self::forward`] by weight, which goes to `parameter`, and by input, into `dx`.
    pub(crate) fn backward(
        &self,
        x: &[f32],
        weight: &[f32],
        dy: &[f32],
        parameter: &Parameter,
        dx: Option<&mut [f32]>,
    ) {
        let mut dweight = Scratch::new(self.weights());
        if self.is_winograd() {
            winograd::backward(self, x, weight, dy, &mut dweight, dx);
        } else {
            columns::backward(self, x, weight, dy, &mut dweight, dx);
        }
        parameter.add_grad(&dweight);
    }
}

/// Sums over all positions, a channel each, of `[positions, channels]`: lines in f32, their sums in f64.
pub(crate) fn sums_by_channel(values: &[f32], channels: usize) -> Vec<f32> {
    const LINE: usize = 64;
    let mut sums = vec![0f64; channels];
    let mut line_sum = vec![0f32; channels];
    for line in values.chunks(LINE * channels) {
        line_sum.fill(0.0);
        for position in line.chunks_exact(channels) {
            line_sum.iter_mut().zip(position).for_each(|(sum, value)| *sum += value);
        }
        sums.iter_mut().zip(&line_sum).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    sums.into_iter().map(|sum| sum as f32).collect()
}

struct Conv {
    geometry: Geometry,
    weight: Parameter,
    bias: Option<Parameter>,
}

impl CustomOp3 for Conv {
    fn name(&self) -> &'static str {
        "conv2d"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        _weight: &CpuStorage,
        _weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let g = self.geometry;
        let mut y = results(g.out_len());
        g.forward(slice(x, x_layout)?, &self.weight, slice(bias, bias_layout)?, &mut y, After::Nothing)?;
        Ok((CpuStorage::F32(y), Shape::from((g.images, g.out_height, g.out_width, g.outputs))))
    }
}

impl Backward for Conv {
    fn backward(&self, x: &Tensor, _residual: Option<&Tensor>, wanted: Wanted, dy: &[f32]) -> Result<Handed> {
        let (x, weight) = (floats(x)?, floats(self.weight.value())?);
        if let Some(bias) = &self.bias {
            bias.add_grad(&sums_by_channel(dy, self.geometry.outputs));
        }
        let mut dx = wanted.x.then(|| Scratch::new(x.len()));
        self.geometry.backward(&x, &weight, dy, &self.weight, dx.as_deref_mut());
        Ok(Handed::x(dx))
    }
}
