//! The transforms of tiles: of inputs and of gradients to the points, and of products back.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::planes::Planes;
use super::points::{each, input_gradients, input_points, results, spread};
use super::tiles::POINTS;
use crate::conv::geometry::Geometry;
use crate::simd::{First, Full, Lanes, for_each_vector};

/// Bᵀ d B of each tile.
pub(super) struct Gather<'a> {
    pub(super) g: &'a Geometry,
    pub(super) x: &'a [f32],
    pub(super) tiles: Range<usize>,
    pub(super) planes: Planes,
    pub(super) points: &'a mut [f32],
}

impl WithSimd for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { g, x, tiles, planes, points } = self;
        let channels = g.channels;
        let zeros = vec![0.0; channels];
        for (row, tile) in tiles.enumerate() {
            let sources = g.sources(tile).map(|place| place.map_or(&zeros[..], |start| &x[start..start + channels]));
            for_each_vector!(S, channels, |at, lanes| {
                gather_vector(simd, &sources, &mut points[planes.place(row, at)..], planes.stride, at, lanes);
            });
        }
    }
}

#[inline(always)]
fn gather_vector<S: Simd>(
    simd: S,
    sources: &[&[f32]; POINTS],
    points: &mut [f32],
    stride: usize,
    at: usize,
    lanes: impl Lanes<S>,
) {
    let columns =
        each!(6, |column| input_points(simd, each!(6, |row| lanes.load(simd, &sources[row * 6 + column][at..]))));
    each!(6, |row| {
        let values = input_points(simd, each!(6, |column| columns[column][row]));
        each!(6, |column| lanes.store(simd, &mut points[(row * 6 + column) * stride..], values[column]));
    });
}

/// Aᵀ m A of each tile, plus the bias, for the outputs from the first on.
pub(super) struct Finish<'a> {
    pub(super) g: &'a Geometry,
    pub(super) planes: Planes,
    pub(super) products: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) tiles: Range<usize>,
    pub(super) first: usize,
    pub(super) y: &'a mut [f32],
}

impl WithSimd for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { g, planes, products, bias, tiles, first, y } = self;
        for (row, tile) in tiles.enumerate() {
            let targets = g.targets(tile).map(|target| target.map(|start| start + first));
            for_each_vector!(S, bias.len(), |at, lanes| {
                let products = &products[planes.place(row, at)..];
                finish_vector(simd, products, planes.stride, bias, &targets, y, at, lanes);
            });
        }
    }
}

#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the parts of one loop, apart for the compiler")]
fn finish_vector<S: Simd>(
    simd: S,
    products: &[f32],
    stride: usize,
    bias: &[f32],
    targets: &[Option<usize>; 16],
    y: &mut [f32],
    at: usize,
    lanes: impl Lanes<S>,
) {
    let columns = each!(6, |column| {
        results(simd, each!(6, |row| lanes.load(simd, &products[(row * 6 + column) * stride..])))
    });
    let bias = lanes.load(simd, &bias[at..]);
    each!(4, |row| {
        let values = results(simd, each!(6, |column| columns[column][row]));
        each!(4, |column| {
            if let Some(start) = targets[row * 4 + column] {
                lanes.store(simd, &mut y[start + at..], simd.add_f32s(values[column], bias));
            }
        });
    });
}

/// A dy Aᵀ of each tile.
pub(super) struct Spread<'a> {
    pub(super) g: &'a Geometry,
    pub(super) dy: &'a [f32],
    pub(super) tiles: Range<usize>,
    pub(super) planes: Planes,
    pub(super) gradients: &'a mut [f32],
}

impl WithSimd for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { g, dy, tiles, planes, gradients } = self;
        let outputs = g.outputs;
        let zeros = vec![0.0; outputs];
        for (row, tile) in tiles.enumerate() {
            let sources = g.targets(tile).map(|place| place.map_or(&zeros[..], |start| &dy[start..start + outputs]));
            for_each_vector!(S, outputs, |at, lanes| {
                spread_vector(simd, &sources, &mut gradients[planes.place(row, at)..], planes.stride, at, lanes);
            });
        }
    }
}

#[inline(always)]
fn spread_vector<S: Simd>(
    simd: S,
    sources: &[&[f32]; 16],
    gradients: &mut [f32],
    stride: usize,
    at: usize,
    lanes: impl Lanes<S>,
) {
    let columns = each!(4, |column| spread(simd, each!(4, |row| lanes.load(simd, &sources[row * 4 + column][at..]))));
    each!(6, |row| {
        let values = spread(simd, each!(4, |column| columns[column][row]));
        each!(6, |column| lanes.store(simd, &mut gradients[(row * 6 + column) * stride..], values[column]));
    });
}

/// B v Bᵀ of each tile, added onto the inputs' gradients.
pub(super) struct Scatter<'a> {
    pub(super) g: &'a Geometry,
    pub(super) planes: Planes,
    pub(super) points: &'a [f32],
    pub(super) tiles: Range<usize>,
    pub(super) dx: &'a mut [f32],
}

impl WithSimd for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { g, planes, points, tiles, dx } = self;
        let channels = g.channels;
        for (row, tile) in tiles.enumerate() {
            let targets = g.sources(tile);
            for_each_vector!(S, channels, |at, lanes| {
                scatter_vector(simd, &points[planes.place(row, at)..], planes.stride, &targets, dx, at, lanes);
            });
        }
    }
}

#[inline(always)]
fn scatter_vector<S: Simd>(
    simd: S,
    points: &[f32],
    stride: usize,
    targets: &[Option<usize>; POINTS],
    dx: &mut [f32],
    at: usize,
    lanes: impl Lanes<S>,
) {
    let columns = each!(6, |column| {
        input_gradients(simd, each!(6, |row| lanes.load(simd, &points[(row * 6 + column) * stride..])))
    });
    each!(6, |row| {
        let values = input_gradients(simd, each!(6, |column| columns[column][row]));
        each!(6, |column| {
            if let Some(start) = targets[row * 6 + column] {
                let sum = simd.add_f32s(lanes.load(simd, &dx[start + at..]), values[column]);
                lanes.store(simd, &mut dx[start + at..], sum);
            }
        });
    });
}
