//! The transform of weights, and that of their gradients back.

use pulp::{Simd, WithSimd};

use super::planes::Planes;
use super::points::{each, weight_gradients, weight_points};
use crate::conv::geometry::Geometry;
use crate::scratch::Scratch;
use crate::simd::{First, Full, Lanes, for_each_vector, vectorize};

/// What the columns of transformed weights are; the other side are the rows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Channels,
    Outputs,
}

/// G g Gᵀ of weight `[O, C, 3, 3]`.
pub(crate) fn transform_weight(g: &Geometry, weight: &[f32], side: Side) -> (Planes, Scratch) {
    let (channels, outputs) = (g.channels, g.outputs);
    let (rows, columns) = if side == Side::Outputs { (channels, outputs) } else { (outputs, channels) };
    let planes = Planes::packed(rows, columns);
    let mut kernel = planes.scratch();
    let mut places = Scratch::new(9 * columns);
    for row in 0..rows {
        for column in 0..columns {
            let (channel, output) = if side == Side::Outputs { (row, column) } else { (column, row) };
            for (place, value) in weight[(output * channels + channel) * 9..][..9].iter().enumerate() {
                places[place * columns + column] = *value;
            }
        }
        vectorize(TransformWeight { places: &places, planes, row, kernel: &mut kernel });
    }
    (planes, kernel)
}

/// One row's weights, from `[9, columns]` to the planes.
struct TransformWeight<'a> {
    pub(super) places: &'a [f32],
    pub(super) planes: Planes,
    pub(super) row: usize,
    pub(super) kernel: &'a mut [f32],
}

impl WithSimd for TransformWeight<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { places, planes, row, kernel } = self;
        let columns = planes.layout.columns;
        for_each_vector!(S, columns, |at, lanes| {
            let down = each!(3, |column| {
                weight_points(simd, each!(3, |row| lanes.load(simd, &places[(row * 3 + column) * columns + at..])))
            });
            let start = planes.place(row, at);
            each!(6, |row| {
                let values = weight_points(simd, each!(3, |column| down[column][row]));
                each!(6, |column| {
                    lanes.store(simd, &mut kernel[(row * 6 + column) * planes.stride + start..], values[column]);
                });
            });
        });
    }
}

/// Gᵀ u G: from the planes of sums to the weight's gradient `[C, 9, O]`.
pub(super) struct FinishWeight<'a> {
    pub(super) planes: Planes,
    pub(super) sums: &'a [f32],
    pub(super) dweight: &'a mut [f32],
}

impl WithSimd for FinishWeight<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { planes, sums, dweight } = self;
        let outputs = planes.layout.columns;
        for (channel, dweight) in dweight.chunks_exact_mut(9 * outputs).enumerate() {
            for_each_vector!(S, outputs, |at, lanes| {
                let start = planes.place(channel, at);
                let down = each!(6, |column| {
                    let load = |row: usize| &sums[(row * 6 + column) * planes.stride + start..];
                    weight_gradients(simd, each!(6, |row| lanes.load(simd, load(row))))
                });
                each!(3, |row| {
                    let values = weight_gradients(simd, each!(6, |column| down[column][row]));
                    each!(3, |column| lanes.store(
                        simd,
                        &mut dweight[(row * 3 + column) * outputs + at..],
                        values[column]
                    ));
                });
            });
        }
    }
}
