//! The first block of a network for gray images, whose convolution is never stored: 3×3 over one channel, batch norm,
//! activation and pooling. On plain slices, for the operators in `block.rs`.
//!
//! A convolution of one channel is linear in nine numbers a position, so the batch's statistics follow from the first
//! and second moments of the 3×3 patches, and so does the dense part of the gradient. Only the winners of the pooling
//! are left to be visited.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::Activation;
use crate::activation::with_curve;
use crate::conv::{Framed, LineOfWindows, PLACES, places_first};
use crate::norm::pooled::{forward_line, winners};
use crate::norm::{BatchStats, Normalizer};
use crate::simd::{First, Full, Lanes, autovectorize, for_each_vector, vectorize};

/// Height and width of the images, and the channels that the convolution makes of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gray {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) outputs: usize,
}

/// Sums over all positions of a batch, of the nine numbers in their windows and of the products of any two.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    first: [f64; PLACES],
    second: [[f64; PLACES]; PLACES],
    count: f64,
}

impl Moments {
    pub(crate) fn of(gray: Gray, x: &[f32]) -> Self {
        let images = x.par_chunks(gray.height * gray.width).map(|image| Self::of_image(gray, image));
        let zero = Self { first: [0.0; PLACES], second: [[0.0; PLACES]; PLACES], count: 0.0 };
        images.collect::<Vec<_>>().into_iter().fold(zero, |mut total, image| {
            for a in 0..PLACES {
                total.first[a] += image.first[a];
                (0..PLACES).for_each(|b| total.second[a][b] += image.second[a][b]);
            }
            total.count += image.count;
            total
        })
    }

    fn of_image(gray: Gray, image: &[f32]) -> Self {
        let framed = Framed::<f64>::new([gray.height, gray.width], image);
        let (mut first, mut second) = ([0.0; PLACES], [[0.0; PLACES]; PLACES]);
        autovectorize(
            #[inline(always)]
            || {
                for row in 0..gray.height {
                    let lines: [&[f64]; PLACES] = std::array::from_fn(|place| framed.line(row, place));
                    for a in 0..PLACES {
                        first[a] += lines[a].iter().sum::<f64>();
                        for b in a..PLACES {
                            second[a][b] += dot(lines[a], lines[b]);
                        }
                    }
                }
            },
        );
        let upper = second;
        for (a, row) in second.iter_mut().enumerate() {
            (0..a).for_each(|b| row[b] = upper[b][a]);
        }
        Self { first, second, count: (gray.height * gray.width) as f64 }
    }

    /// The statistics of the convolution's results.
    pub(crate) fn stats(&self, weight: &[f32], bias: &[f32]) -> BatchStats {
        let of = |(weight, &bias): (&[f32], &f32)| {
            let weight: [f64; PLACES] = std::array::from_fn(|place| f64::from(weight[place]));
            let (mut mean, mut var) = (f64::from(bias), 0.0);
            for a in 0..PLACES {
                mean += weight[a] * self.first[a] / self.count;
                for b in 0..PLACES {
                    let product = self.first[a] / self.count * (self.first[b] / self.count);
                    var += weight[a] * weight[b] * (self.second[a][b] / self.count - product);
                }
            }
            (mean as f32, var.max(0.0) as f32)
        };
        let (mean, var) = weight.chunks_exact(PLACES).zip(bias).map(of).unzip();
        BatchStats { mean, var, count: self.count as usize }
    }
}

/// Σ a·b in eight lanes, which vectorise; the order depends on the length alone.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut lanes = [0f64; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// y = 2×2 maximum of activation(norm(x ⋆ weight + bias)); `words` as in `norm::pooled::forward`.
pub(crate) fn forward(
    gray: Gray,
    x: &[f32],
    (weight, bias): (&[f32], &[f32]),
    norm: &Normalizer,
    activation: Activation,
    (y, words): (&mut [f32], &mut [f32]),
) {
    let Gray { height, width, outputs } = gray;
    let weight = places_first(weight, outputs);
    let pooled_line = width / 2 * outputs;
    let pooled = height / 2 * pooled_line;
    let images = x.par_chunks(height * width).zip(y.par_chunks_mut(pooled)).zip(words.par_chunks_mut(pooled));
    images.enumerate().for_each(|(image, ((x, y), words))| {
        let framed = Framed::<f32>::new([gray.height, gray.width], x);
        let line = width * outputs;
        let (mut lines, mut random) = (vec![0.0; 2 * line], vec![0.0; 2 * line]);
        let pairs = y.chunks_exact_mut(pooled_line).zip(words.chunks_exact_mut(pooled_line));
        for (pair, (y, words)) in pairs.enumerate() {
            for (row, out) in (2 * pair..).zip(lines.chunks_exact_mut(line)) {
                vectorize(LineOfWindows { framed: &framed, row, weight: &weight, bias, out });
            }
            if let Some(stream) = activation.stream() {
                stream.fill(image * height * line + 2 * pair * line, &mut random);
            }
            with_curve!(activation, |curve| autovectorize(
                #[inline(always)]
                || forward_line(curve, norm, &lines, &random, y, words)
            ));
        }
    });
}

/// Gradients of a block.
pub(crate) struct Gradients {
    pub(crate) weight: Vec<f32>,
    pub(crate) norm_weight: Vec<f32>,
    pub(crate) norm_bias: Vec<f32>,
}

/// The gradients of [`forward`] after normalising by the batch. That by the convolution's bias is 0: the batch's mean
/// takes it off again.
pub(crate) fn backward(
    gray: Gray,
    x: &[f32],
    (weight, bias): (&[f32], &[f32]),
    norm: &Normalizer,
    moments: &Moments,
    (words, dy): (&[f32], &[f32]),
) -> Gradients {
    let Gray { height, width, outputs } = gray;
    let pooled = height / 2 * (width / 2) * outputs;
    let images = x.par_chunks(height * width).zip(words.par_chunks(pooled)).zip(dy.par_chunks(pooled));
    let sums = images.map(|((x, words), dy)| winners_of_image(gray, x, words, dy)).collect::<Vec<_>>();
    let mut total = vec![0f64; (PLACES + 1) * outputs];
    for sum in sums {
        total.iter_mut().zip(sum).for_each(|(total, value)| *total += f64::from(value));
    }
    let mut gradients =
        Gradients { weight: vec![0.0; weight.len()], norm_weight: vec![0.0; outputs], norm_bias: vec![0.0; outputs] };
    for o in 0..outputs {
        let weight: [f64; PLACES] = std::array::from_fn(|place| f64::from(weight[o * PLACES + place]));
        let at_winners: [f64; PLACES] = std::array::from_fn(|place| total[place * outputs + o]);
        let dz = total[PLACES * outputs + o];
        let inverse_std = f64::from(norm.inverse_std[o]);
        let offset = f64::from(bias[o]) - f64::from(norm.mean[o]);
        let product: f64 = (0..PLACES).map(|place| weight[place] * at_winners[place]).sum();
        // Σ dz · x̂.
        let product = inverse_std * (product + offset * dz);
        gradients.norm_weight[o] = product as f32;
        gradients.norm_bias[o] = dz as f32;
        for (place, at_winners) in at_winners.into_iter().enumerate() {
            let first = moments.first[place];
            let second: f64 = (0..PLACES).map(|other| weight[other] * moments.second[place][other]).sum();
            let dense = dz * first + product * inverse_std * (second + offset * first);
            let gradient = f64::from(norm.scale[o]) * (at_winners - dense / moments.count);
            gradients.weight[o * PLACES + place] = gradient as f32;
        }
    }
    gradients
}

/// Over the winners of one image's windows: Σ dz · patch, `[9, O]`, and then Σ dz, `[O]`.
fn winners_of_image(gray: Gray, x: &[f32], words: &[f32], dy: &[f32]) -> Vec<f32> {
    let framed = Framed::<f32>::new([gray.height, gray.width], x);
    let mut sums = vec![0f32; (PLACES + 1) * gray.outputs];
    let line = gray.width / 2 * gray.outputs;
    for (pair, (words, dy)) in words.chunks_exact(line).zip(dy.chunks_exact(line)).enumerate() {
        vectorize(Winners { framed: &framed, row: 2 * pair, outputs: gray.outputs, words, dy, sums: &mut sums });
    }
    sums
}

/// One line of windows.
struct Winners<'a> {
    framed: &'a Framed<f32>,
    row: usize,
    outputs: usize,
    words: &'a [f32],
    dy: &'a [f32],
    sums: &'a mut [f32],
}

impl WithSimd for Winners<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { framed, row, outputs, words, dy, sums } = self;
        let lines: [&[f32]; 4] =
            std::array::from_fn(|line| &framed.values[(row + line) * framed.width..][..framed.width]);
        for_each_vector!(S, outputs, |at, lanes| {
            winners_vector(simd, lines, outputs, words, dy, sums, at, lanes);
        });
    }
}

#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the parts of one loop, apart for the compiler")]
fn winners_vector<S: Simd>(
    simd: S,
    lines: [&[f32]; 4],
    outputs: usize,
    words: &[f32],
    dy: &[f32],
    sums: &mut [f32],
    at: usize,
    lanes: impl Lanes<S>,
) {
    let mut total: [S::f32s; PLACES + 1] = std::array::from_fn(|place| lanes.load(simd, &sums[place * outputs + at..]));
    let zero = simd.splat_f32s(0.0);
    for (column, (words, dy)) in words.chunks_exact(outputs).zip(dy.chunks_exact(outputs)).enumerate() {
        let (dz, wins) = winners(simd, lanes.load(simd, &words[at..]), lanes.load(simd, &dy[at..]));
        total[PLACES] = simd.add_f32s(total[PLACES], dz);
        for (place, wins) in wins.into_iter().enumerate() {
            let dz = simd.select_f32s(wins, dz, zero);
            for tap in 0..PLACES {
                let value = lines[place / 2 + tap / 3][2 * column + place % 2 + tap % 3];
                total[tap] = simd.mul_add_f32s(dz, simd.splat_f32s(value), total[tap]);
            }
        }
    }
    for (place, total) in total.into_iter().enumerate() {
        lanes.store(simd, &mut sums[place * outputs + at..], total);
    }
}
