//! 3×3 convolutions of one channel, as at the beginning of a network for gray images: nine numbers a position are too few
//! for a matrix product.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::after::After;
use super::geometry::Geometry;
use crate::simd::{First, Full, Lanes, for_each_vector, vectorize};

/// Places in a window.
pub(crate) const PLACES: usize = 9;

/// Numbers of the result that are made at a time.
const BLOCK: usize = 1 << 17;

/// An image with a zero around it.
pub(crate) struct Framed<T> {
    pub(crate) values: Vec<T>,
    /// With the frame.
    pub(crate) width: usize,
}

impl<T: Copy + Default + From<f32>> Framed<T> {
    pub(crate) fn new([height, width]: [usize; 2], image: &[f32]) -> Self {
        let framed = width + 2;
        let mut values = vec![T::default(); (height + 2) * framed];
        let lines = values[framed..].chunks_exact_mut(framed).zip(image.chunks_exact(width));
        lines.for_each(|(line, image)| line[1..].iter_mut().zip(image).for_each(|(to, &from)| *to = T::from(from)));
        Self { values, width: framed }
    }

    /// The numbers at this place of the windows of a line.
    pub(crate) fn line(&self, row: usize, place: usize) -> &[T] {
        &self.values[(row + place / 3) * self.width + place % 3..][..self.width - 2]
    }
}

impl Geometry {
    /// Whether [`forward`] computes this convolution.
    pub(crate) fn is_single(&self) -> bool {
        [self.channels, self.kernel, self.stride, self.padding] == [1, 3, 1, 1]
    }
}

/// y = x ⋆ weight + bias, by the weight `[9, O]`, and what comes after; every number of `y` is written.
pub(super) fn forward(g: &Geometry, x: &[f32], weight: &[f32], bias: &[f32], y: &mut [f32], after: After<'_>) {
    let line = g.width * g.outputs;
    // Blocks of an image's lines, so that one image is shared by all threads too.
    let block = (BLOCK / line.max(1)).max(1);
    let images = x.par_chunks(g.image()).zip(y.par_chunks_mut(g.out_image()));
    images.enumerate().for_each(|(image, (x, y))| {
        let framed = Framed::new([g.height, g.width], x);
        y.par_chunks_mut(block * line).enumerate().for_each(|(index, y)| {
            after.run(image * g.out_image() + index * block * line, y, |y| {
                for (row, out) in (index * block..).zip(y.chunks_exact_mut(line)) {
                    vectorize(LineOfWindows { framed: &framed, row, weight, bias, out });
                }
            });
        });
    });
}

/// Weight `[O, 1, 3, 3]` as `[9, O]`.
pub(crate) fn places_first(weight: &[f32], outputs: usize) -> Vec<f32> {
    (0..weight.len()).map(|index| weight[index % outputs * PLACES + index / outputs]).collect()
}

/// One line of the convolution, `[width, O]`.
pub(crate) struct LineOfWindows<'a> {
    pub(crate) framed: &'a Framed<f32>,
    pub(crate) row: usize,
    /// `[9, O]`.
    pub(crate) weight: &'a [f32],
    pub(crate) bias: &'a [f32],
    pub(crate) out: &'a mut [f32],
}

impl WithSimd for LineOfWindows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { framed, row, weight, bias, out } = self;
        let outputs = bias.len();
        let places: [&[f32]; PLACES] = std::array::from_fn(|place| framed.line(row, place));
        for_each_vector!(S, outputs, |at, lanes| {
            convolve_vector(simd, places, weight, bias, out, at, lanes);
        });
    }
}

#[inline(always)]
fn convolve_vector<S: Simd>(
    simd: S,
    places: [&[f32]; PLACES],
    weight: &[f32],
    bias: &[f32],
    out: &mut [f32],
    at: usize,
    lanes: impl Lanes<S>,
) {
    let outputs = bias.len();
    let weight: [S::f32s; PLACES] = std::array::from_fn(|place| lanes.load(simd, &weight[place * outputs + at..]));
    let bias = lanes.load(simd, &bias[at..]);
    let width = places[0].len();
    let places = places.map(|place| &place[..width]);
    for (column, out) in out.chunks_exact_mut(outputs).enumerate().take(width) {
        let mut sum = bias;
        for place in 0..PLACES {
            sum = simd.mul_add_f32s(weight[place], simd.splat_f32s(places[place][column]), sum);
        }
        lanes.store(simd, &mut out[at..], sum);
    }
}
