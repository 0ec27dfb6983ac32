//! Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray, *Fast Algorithms for Convolutional Neural Networks*,
//! 2016): a tile of 4×4 results takes 36 products for each pair of channels instead of 144.
//!
//! With d a tile's 6×6 inputs and g the 3×3 weights, the result is Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A. Summed over channels,
//! ⊙ becomes 36 matrix products. The backward pass is the exact adjoint, so that both gradients share one transform
//! of the output's gradient, A dy Aᵀ.

mod planes;
mod points;
mod tiles;
mod transforms;
mod weights;

use rayon::prelude::*;

use super::after::After;
use super::geometry::{Geometry, add_in_order};
use crate::product::{Destination, multiply};
use crate::scratch::Scratch;
use crate::simd::vectorize;
pub(super) use planes::Planes;
use tiles::POINTS;
use transforms::{Finish, Gather, Scatter, Spread};
use weights::FinishWeight;
pub(super) use weights::{Side, transform_weight};

/// Tiles that the forward pass works on together: enough for efficient products, few enough to stay in the cache.
const FORWARD: usize = 60;
/// The same of the backward pass, whose sums over tiles are long enough to be worth their way through memory.
const BACKWARD: usize = 120;
/// Tiles that are worth a piece of their own.
const LEAST: usize = 120;
/// Most pieces of a batch of the backward pass; each has a weight gradient of its own.
const PIECES: usize = 16;

/// Images that the forward pass works on together.
fn forward_piece(g: &Geometry) -> usize {
    g.images_in_a_piece(g.tiles(), LEAST, usize::MAX)
}

/// Images that the backward pass works on together.
fn piece(g: &Geometry) -> usize {
    g.images_in_a_piece(g.tiles(), LEAST, PIECES)
}

/// y = x ⋆ weight + bias, by the transformed weight, and what comes after; every number of `y` is written.
pub(super) fn forward(
    g: &Geometry,
    x: &[f32],
    (planes, kernel): (Planes, &[f32]),
    bias: &[f32],
    y: &mut [f32],
    after: After<'_>,
) {
    let piece = forward_piece(g);
    let pieces = x.par_chunks(piece * g.image()).zip(y.par_chunks_mut(piece * g.out_image()));
    pieces.enumerate().for_each(|(index, (x, y))| {
        after.run(index * piece * g.out_image(), y, |y| forward_images(g, x, (planes, kernel), bias, y));
    });
}

/// Of some images.
fn forward_images(g: &Geometry, x: &[f32], (planes, kernel): (Planes, &[f32]), bias: &[f32], y: &mut [f32]) {
    let mut points = Planes::packed(FORWARD, g.channels).scratch();
    let mut products = Planes::written(FORWARD, planes.layout.width).scratch();
    for tiles in g.blocks(x.len() / g.image(), FORWARD) {
        let input = Planes::packed(tiles.len(), g.channels);
        vectorize(Gather { g, x, tiles: tiles.clone(), planes: input, points: &mut points });
        // Some outputs at a time, so that their products stay in the cache until they are transformed.
        for panel in 0..planes.layout.panels() {
            let outputs = planes.layout.columns_in(panel);
            let out = Planes::written(tiles.len(), outputs);
            for point in 0..POINTS {
                let (left, right) = (input.point(&points, point), planes.point(kernel, point).only(panel));
                multiply(out.point_mut(&mut products, point), left.matrix(), right, Destination::Overwrite);
            }
            let first = panel * planes.layout.width;
            let bias = &bias[first..first + outputs];
            vectorize(Finish { g, planes: out, products: &products, bias, tiles: tiles.clone(), first, y });
        }
    }
}

/// The gradients of [`forward`]: all of `dweight` and, if asked for, `dx` are overwritten.
pub(super) fn backward(
    g: &Geometry,
    x: &[f32],
    weight: &[f32],
    dy: &[f32],
    dweight: &mut [f32],
    dx: Option<&mut [f32]>,
) {
    let piece = piece(g);
    let pieces = x.par_chunks(piece * g.image()).zip(dy.par_chunks(piece * g.out_image()));
    let sums: Vec<Scratch> = match dx {
        Some(dx) => {
            let (planes, kernel) = transform_weight(g, weight, Side::Channels);
            let pieces = pieces.zip(dx.par_chunks_mut(piece * g.image()));
            pieces.map(|((x, dy), dx)| backward_piece(g, x, dy, Some((planes, &kernel, dx)))).collect()
        }
        None => pieces.map(|(x, dy)| backward_piece(g, x, dy, None)).collect(),
    };
    let mut total = Scratch::new(g.weights());
    add_in_order(&mut total, sums);
    // From `[C, 9, O]` to `[O, C, 9]`.
    dweight.par_chunks_mut(9 * g.channels).enumerate().for_each(|(output, dweight)| {
        dweight.iter_mut().enumerate().for_each(|(index, value)| *value = total[index * g.outputs + output]);
    });
}

/// One piece's weight gradient, and its images' gradients: by the transformed weights, into a slice.
fn backward_piece(g: &Geometry, x: &[f32], dy: &[f32], mut input: Option<(Planes, &[f32], &mut [f32])>) -> Scratch {
    let (channels, outputs) = (g.channels, g.outputs);
    let mut points = Planes::packed(BACKWARD, channels).scratch();
    let mut gradients = Planes::packed(BACKWARD, outputs).scratch();
    let weights = Planes::written(channels, outputs);
    let mut sums = weights.scratch();
    if let Some((_, _, dx)) = &mut input {
        dx.fill(0.0);
    }
    for (block, tiles) in g.blocks(x.len() / g.image(), BACKWARD).enumerate() {
        let left = Planes::packed(tiles.len(), channels);
        let right = Planes::packed(tiles.len(), outputs);
        vectorize(Gather { g, x, tiles: tiles.clone(), planes: left, points: &mut points });
        vectorize(Spread { g, dy, tiles: tiles.clone(), planes: right, gradients: &mut gradients });
        let to = if block == 0 { Destination::Overwrite } else { Destination::Add };
        // The inputs at a point have done their work then: their gradients take their place.
        let written = Planes { stride: left.stride, ..Planes::written(tiles.len(), channels) };
        for point in 0..POINTS {
            let gradient = right.point(&gradients, point);
            let inputs = left.point(&points, point).matrix().transposed();
            multiply(weights.point_mut(&mut sums, point), inputs, gradient, to);
            if let Some((planes, kernel, _)) = &input {
                let out = written.point_mut(&mut points, point);
                multiply(out, gradient.matrix(), planes.point(kernel, point), Destination::Overwrite);
            }
        }
        if let Some((_, _, dx)) = &mut input {
            vectorize(Scatter { g, planes: written, points: &points, tiles, dx });
        }
    }
    let mut dweight = Scratch::new(g.weights());
    vectorize(FinishWeight { planes: weights, sums: &sums, dweight: &mut dweight });
    dweight
}
