//! A pointwise and a depthwise convolution as one operator, for prediction.

use candle_core::{Result, Tensor, bail};
use rayon::prelude::*;

use crate::Activation;
use crate::activation::{Curve, with_curve};
use crate::product::{Destination, LANES, Layout, Matrix, MatrixMut, Panels, Workers, multiply, pack};
use crate::scratch::Scratch;
use crate::simd::autovectorize;
use crate::tensor::{floats, tensor};

/// Side of the depthwise windows.
const SIDE: usize = 3;
/// Numbers between both convolutions that are made at a time: they stay in the second cache.
const BAND: usize = 1 << 16;

/// A pointwise convolution, a depthwise one of 3×3 with a padding of 1, and an activation: PyTorch's
/// `Sequential(Conv2d(C, O, 1), Conv2d(O, O, 3, padding=1, groups=O), activation)`, channels last, f32.
///
/// It is for prediction: it has no gradient. Lines are worked on in bands, and what lies between both convolutions never
/// leaves the cache.
pub struct Separable {
    channels: usize,
    outputs: usize,
    /// `[C, O]`, packed.
    pointwise: Scratch,
    layout: Layout,
    /// `[O]`, of the pointwise convolution.
    bias: Vec<f32>,
    /// `[3, 3, O]`.
    windows: Vec<f32>,
    /// `[O]`, of the depthwise convolution.
    window_bias: Vec<f32>,
    activation: Activation,
}

/// A convolution's numbers in PyTorch's layout.
#[derive(Debug, Clone, Copy)]
pub struct Weights<'a> {
    /// `[O, C, 1, 1]` of a pointwise convolution, `[O, 1, 3, 3]` of a depthwise one.
    pub weight: &'a [f32],
    /// `[O]`.
    pub bias: &'a [f32],
}

impl Separable {
    /// Packs the weights of both convolutions.
    ///
    /// # Errors
    /// Sizes that do not fit each other, outputs that are no multiple of 16, or an activation that draws slopes.
    pub fn new(pointwise: Weights<'_>, depthwise: Weights<'_>, activation: Activation) -> Result<Self> {
        let outputs = pointwise.bias.len();
        let channels = pointwise.weight.len() / outputs.max(1);
        let fits = pointwise.weight.len() == outputs * channels
            && depthwise.bias.len() == outputs
            && depthwise.weight.len() == outputs * SIDE * SIDE;
        if !fits || channels == 0 || outputs == 0 || !outputs.is_multiple_of(LANES) {
            bail!(
                "separable: expected weights [O, C] and [O, 3, 3] with biases [O], O a multiple of {LANES}; found {}, {}, \
                 {} and {} numbers",
                pointwise.weight.len(),
                depthwise.weight.len(),
                pointwise.bias.len(),
                depthwise.bias.len()
            )
        }
        if activation.stream().is_some() {
            bail!("separable: expected an activation without random slopes")
        }
        let (packed, layout) = pack(Matrix::new(pointwise.weight, outputs, channels).transposed(), Workers::One);
        let places = SIDE * SIDE;
        let windows = (0..places * outputs).map(|at| depthwise.weight[at % outputs * places + at / outputs]).collect();
        Ok(Self {
            channels,
            outputs,
            pointwise: packed,
            layout,
            bias: pointwise.bias.to_vec(),
            windows,
            window_bias: depthwise.bias.to_vec(),
            activation,
        })
    }

    /// Applies it to x `[N, H, W, C]`; the result is `[N, H, W, O]`. Threads share bands of lines; the result does not
    /// depend on their number.
    ///
    /// # Errors
    /// Another number of channels, or candle's.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let (images, height, width, channels) = x.dims4()?;
        if channels != self.channels {
            bail!("separable: expected x [N, H, W, {}], found {:?}", self.channels, x.dims())
        }
        let x = x.contiguous()?;
        let x = floats(&x)?;
        let mut y = vec![0.0; images * height * width * self.outputs];
        let lines = (BAND / ((width + 2) * self.outputs)).clamp(SIDE, height.max(SIDE));
        let line = (width * self.outputs).max(1);
        let bands = y.par_chunks_mut(height.max(1) * line).enumerate().flat_map(|(image, y)| {
            y.par_chunks_mut(lines * line).enumerate().map(move |(band, y)| (image, band * lines, y))
        });
        let image = height * width * channels;
        bands.for_each(|(index, first, y)| self.band(&x[index * image..][..image], height, width, first, y));
        tensor(y, (images, height, width, self.outputs))
    }

    /// The output lines of one image from `first` on that fit into `y`.
    fn band(&self, x: &[f32], height: usize, width: usize, first: usize, y: &mut [f32]) {
        let (outputs, line) = (self.outputs, (width + 2) * self.outputs);
        let lines = y.len() / (width * outputs);
        let mut between = Scratch::new((lines + 2) * line);
        for (at, between) in between.chunks_exact_mut(line).enumerate() {
            // The line above the band is the first one here.
            match (first + at).checked_sub(1).filter(|&row| row < height) {
                Some(row) => self.pointwise(&x[row * width * self.channels..][..width * self.channels], between),
                None => between.fill(0.0),
            }
        }
        for (at, y) in y.chunks_exact_mut(width * outputs).enumerate() {
            let above = std::array::from_fn(|down| &between[(at + down) * line..][..line]);
            with_curve!(self.activation, |curve| autovectorize(
                #[inline(always)]
                || self.depthwise(above, curve, y)
            ));
        }
    }

    /// One line, with a column of zeros on both sides.
    fn pointwise(&self, x: &[f32], y: &mut [f32]) {
        let length = y.len();
        y[..self.outputs].fill(0.0);
        y[length - self.outputs..].fill(0.0);
        let y = &mut y[self.outputs..length - self.outputs];
        y.chunks_exact_mut(self.outputs).for_each(|y| y.copy_from_slice(&self.bias));
        let x = Matrix::new(x, x.len() / self.channels, self.channels);
        let weight = Panels::new(&self.pointwise, self.layout);
        multiply(MatrixMut::new(y, self.outputs), x, weight, Destination::Add);
    }

    /// One line of the result from the three around it.
    #[inline(always)]
    fn depthwise(&self, lines: [&[f32]; SIDE], curve: impl Curve, y: &mut [f32]) {
        let outputs = self.outputs;
        for group in (0..outputs).step_by(LANES) {
            let weight: [&[f32; LANES]; SIDE * SIDE] =
                std::array::from_fn(|place| lanes(&self.windows, place * outputs + group));
            let bias = lanes(&self.window_bias, group);
            for (column, y) in y.chunks_exact_mut(outputs).enumerate() {
                let mut sum = *bias;
                for place in 0..SIDE * SIDE {
                    let x = lanes(lines[place / SIDE], (column + place % SIDE) * outputs + group);
                    for lane in 0..LANES {
                        sum[lane] += x[lane] * weight[place][lane];
                    }
                }
                for (y, sum) in y[group..group + LANES].iter_mut().zip(sum) {
                    *y = curve.at(sum, 0.0).0;
                }
            }
        }
    }
}

/// So many numbers from `start` on.
#[inline(always)]
fn lanes(values: &[f32], start: usize) -> &[f32; LANES] {
    values[start..].first_chunk().expect("outputs are a multiple of the lanes")
}

impl std::fmt::Debug for Separable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Separable")
            .field("channels", &self.channels)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}
