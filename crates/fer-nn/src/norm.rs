//! Batch normalisation with what follows it: a residual to add, an activation, a pooling. On plain slices, for the
//! operators in `block.rs`.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::activation::{Curve, with_curve};
use crate::simd::{First, Full, Lanes, autovectorize, for_each_vector, vectorize};
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

/// Height, width and channels of the images that are pooled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
}

impl Sizes {
    fn image(&self) -> usize {
        self.height * self.width * self.channels
    }

    fn line(&self) -> usize {
        self.width * self.channels
    }

    fn pooled_line(&self) -> usize {
        self.width / 2 * self.channels
    }

    pub(crate) fn pooled_image(&self) -> usize {
        self.height / 2 * self.pooled_line()
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
    let channels = norm.channels();
    let [line, piece] = positions(channels).map(|positions| positions * channels);
    y.par_chunks_mut(piece).enumerate().for_each(|(index, y)| {
        let mut random = vec![0.0; line];
        for (number, y) in y.chunks_mut(line).enumerate() {
            let start = index * piece + number * line;
            let x = &x[start..start + y.len()];
            let residual = residual.map(|residual| &residual[start..start + y.len()]);
            let random = &mut random[..y.len()];
            draw(activation.stream(), start, random);
            with_curve!(activation, |curve| autovectorize(
                #[inline(always)]
                || forward_line(curve, norm, x, residual, random, y)
            ));
        }
    });
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

/// y = 2×2 maximum of activation(norm(x)). If `words` is given, each pooled element leaves there what its gradient
/// needs: the derivative at the winner, with the winner's place in the window in the two lowest bits.
pub(crate) fn forward_pooled(
    norm: &Normalizer,
    sizes: Sizes,
    x: &[f32],
    activation: Activation,
    y: &mut [f32],
    words: &mut [f32],
) {
    let images = x.par_chunks(sizes.image()).zip(y.par_chunks_mut(sizes.pooled_image()));
    let images = images.zip(words.par_chunks_mut(sizes.pooled_image()));
    images.enumerate().for_each(|(image, ((x, y), words))| {
        let line = sizes.line();
        let mut random = vec![0.0; 2 * line];
        let lines = x.chunks_exact(2 * line).zip(y.chunks_exact_mut(sizes.pooled_line()));
        for (row, ((x, y), words)) in lines.zip(words.chunks_exact_mut(sizes.pooled_line())).enumerate() {
            draw(activation.stream(), image * sizes.image() + row * 2 * line, &mut random);
            with_curve!(activation, |curve| autovectorize(
                #[inline(always)]
                || forward_pooled_line(curve, norm, x, &random, y, words)
            ));
        }
    });
}

/// Two lines of images become one.
#[inline(always)]
pub(crate) fn forward_pooled_line(
    curve: impl Curve,
    norm: &Normalizer,
    x: &[f32],
    random: &[f32],
    y: &mut [f32],
    words: &mut [f32],
) {
    let channels = norm.channels();
    let line = x.len() / 2;
    for (column, (y, words)) in y.chunks_exact_mut(channels).zip(words.chunks_exact_mut(channels)).enumerate() {
        let corner = 2 * column * channels;
        let places = [corner, corner + channels, corner + line, corner + line + channels];
        let x = places.map(|place| &x[place..place + channels]);
        let random = places.map(|place| &random[place..place + channels]);
        pool(curve, norm, x, random, y, words);
    }
}

#[inline(always)]
fn pool(curve: impl Curve, norm: &Normalizer, x: [&[f32]; 4], random: [&[f32]; 4], y: &mut [f32], words: &mut [f32]) {
    let channels = y.len();
    let (mean, scale, bias) = (&norm.mean[..channels], &norm.scale[..channels], &norm.bias[..channels]);
    let (x, random) = (x.map(|x| &x[..channels]), random.map(|random| &random[..channels]));
    let words = &mut words[..channels];
    for c in 0..channels {
        let at = |place: usize| curve.at((x[place][c] - mean[c]) * scale[c] + bias[c], random[place][c]);
        let (mut best, mut slope) = at(0);
        let mut winner = 0u32;
        for place in 1..4 {
            let (value, value_slope) = at(place);
            // A NaN counts as the largest, so that it is not hidden.
            let wins = (value > best) | value.is_nan();
            best = if wins { value } else { best };
            slope = if wins { value_slope } else { slope };
            winner = if wins { place as u32 } else { winner };
        }
        y[c] = best;
        words[c] = f32::from_bits(slope.to_bits() & !3 | winner);
    }
}

/// The gradients of [`forward_pooled`]. `values` holds x and gets dx.
pub(crate) fn backward_pooled(norm: &Normalizer, sizes: Sizes, values: &mut [f32], words: &[f32], dy: &[f32]) -> Sums {
    let channels = sizes.channels;
    let images = values.par_chunks(sizes.image()).zip(words.par_chunks(sizes.pooled_image()));
    let sums = images.zip(dy.par_chunks(sizes.pooled_image())).map(|((x, words), dy)| {
        let mut sums = Sums::zero(channels);
        let lines = x.chunks_exact(2 * sizes.line()).zip(words.chunks_exact(sizes.pooled_line()));
        let mut line_sums = vec![0.0; 2 * channels];
        for ((x, words), dy) in lines.zip(dy.chunks_exact(sizes.pooled_line())) {
            let (dz_sum, product) = line_sums.split_at_mut(channels);
            vectorize(PooledSums { norm, x, words, dy, dz_sum, product });
            sums.add(dz_sum, product);
        }
        sums
    });
    let sums = Sums::in_order(sums.collect(), channels);
    let terms = InputTerms::new(norm, &sums, values.len() / channels);
    let images = values.par_chunks_mut(sizes.image()).zip(words.par_chunks(sizes.pooled_image()));
    images.zip(dy.par_chunks(sizes.pooled_image())).for_each(|((values, words), dy)| {
        let windows = words.chunks_exact(sizes.pooled_line()).zip(dy.chunks_exact(sizes.pooled_line()));
        let (pooled, rest) = values.split_at_mut(sizes.height / 2 * 2 * sizes.line());
        for (values, (words, dy)) in pooled.chunks_exact_mut(2 * sizes.line()).zip(windows) {
            vectorize(PooledInputGradients { norm, terms: &terms, values, words, dy });
        }
        // A last line beyond the windows.
        let zeros = vec![0.0; channels];
        rest.chunks_exact_mut(channels).for_each(|values| input_gradient(norm, &terms, values, &zeros));
    });
    sums
}

/// The sums of one line of windows.
struct PooledSums<'a> {
    norm: &'a Normalizer,
    x: &'a [f32],
    words: &'a [f32],
    dy: &'a [f32],
    dz_sum: &'a mut [f32],
    product: &'a mut [f32],
}

impl WithSimd for PooledSums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { norm, x, words, dy, dz_sum, product } = self;
        let (channels, line) = (norm.channels(), x.len() / 2);
        for_each_vector!(S, channels, |at, lanes| {
            let (mean, inverse_std) = (lanes.load(simd, &norm.mean[at..]), lanes.load(simd, &norm.inverse_std[at..]));
            let mut sums = [simd.splat_f32s(0.0); 2];
            for (column, (words, dy)) in words.chunks_exact(channels).zip(dy.chunks_exact(channels)).enumerate() {
                let (dz, wins) = winners(simd, lanes.load(simd, &words[at..]), lanes.load(simd, &dy[at..]));
                let mut at_winner = simd.splat_f32s(0.0);
                for (place, start) in window(column, channels, line).into_iter().enumerate() {
                    at_winner = simd.select_f32s(wins[place], lanes.load(simd, &x[start + at..]), at_winner);
                }
                let normalized = simd.mul_f32s(simd.sub_f32s(at_winner, mean), inverse_std);
                sums = [simd.add_f32s(sums[0], dz), simd.mul_add_e_f32s(dz, normalized, sums[1])];
            }
            lanes.store(simd, &mut dz_sum[at..], sums[0]);
            lanes.store(simd, &mut product[at..], sums[1]);
        });
    }
}

/// The gradient at the winner, and which of the four places won.
#[inline(always)]
pub(crate) fn winners<S: Simd>(simd: S, word: S::f32s, dy: S::f32s) -> (S::f32s, [S::m32s; 4]) {
    let word = simd.transmute_u32s_f32s(word);
    let slope = simd.transmute_f32s_u32s(simd.and_u32s(word, simd.splat_u32s(!3)));
    let winner = simd.and_u32s(word, simd.splat_u32s(3));
    (simd.mul_f32s(slope, dy), [0, 1, 2, 3].map(|place| simd.equal_u32s(winner, simd.splat_u32s(place))))
}

/// Where the four pixels of a window begin, in two lines.
#[inline(always)]
fn window(column: usize, channels: usize, line: usize) -> [usize; 4] {
    let corner = 2 * column * channels;
    [corner, corner + channels, corner + line, corner + line + channels]
}

/// Turns two lines of x into their gradients.
struct PooledInputGradients<'a> {
    norm: &'a Normalizer,
    terms: &'a InputTerms,
    values: &'a mut [f32],
    words: &'a [f32],
    dy: &'a [f32],
}

impl WithSimd for PooledInputGradients<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { norm, terms, values, words, dy } = self;
        let (channels, line) = (norm.channels(), values.len() / 2);
        for_each_vector!(S, channels, |at, lanes| {
            let load = |from: &[f32]| lanes.load(simd, &from[at..]);
            let (mean, scale) = (load(&norm.mean), load(&norm.scale));
            let (dz_mean, slope) = (load(&terms.dz_mean), load(&terms.slope));
            let zero = simd.splat_f32s(0.0);
            let gradient = |x, dz| {
                let dense = simd.mul_add_e_f32s(simd.sub_f32s(x, mean), slope, dz_mean);
                simd.mul_f32s(scale, simd.sub_f32s(dz, dense))
            };
            let windows = words.chunks_exact(channels).zip(dy.chunks_exact(channels));
            for (column, (words, dy)) in windows.enumerate() {
                let (dz, wins) = winners(simd, load(words), load(dy));
                for (place, start) in window(column, channels, line).into_iter().enumerate() {
                    let pixel = &mut values[start + at..];
                    let x = lanes.load(simd, pixel);
                    lanes.store(simd, pixel, gradient(x, simd.select_f32s(wins[place], dz, zero)));
                }
            }
            // A last column beyond the windows.
            for start in (words.len() * 2..line).step_by(channels).flat_map(|start| [start, start + line]) {
                let pixel = &mut values[start + at..];
                let x = lanes.load(simd, pixel);
                lanes.store(simd, pixel, gradient(x, zero));
            }
        });
    }
}
