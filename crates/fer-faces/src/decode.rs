//! From the network's numbers to faces.

use crate::Face;
use crate::network::{Grid, OUTPUTS};

/// Boxes that share more than this part of their union are of one face.
const OVERLAP: f64 = 0.45;

/// The faces of at least this score in all grids, best first, one a face.
pub(crate) fn faces(grids: &[Grid], threshold: f64) -> Vec<Face> {
    one_a_place(grids.iter().flat_map(|grid| of_grid(grid, threshold)).collect())
}

/// Of the faces whose boxes overlap, the one of the highest score; best first.
pub(crate) fn one_a_place(mut found: Vec<Face>) -> Vec<Face> {
    // The sort is stable, so that equal scores stay in their order.
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Face> = vec![];
    for face in found {
        if kept.iter().all(|other| overlap(&face, other) <= OVERLAP) {
            kept.push(face);
        }
    }
    kept
}

fn of_grid(grid: &Grid, threshold: f64) -> impl Iterator<Item = Face> {
    grid.values.as_chunks::<OUTPUTS>().0.iter().enumerate().filter_map(move |(place, values)| {
        let values = values.map(f64::from);
        let score = (logistic(values[0]) * logistic(values[1])).sqrt();
        (score >= threshold).then(|| face(&values, score, place, grid))
    })
}

/// Distances are in strides from the place, sides are logarithms.
fn face(values: &[f64; OUTPUTS], score: f64, place: usize, grid: &Grid) -> Face {
    let stride = grid.stride as f64;
    let (column, row) = ((place % grid.width) as f64, (place / grid.width) as f64);
    let (x, y) = (|value: f64| (value + column) * stride, |value: f64| (value + row) * stride);
    let (width, height) = (libm::exp(values[4]) * stride, libm::exp(values[5]) * stride);
    let landmark = |index: usize| [x(values[6 + 2 * index]), y(values[7 + 2 * index])];
    Face {
        x: x(values[2]) - width / 2.0,
        y: y(values[3]) - height / 2.0,
        width,
        height,
        landmarks: std::array::from_fn(landmark),
        score,
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// The part of two boxes' union that both cover.
fn overlap(a: &Face, b: &Face) -> f64 {
    let side = |a: f64, a_length: f64, b: f64, b_length: f64| ((a + a_length).min(b + b_length) - a.max(b)).max(0.0);
    let both = side(a.x, a.width, b.x, b.width) * side(a.y, a.height, b.y, b.height);
    both / (a.width * a.height + b.width * b.height - both)
}
