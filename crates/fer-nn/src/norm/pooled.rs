//! Batch normalisation, an activation and a 2×2 maximum in one.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::{InputTerms, Normalizer, Sums, draw, input_gradient};
use crate::Activation;
use crate::activation::{Curve, with_curve};
use crate::simd::{First, Full, Lanes, autovectorize, for_each_vector, vectorize};

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

/// y = 2×2 maximum of activation(norm(x)). Each pooled element leaves in `words` what its gradient
/// needs: the derivative at the winner, with the winner's place in the window in the two lowest bits.
pub(crate) fn forward(
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
                || forward_line(curve, norm, x, &random, y, words)
            ));
        }
    });
}

/// Two lines of images become one.
#[inline(always)]
pub(crate) fn forward_line(
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
        let places = window(column, channels, line);
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

/// The gradients of [`forward`]. `values` holds x and gets dx.
pub(crate) fn backward(norm: &Normalizer, sizes: Sizes, values: &mut [f32], words: &[f32], dy: &[f32]) -> Sums {
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
                sums = [simd.add_f32s(sums[0], dz), simd.mul_add_f32s(dz, normalized, sums[1])];
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
                let dense = simd.mul_add_f32s(simd.sub_f32s(x, mean), slope, dz_mean);
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
