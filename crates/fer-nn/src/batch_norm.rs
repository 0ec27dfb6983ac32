use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use crate::Parameter;
use crate::tensor::{floats, slice, tensor};

/// Statistics of a batch, one number a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchStats {
    /// Mean over batch, height and width.
    pub mean: Vec<f32>,
    /// Biased variance: the mean square distance from the mean, which is what the batch is normalised with.
    pub var: Vec<f32>,
    /// Elements in a channel: batch · height · width.
    pub count: usize,
}

impl BatchStats {
    /// Unbiased variance (count − 1 in the denominator), which PyTorch's running variance follows. With one element
    /// in a channel there is none, and the biased one, 0, is given.
    pub fn unbiased_var(&self) -> Vec<f32> {
        let correction = self.count as f64 / self.count.saturating_sub(1).max(1) as f64;
        self.var.iter().map(|&var| (f64::from(var) * correction) as f32).collect()
    }

    /// Two passes, each plane's sum in f32 lanes and the planes' sums in f64: a mean far from zero costs no digits.
    fn of(x: &[f32], [n, channels, size]: [usize; 3]) -> Self {
        let count = n * size;
        let stats = (0..channels).into_par_iter().map(|channel| {
            let planes = || (0..n).map(|image| plane(x, image * channels + channel, size));
            let mean = planes().map(|plane| sum(plane, |x| x)).sum::<f64>() / count as f64;
            let center = mean as f32;
            let square = planes().map(|plane| sum(plane, |x| (x - center) * (x - center))).sum::<f64>() / count as f64;
            // `center` is `mean` rounded to f32: take the difference's square off again.
            let var = (square - (mean - f64::from(center)).powi(2)).max(0.0);
            (mean as f32, var as f32)
        });
        let (mean, var) = stats.unzip();
        Self { mean, var, count }
    }
}

fn plane(x: &[f32], index: usize, size: usize) -> &[f32] {
    &x[index * size..(index + 1) * size]
}

/// Σ f(x), in 16 lanes that vectorise, then in f64; the order depends on the length alone.
fn sum(x: &[f32], f: impl Fn(f32) -> f32) -> f64 {
    const LANES: usize = 16;
    let mut lanes = [0f32; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest: f64 = chunks.remainder().iter().map(|&x| f64::from(f(x))).sum();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, &x)| *lane += f(x));
    }
    lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>() + rest
}

/// Σ a·b, as [`sum`].
fn dot(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) -> f64 {
    const LANES: usize = 16;
    let mut lanes = [0f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(&a, &b)| f64::from(f(a, b))).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for ((lane, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += f(a, b);
        }
    }
    lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>() + rest
}

/// Batch normalisation in training: `[N, C, H, W]`, f32, with a weight and a bias `[C]` a channel; PyTorch's
/// `BatchNorm2d`. Gives the normalised batch and the statistics that the caller's running statistics follow.
///
/// # Errors
/// Shapes that do not fit, an empty batch, or candle's.
pub fn batch_norm_train(x: &Tensor, weight: &Parameter, bias: &Parameter, eps: f64) -> Result<(Tensor, BatchStats)> {
    let (n, channels, height, width) = x.dims4()?;
    if x.elem_count() == 0 {
        bail!("batch norm: expected a batch with elements, found shape {:?}", x.dims())
    }
    let x = x.contiguous()?;
    let stats = BatchStats::of(&floats(&x)?, [n, channels, height * width]);
    let parameters = Some((weight.clone(), bias.clone()));
    let scale = inverse_std(&stats.var, eps);
    let op = BatchNorm { mean: stats.mean.clone(), inverse_std: scale, parameters };
    Ok((x.apply_op3(weight.value(), bias.value(), op)?, stats))
}

/// Batch normalisation in evaluation: as [`batch_norm_train`], but with given statistics `[C]`, which count as
/// constants.
///
/// # Errors
/// As [`batch_norm_train`].
pub fn batch_norm_eval(
    x: &Tensor,
    weight: &Parameter,
    bias: &Parameter,
    mean: &Tensor,
    var: &Tensor,
    eps: f64,
) -> Result<Tensor> {
    let op =
        BatchNorm { mean: mean.to_vec1()?, inverse_std: inverse_std(&var.to_vec1::<f32>()?, eps), parameters: None };
    x.contiguous()?.apply_op3(weight.value(), bias.value(), op)
}

fn inverse_std(var: &[f32], eps: f64) -> Vec<f32> {
    var.iter().map(|&var| (1.0 / (f64::from(var) + eps).sqrt()) as f32).collect()
}

struct BatchNorm {
    mean: Vec<f32>,
    inverse_std: Vec<f32>,
    /// Where the gradients go; in evaluation there is no backward pass.
    parameters: Option<(Parameter, Parameter)>,
}

impl CustomOp3 for BatchNorm {
    fn name(&self) -> &'static str {
        "batch-norm"
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
        let (_, channels, height, width) = x_layout.shape().dims4()?;
        let (weight, bias) = (slice(weight, weight_layout)?, slice(bias, bias_layout)?);
        if [weight.len(), bias.len(), self.mean.len(), self.inverse_std.len()] != [channels; 4] {
            bail!(
                "batch norm: expected {channels} numbers, one a channel, found weight {} and bias {}",
                weight.len(),
                bias.len()
            )
        }
        let x = slice(x, x_layout)?;
        let mut y = vec![0.0; x.len()];
        let size = height * width;
        y.par_chunks_mut(size).zip(x.par_chunks(size)).enumerate().for_each(|(index, (y, x))| {
            let channel = index % channels;
            let (mean, scale) = (self.mean[channel], self.inverse_std[channel] * weight[channel]);
            let bias = bias[channel];
            y.iter_mut().zip(x).for_each(|(y, x)| *y = (x - mean) * scale + bias);
        });
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    /// With x̂ the normalised input and means over a channel: dx = weight/σ · (dy − mean(dy) − x̂ · mean(dy · x̂)).
    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let Some((weight_parameter, bias_parameter)) = &self.parameters else {
            bail!("batch norm: there is no backward pass in evaluation")
        };
        let dy = dy.contiguous()?;
        let (n, channels, height, width) = x.dims4()?;
        let (size, count) = (height * width, (n * height * width) as f64);
        let (x_values, dy_values, weight) = (floats(x)?, floats(&dy)?, floats(weight)?);
        let sums = (0..channels).into_par_iter().map(|channel| {
            let (mean, scale) = (self.mean[channel], self.inverse_std[channel]);
            let planes = || (0..n).map(|image| image * channels + channel);
            let dy_sum: f64 = planes().map(|index| sum(plane(&dy_values, index, size), |dy| dy)).sum();
            let product = |index| {
                let (x, dy) = (plane(&x_values, index, size), plane(&dy_values, index, size));
                dot(x, dy, |x, dy| (x - mean) * scale * dy)
            };
            (dy_sum, planes().map(product).sum::<f64>())
        });
        let (dy_sums, products): (Vec<f64>, Vec<f64>) = sums.unzip();
        let single = |sums: &[f64]| sums.iter().map(|&sum| sum as f32).collect::<Vec<_>>();
        weight_parameter.add_grad(&single(&products));
        bias_parameter.add_grad(&single(&dy_sums));
        if !x.track_op() {
            return Ok((None, None, None));
        }
        let mut dx = vec![0.0; x_values.len()];
        let planes = x_values.par_chunks(size).zip(dy_values.par_chunks(size));
        dx.par_chunks_mut(size).zip(planes).enumerate().for_each(|(index, (dx, (x, dy)))| {
            let channel = index % channels;
            let (mean, inverse_std) = (self.mean[channel], self.inverse_std[channel]);
            let dy_mean = (dy_sums[channel] / count) as f32;
            let slope = (products[channel] / count) as f32 * inverse_std;
            let scale = weight[channel] * inverse_std;
            for ((dx, &x), &dy) in dx.iter_mut().zip(x).zip(dy) {
                *dx = scale * (dy - dy_mean - (x - mean) * slope);
            }
        });
        Ok((Some(tensor(dx, x.shape())?), None, None))
    }
}
