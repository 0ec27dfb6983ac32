//! Batch normalisation with what follows it: a residual to add and an activation; with a pooling in [`pooled`]. On plain
//! slices, for the operators in `block.rs`.

pub(crate) mod pooled;

use rayon::prelude::*;

use crate::activation::{Curve, with_curve};
use crate::simd::autovectorize;
use crate::{Activation, Stream};

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

    /// Of x `[positions, channels]`: means and square distances of small pieces, two passes each, merged in order in
    /// f64 (Chan, Golub and LeVeque, 1979). A mean far from zero costs no digits.
    pub(crate) fn of(x: &[f32], channels: usize) -> Self {
        const POSITIONS: usize = 128;
        let pieces: Vec<Vec<f32>> = x.par_chunks(POSITIONS * channels).map(|x| piece_stats(x, channels)).collect();
        let (mut mean, mut square, mut count) = (vec![0f64; channels], vec![0f64; channels], 0f64);
        for (piece, x) in pieces.iter().zip(x.chunks(POSITIONS * channels)) {
            let more = (x.len() / channels) as f64;
            let total = count + more;
            let (piece_mean, piece_square) = piece.split_at(channels);
            for channel in 0..channels {
                let distance = f64::from(piece_mean[channel]) - mean[channel];
                mean[channel] += distance * more / total;
                square[channel] += f64::from(piece_square[channel]) + distance * distance * count * more / total;
            }
            count = total;
        }
        let var = square.iter().map(|square| (square / count) as f32).collect();
        Self { mean: mean.into_iter().map(|mean| mean as f32).collect(), var, count: count as usize }
    }
}

/// Means, and sums of square distances from them.
fn piece_stats(x: &[f32], channels: usize) -> Vec<f32> {
    let mut stats = vec![0f32; 2 * channels];
    let (mean, square) = stats.split_at_mut(channels);
    let (mean, square) = (&mut mean[..channels], &mut square[..channels]);
    // The sum of distances from the first position, so that the mean is exact where all numbers are equal.
    let first = &x[..channels];
    let share = channels as f32 / x.len() as f32;
    autovectorize(
        #[inline(always)]
        || {
            for x in x.chunks_exact(channels) {
                for ((sum, x), first) in mean.iter_mut().zip(x).zip(first) {
                    *sum += x - first;
                }
            }
            mean.iter_mut().zip(first).for_each(|(mean, first)| *mean = first + *mean * share);
            for x in x.chunks_exact(channels) {
                for ((sum, x), mean) in square.iter_mut().zip(x).zip(mean.iter()) {
                    *sum += (x - mean) * (x - mean);
                }
            }
        },
    );
    stats
}

/// What a batch is normalised with, one number a channel: ŷ = (x − mean) · inverse_std · weight + bias.
#[derive(Debug, Clone)]
pub(crate) struct Normalizer {
    pub(crate) mean: Vec<f32>,
    pub(crate) inverse_std: Vec<f32>,
    pub(crate) scale: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

impl Normalizer {
    pub(crate) fn new(mean: &[f32], var: &[f32], eps: f64, weight: &[f32], bias: &[f32]) -> Self {
        let inverse_std: Vec<f32> = var.iter().map(|&var| (1.0 / (f64::from(var) + eps).sqrt()) as f32).collect();
        let scale = inverse_std.iter().zip(weight).map(|(inverse_std, weight)| inverse_std * weight).collect();
        Self { mean: mean.to_vec(), inverse_std, scale, bias: bias.to_vec() }
    }

    pub(crate) fn channels(&self) -> usize {
        self.mean.len()
    }
}

/// Gradients by the normalisation's bias and weight.
pub(crate) struct Sums {
    /// Σ dz, with z the normalised, scaled and shifted number.
    pub(crate) dz: Vec<f64>,
    /// Σ dz · x̂, with x̂ the normalised number.
    pub(crate) product: Vec<f64>,
}

impl Sums {
    fn zero(channels: usize) -> Self {
        Self { dz: vec![0.0; channels], product: vec![0.0; channels] }
    }

    fn add(&mut self, dz: &[f32], product: &[f32]) {
        self.dz.iter_mut().zip(dz).for_each(|(sum, &value)| *sum += f64::from(value));
        self.product.iter_mut().zip(product).for_each(|(sum, &value)| *sum += f64::from(value));
    }

    fn in_order(pieces: Vec<Self>, channels: usize) -> Self {
        pieces.into_iter().fold(Self::zero(channels), |mut total, piece| {
            total.dz.iter_mut().zip(piece.dz).for_each(|(sum, value)| *sum += value);
            total.product.iter_mut().zip(piece.product).for_each(|(sum, value)| *sum += value);
            total
        })
    }
}

/// The terms of the input's gradient: dx = scale · (dz − mean(dz) − (x − mean) · slope).
struct InputTerms {
    dz_mean: Vec<f32>,
    slope: Vec<f32>,
}

impl InputTerms {
    fn new(norm: &Normalizer, sums: &Sums, count: usize) -> Self {
        let mean = |sum: &f64| (sum / count as f64) as f32;
        let slopes = sums.product.iter().zip(&norm.inverse_std);
        Self {
            dz_mean: sums.dz.iter().map(mean).collect(),
            slope: slopes.map(|(sum, inverse_std)| mean(sum) * inverse_std).collect(),
        }
    }
}

/// Numbers that are worked on together, with their random numbers: they stay in the first cache.
const LINE: usize = 2048;
/// Numbers that go to a thread as a whole.
const PIECE: usize = 1 << 16;

/// Positions in a line, and in a piece.
fn positions(channels: usize) -> [usize; 2] {
    let line = (LINE / channels).max(1);
    [line, (PIECE / channels / line).max(1) * line]
}

/// Random numbers for a line, if the activation draws any; otherwise whatever the buffer holds.
fn draw(stream: Option<Stream>, start: usize, buffer: &mut [f32]) {
    if let Some(stream) = stream {
        stream.fill(start, buffer);
    }
}

/// y = activation(norm(x) + residual), elementwise.
pub(crate) fn forward(norm: &Normalizer, x: &[f32], residual: Option<&[f32]>, activation: Activation, y: &mut [f32]) {
    let [_, piece] = positions(norm.channels()).map(|positions| positions * norm.channels());
    y.par_chunks_mut(piece).enumerate().for_each(|(index, y)| {
        let part = index * piece..index * piece + y.len();
        forward_piece(norm, &x[part.clone()], residual.map(|residual| &residual[part]), activation, index * piece, y);
    });
}

/// Of a piece, whose first number is number `start`.
pub(crate) fn forward_piece(
    norm: &Normalizer,
    x: &[f32],
    residual: Option<&[f32]>,
    activation: Activation,
    start: usize,
    y: &mut [f32],
) {
    let [line, _] = positions(norm.channels()).map(|positions| positions * norm.channels());
    let mut random = vec![0.0; line];
    for (number, (y, x)) in y.chunks_mut(line).zip(x.chunks(line)).enumerate() {
        let residual = residual.map(|residual| &residual[number * line..][..y.len()]);
        let random = &mut random[..y.len()];
        draw(activation.stream(), start + number * line, random);
        with_curve!(activation, |curve| autovectorize(
            #[inline(always)]
            || forward_line(curve, norm, x, residual, random, y)
        ));
    }
}

#[inline(always)]
fn forward_line(
    curve: impl Curve,
    norm: &Normalizer,
    x: &[f32],
    residual: Option<&[f32]>,
    random: &[f32],
    y: &mut [f32],
) {
    let channels = norm.channels();
    let (mean, scale, bias) = (&norm.mean[..channels], &norm.scale[..channels], &norm.bias[..channels]);
    for (index, (y, x)) in y.chunks_exact_mut(channels).zip(x.chunks_exact(channels)).enumerate() {
        let random = &random[index * channels..][..channels];
        match residual {
            Some(residual) => {
                let residual = &residual[index * channels..][..channels];
                for c in 0..channels {
                    y[c] = curve.at((x[c] - mean[c]) * scale[c] + bias[c] + residual[c], random[c]).0;
                }
            }
            None => {
                for c in 0..channels {
                    y[c] = curve.at((x[c] - mean[c]) * scale[c] + bias[c], random[c]).0;
                }
            }
        }
    }
}

/// The gradients of [`forward`]. `values` holds x and gets dx; `dz` gets the gradient by norm(x), which is also that by
/// the residual.
pub(crate) fn backward(
    norm: &Normalizer,
    values: &mut [f32],
    residual: Option<&[f32]>,
    activation: Activation,
    dy: &[f32],
    dz: &mut [f32],
) -> Sums {
    let channels = norm.channels();
    let [line, piece] = positions(channels).map(|positions| positions * channels);
    let pieces = dz.par_chunks_mut(piece).zip(values.par_chunks(piece)).zip(dy.par_chunks(piece)).enumerate();
    let sums = pieces.map(|(index, ((dz, x), dy))| {
        let mut sums = Sums::zero(channels);
        let mut random = vec![0.0; line];
        let lines = dz.chunks_mut(line).zip(x.chunks(line)).zip(dy.chunks(line)).enumerate();
        for (number, ((dz, x), dy)) in lines {
            let start = index * piece + number * line;
            let residual = residual.map(|residual| &residual[start..start + dy.len()]);
            let random = &mut random[..dy.len()];
            draw(activation.stream(), start, random);
            let mut line_sums = vec![0.0; 2 * channels];
            let (dz_sum, product) = line_sums.split_at_mut(channels);
            with_curve!(activation, |curve| autovectorize(
                #[inline(always)]
                || backward_line(curve, norm, x, residual, random, dy, dz, dz_sum, product)
            ));
            sums.add(dz_sum, product);
        }
        sums
    });
    let sums = Sums::in_order(sums.collect(), channels);
    let terms = InputTerms::new(norm, &sums, dy.len() / channels);
    values.par_chunks_mut(piece).zip(dz.par_chunks(piece)).for_each(|(values, dz)| {
        autovectorize(
            #[inline(always)]
            || {
                for (values, dz) in values.chunks_exact_mut(channels).zip(dz.chunks_exact(channels)) {
                    input_gradient(norm, &terms, values, dz);
                }
            },
        );
    });
    sums
}

#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "separate slices, so that the compiler knows that none overlap")]
fn backward_line(
    curve: impl Curve,
    norm: &Normalizer,
    x: &[f32],
    residual: Option<&[f32]>,
    random: &[f32],
    dy: &[f32],
    dz: &mut [f32],
    dz_sum: &mut [f32],
    product: &mut [f32],
) {
    let channels = norm.channels();
    let (mean, scale, bias) = (&norm.mean[..channels], &norm.scale[..channels], &norm.bias[..channels]);
    let inverse_std = &norm.inverse_std[..channels];
    let (dz_sum, product) = (&mut dz_sum[..channels], &mut product[..channels]);
    for (index, (dz, dy)) in dz.chunks_exact_mut(channels).zip(dy.chunks_exact(channels)).enumerate() {
        let (x, random) = (&x[index * channels..][..channels], &random[index * channels..][..channels]);
        match residual {
            Some(residual) => {
                let residual = &residual[index * channels..][..channels];
                for c in 0..channels {
                    dz[c] = dy[c] * curve.at((x[c] - mean[c]) * scale[c] + bias[c] + residual[c], random[c]).1;
                }
            }
            None => {
                for c in 0..channels {
                    dz[c] = dy[c] * curve.at((x[c] - mean[c]) * scale[c] + bias[c], random[c]).1;
                }
            }
        }
        for c in 0..channels {
            dz_sum[c] += dz[c];
            product[c] += dz[c] * ((x[c] - mean[c]) * inverse_std[c]);
        }
    }
}

/// Turns a position's x into its gradient.
#[inline(always)]
fn input_gradient(norm: &Normalizer, terms: &InputTerms, values: &mut [f32], dz: &[f32]) {
    let channels = values.len();
    let (mean, scale) = (&norm.mean[..channels], &norm.scale[..channels]);
    let (dz_mean, slope, dz) = (&terms.dz_mean[..channels], &terms.slope[..channels], &dz[..channels]);
    for c in 0..channels {
        values[c] = scale[c] * (dz[c] - dz_mean[c] - (values[c] - mean[c]) * slope[c]);
    }
}
