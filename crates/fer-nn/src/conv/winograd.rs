//! Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray, *Fast Algorithms for Convolutional Neural Networks*,
//! 2016): a tile of 4×4 results takes 36 products for each pair of channels instead of 144.
//!
//! With d a tile's 6×6 inputs and g the 3×3 weights, the result is Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A. Summed over channels,
//! ⊙ becomes 36 matrix products. The backward pass is the exact adjoint, so that both gradients share one transform
//! of the output's gradient, A dy Aᵀ.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::geometry::{Geometry, add_in_order};
use crate::product::{Axis, Destination, Matrix, MatrixMut, Workers, matmul};
use crate::scratch::Scratch;
use crate::simd::{First, Full, Lanes, for_each_vector, vectorize};

/// The method evaluates polynomials at 0, ±P, ±Q and infinity. The usual 0, ±1, ±2 lose three times as many digits:
/// these points' powers stay closer to 1. All constants made of them are exact.
const P: f32 = 0.75;
/// See [`P`].
const Q: f32 = 1.5;
const P2: f32 = P * P;
const Q2: f32 = Q * Q;
/// Norms of the weights' polynomials at ±P and ±Q.
const P_NORM: f32 = 1.0 / (2.0 * P2 * (P2 - Q2));
/// See [`P_NORM`].
const Q_NORM: f32 = 1.0 / (2.0 * Q2 * (Q2 - P2));

/// Numbers of a transformed tile: six points in either direction.
const POINTS: usize = 36;
/// Tiles that are worked on together: enough for efficient products, few enough to stay in the cache.
const BLOCK: usize = 144;
/// Most pieces of a batch; each has a weight gradient of its own.
const PIECES: usize = 16;

impl Geometry {
    /// Whether Winograd's method computes this convolution, and does it faster than plain products.
    pub(crate) fn suits_winograd(&self) -> bool {
        self.kernel == 3 && self.stride == 1 && self.padding <= 2 && self.channels >= 8 && self.outputs >= 8
    }

    fn tiles_down(&self) -> usize {
        self.out_height.div_ceil(4)
    }

    fn tiles_across(&self) -> usize {
        self.out_width.div_ceil(4)
    }

    fn tiles(&self) -> usize {
        self.tiles_down() * self.tiles_across()
    }

    fn piece(&self) -> usize {
        self.images_in_a_piece(self.tiles(), BLOCK, PIECES)
    }

    /// Blocks of tiles of so many images.
    fn blocks(&self, images: usize) -> impl Iterator<Item = Range<usize>> {
        let tiles = images * self.tiles();
        (0..tiles).step_by(BLOCK).map(move |start| start..(start + BLOCK).min(tiles))
    }

    /// The tile's image, and its first output row and column.
    fn corner(&self, tile: usize) -> [usize; 3] {
        let (image, place) = (tile / self.tiles(), tile % self.tiles());
        [image, 4 * (place / self.tiles_across()), 4 * (place % self.tiles_across())]
    }

    /// Where the tile's 6×6 inputs begin in x, row by row; `None` is padding.
    fn sources(&self, tile: usize) -> [Option<usize>; POINTS] {
        let [image, top, left] = self.corner(tile);
        let mut places = [None; POINTS];
        for (index, place) in places.iter_mut().enumerate() {
            // Counted from the padded image's corner.
            let (row, column) = (top + index / 6, left + index % 6);
            let rows = self.padding..self.height + self.padding;
            if rows.contains(&row) && (self.padding..self.width + self.padding).contains(&column) {
                let line = image * self.height + row - self.padding;
                *place = Some((line * self.width + column - self.padding) * self.channels);
            }
        }
        places
    }

    /// Where the tile's 4×4 results begin in y, row by row; `None` is beyond the edge.
    fn targets(&self, tile: usize) -> [Option<usize>; 16] {
        let [image, top, left] = self.corner(tile);
        let mut places = [None; 16];
        for (index, place) in places.iter_mut().enumerate() {
            let (row, column) = (top + index / 4, left + index % 4);
            if row < self.out_height && column < self.out_width {
                *place = Some(((image * self.out_height + row) * self.out_width + column) * self.outputs);
            }
        }
        places
    }
}

/// y = x ⋆ weight + bias; every number of `y` is written.
pub(super) fn forward(g: &Geometry, x: &[f32], weight: &[f32], bias: &[f32], y: &mut [f32]) {
    let (channels, outputs) = (g.channels, g.outputs);
    let kernel = transform_weight(weight, channels, outputs);
    let piece = g.piece();
    let pieces = x.par_chunks(piece * g.image()).zip(y.par_chunks_mut(piece * g.out_image()));
    pieces.for_each(|(x, y)| {
        let mut points = Scratch::new(BLOCK * POINTS * channels);
        let mut products = Scratch::new(BLOCK * POINTS * outputs);
        for tiles in g.blocks(x.len() / g.image()) {
            let points = &mut points[..tiles.len() * POINTS * channels];
            let products = &mut products[..tiles.len() * POINTS * outputs];
            vectorize(Gather { g, x, tiles: tiles.clone(), points });
            for point in 0..POINTS {
                let input = plane(points, point, tiles.len(), channels);
                let kernel = plane(&kernel, point, channels, outputs);
                let out = plane_mut(products, point, outputs);
                matmul(out, input, kernel, Destination::Overwrite, Workers::One);
            }
            vectorize(Finish { g, products, bias, tiles, y });
        }
    });
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
    let kernel = transform_weight(weight, g.channels, g.outputs);
    let piece = g.piece();
    let pieces = x.par_chunks(piece * g.image()).zip(dy.par_chunks(piece * g.out_image()));
    let sums: Vec<Scratch> = match dx {
        Some(dx) => {
            let pieces = pieces.zip(dx.par_chunks_mut(piece * g.image()));
            pieces.map(|((x, dy), dx)| backward_piece(g, x, &kernel, dy, Some(dx))).collect()
        }
        None => pieces.map(|(x, dy)| backward_piece(g, x, &kernel, dy, None)).collect(),
    };
    let mut total = Scratch::new(g.weights());
    add_in_order(&mut total, sums);
    // From `[C, 9, O]` to `[O, C, 9]`.
    dweight.par_chunks_mut(9 * g.channels).enumerate().for_each(|(output, dweight)| {
        dweight.iter_mut().enumerate().for_each(|(index, value)| *value = total[index * g.outputs + output]);
    });
}

/// One piece's weight gradient, and its images' gradients.
fn backward_piece(g: &Geometry, x: &[f32], kernel: &[f32], dy: &[f32], mut dx: Option<&mut [f32]>) -> Scratch {
    let (channels, outputs) = (g.channels, g.outputs);
    let mut points = Scratch::new(BLOCK * POINTS * channels);
    let mut gradients = Scratch::new(BLOCK * POINTS * outputs);
    let mut sums = Scratch::new(POINTS * channels * outputs);
    if let Some(dx) = &mut dx {
        dx.fill(0.0);
    }
    for (block, tiles) in g.blocks(x.len() / g.image()).enumerate() {
        let points = &mut points[..tiles.len() * POINTS * channels];
        let gradients = &mut gradients[..tiles.len() * POINTS * outputs];
        vectorize(Gather { g, x, tiles: tiles.clone(), points });
        vectorize(Spread { g, dy, tiles: tiles.clone(), gradients });
        let to = if block == 0 { Destination::Overwrite } else { Destination::Add };
        for point in 0..POINTS {
            let gradient = plane(gradients, point, tiles.len(), outputs);
            let input = plane(points, point, tiles.len(), channels).transposed();
            matmul(plane_mut(&mut sums, point, outputs), input, gradient, to, Workers::One);
            if dx.is_some() {
                // The inputs at this point have done their work: their gradients take their place.
                let kernel = plane(kernel, point, channels, outputs).transposed();
                matmul(plane_mut(points, point, channels), gradient, kernel, Destination::Overwrite, Workers::One);
            }
        }
        if let Some(dx) = &mut dx {
            vectorize(Scatter { g, points, tiles, dx });
        }
    }
    let mut dweight = Scratch::new(g.weights());
    vectorize(FinishWeight { sums: &sums, outputs, dweight: &mut dweight });
    dweight
}

/// One point's matrix of `[rows, 36, width]`: the rows are tiles, or the channels of transformed weights.
fn plane(values: &[f32], point: usize, rows: usize, width: usize) -> Matrix<'_> {
    Matrix::of(&values[point * width..], Axis::even(rows, POINTS * width), Axis::even(width, 1))
}

/// As [`plane`], to write to.
fn plane_mut(values: &mut [f32], point: usize, width: usize) -> MatrixMut<'_> {
    MatrixMut::strided(&mut values[point * width..], POINTS * width)
}

/// G g Gᵀ of weight `[O, C, 3, 3]`, as `[C, 36, O]`.
fn transform_weight(weight: &[f32], channels: usize, outputs: usize) -> Scratch {
    let mut kernel = Scratch::new(POINTS * channels * outputs);
    kernel.par_chunks_mut(POINTS * outputs).enumerate().for_each_init(
        || vec![0.0; 9 * outputs],
        |places, (channel, kernel)| {
            for (index, place) in places.iter_mut().enumerate() {
                *place = weight[(index % outputs * channels + channel) * 9 + index / outputs];
            }
            vectorize(TransformWeight { places, outputs, kernel });
        },
    );
    kernel
}

/// One channel's weights, from `[9, O]` to `[36, O]`.
struct TransformWeight<'a> {
    places: &'a [f32],
    outputs: usize,
    kernel: &'a mut [f32],
}

impl WithSimd for TransformWeight<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { places, outputs, kernel } = self;
        for_each_vector!(S, outputs, |at, lanes| {
            let mut down = [[simd.splat_f32s(0.0); 3]; 6];
            for column in 0..3 {
                let g = [0, 1, 2].map(|row| lanes.load(simd, &places[(row * 3 + column) * outputs + at..]));
                let g = weight_points(simd, g);
                for row in 0..6 {
                    down[row][column] = g[row];
                }
            }
            for (row, down) in down.into_iter().enumerate() {
                for (column, value) in weight_points(simd, down).into_iter().enumerate() {
                    lanes.store(simd, &mut kernel[(row * 6 + column) * outputs + at..], value);
                }
            }
        });
    }
}

/// G g.
#[inline(always)]
fn weight_points<S: Simd>(simd: S, g: [S::f32s; 3]) -> [S::f32s; 6] {
    let of = |factor: f32, a, b| simd.mul_add_f32s(simd.splat_f32s(factor), a, b);
    let times = |factor: f32, a| simd.mul_f32s(simd.splat_f32s(factor), a);
    let (near, near_odd) = (times(P_NORM, of(P2, g[2], g[0])), times(P * P_NORM, g[1]));
    let (far, far_odd) = (times(Q_NORM, of(Q2, g[2], g[0])), times(Q * Q_NORM, g[1]));
    [
        times(1.0 / (P2 * Q2), g[0]),
        simd.add_f32s(near, near_odd),
        simd.sub_f32s(near, near_odd),
        simd.add_f32s(far, far_odd),
        simd.sub_f32s(far, far_odd),
        g[2],
    ]
}

/// Gᵀ u G: from the sums `[C, 36, O]` to the weight's gradient `[C, 9, O]`.
struct FinishWeight<'a> {
    sums: &'a [f32],
    outputs: usize,
    dweight: &'a mut [f32],
}

impl WithSimd for FinishWeight<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sums, outputs, dweight } = self;
        for (sums, dweight) in sums.chunks_exact(POINTS * outputs).zip(dweight.chunks_exact_mut(9 * outputs)) {
            for_each_vector!(S, outputs, |at, lanes| {
                let mut down = [[simd.splat_f32s(0.0); 6]; 3];
                for column in 0..6 {
                    let mut u = [simd.splat_f32s(0.0); 6];
                    for row in 0..6 {
                        u[row] = lanes.load(simd, &sums[(row * 6 + column) * outputs + at..]);
                    }
                    let u = weight_gradients(simd, u);
                    for row in 0..3 {
                        down[row][column] = u[row];
                    }
                }
                for (row, down) in down.into_iter().enumerate() {
                    for (column, value) in weight_gradients(simd, down).into_iter().enumerate() {
                        lanes.store(simd, &mut dweight[(row * 3 + column) * outputs + at..], value);
                    }
                }
            });
        }
    }
}

/// Gᵀ u.
#[inline(always)]
fn weight_gradients<S: Simd>(simd: S, u: [S::f32s; 6]) -> [S::f32s; 3] {
    let of = |factor: f32, a, b| simd.mul_add_f32s(simd.splat_f32s(factor), a, b);
    let times = |factor: f32, a| simd.mul_f32s(simd.splat_f32s(factor), a);
    let (near, far) = (times(P_NORM, simd.add_f32s(u[1], u[2])), times(Q_NORM, simd.add_f32s(u[3], u[4])));
    let (near_odd, far_odd) = (times(P_NORM, simd.sub_f32s(u[1], u[2])), times(Q_NORM, simd.sub_f32s(u[3], u[4])));
    [
        of(1.0 / (P2 * Q2), u[0], simd.add_f32s(near, far)),
        of(P, near_odd, times(Q, far_odd)),
        of(P2, near, of(Q2, far, u[5])),
    ]
}

/// Bᵀ d B of each tile.
struct Gather<'a> {
    g: &'a Geometry,
    x: &'a [f32],
    tiles: Range<usize>,
    points: &'a mut [f32],
}

impl WithSimd for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { g, x, tiles, points } = self;
        let channels = g.channels;
        let zeros = vec![0.0; channels];
        for (tile, points) in tiles.zip(points.chunks_exact_mut(POINTS * channels)) {
            let sources = g.sources(tile).map(|place| place.map_or(&zeros[..], |start| &x[start..start + channels]));
            for_each_vector!(S, channels, |at, lanes| gather_vector(simd, &sources, points, channels, at, lanes));
        }
    }
}

#[inline(always)]
fn gather_vector<S: Simd>(
    simd: S,
    sources: &[&[f32]; POINTS],
    points: &mut [f32],
    channels: usize,
    at: usize,
    lanes: impl Lanes<S>,
) {
    let mut down = [[simd.splat_f32s(0.0); 6]; 6];
    for column in 0..6 {
        let mut d = [simd.splat_f32s(0.0); 6];
        for row in 0..6 {
            d[row] = lanes.load(simd, &sources[row * 6 + column][at..]);
        }
        let d = input_points(simd, d);
        for row in 0..6 {
            down[row][column] = d[row];
        }
    }
    for (row, down) in down.into_iter().enumerate() {
        for (column, value) in input_points(simd, down).into_iter().enumerate() {
            lanes.store(simd, &mut points[(row * 6 + column) * channels + at..], value);
        }
    }
}

/// Bᵀ d.
#[inline(always)]
fn input_points<S: Simd>(simd: S, d: [S::f32s; 6]) -> [S::f32s; 6] {
    let of = |factor: f32, a, b| simd.mul_add_f32s(simd.splat_f32s(factor), a, b);
    let (near, near_odd) = (of(-Q2, d[2], d[4]), of(-Q2, d[1], d[3]));
    let (far, far_odd) = (of(-P2, d[2], d[4]), of(-P2, d[1], d[3]));
    [
        of(P2 * Q2, d[0], of(-P2 - Q2, d[2], d[4])),
        of(P, near_odd, near),
        of(-P, near_odd, near),
        of(Q, far_odd, far),
        of(-Q, far_odd, far),
        of(P2 * Q2, d[1], of(-P2 - Q2, d[3], d[5])),
    ]
}

/// Aᵀ m A of each tile, plus the bias.
struct Finish<'a> {
    g: &'a Geometry,
    products: &'a [f32],
    bias: &'a [f32],
    tiles: Range<usize>,
    y: &'a mut [f32],
}

impl WithSimd for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { g, products, bias, tiles, y } = self;
        let outputs = g.outputs;
        for (tile, products) in tiles.zip(products.chunks_exact(POINTS * outputs)) {
            let targets = g.targets(tile);
            for_each_vector!(S, outputs, |at, lanes| finish_vector(simd, products, bias, &targets, y, at, lanes));
        }
    }
}

#[inline(always)]
fn finish_vector<S: Simd>(
    simd: S,
    products: &[f32],
    bias: &[f32],
    targets: &[Option<usize>; 16],
    y: &mut [f32],
    at: usize,
    lanes: impl Lanes<S>,
) {
    let mut down = [[simd.splat_f32s(0.0); 6]; 4];
    for column in 0..6 {
        let mut m = [simd.splat_f32s(0.0); 6];
        for row in 0..6 {
            m[row] = lanes.load(simd, &products[(row * 6 + column) * bias.len() + at..]);
        }
        let m = results(simd, m);
        for row in 0..4 {
            down[row][column] = m[row];
        }
    }
    let bias = lanes.load(simd, &bias[at..]);
    for (row, down) in down.into_iter().enumerate() {
        for (column, value) in results(simd, down).into_iter().enumerate() {
            if let Some(start) = targets[row * 4 + column] {
                lanes.store(simd, &mut y[start + at..], simd.add_f32s(value, bias));
            }
        }
    }
}

/// Aᵀ m.
#[inline(always)]
fn results<S: Simd>(simd: S, m: [S::f32s; 6]) -> [S::f32s; 4] {
    let of = |factor: f32, a, b| simd.mul_add_f32s(simd.splat_f32s(factor), a, b);
    let times = |factor: f32, a| simd.mul_f32s(simd.splat_f32s(factor), a);
    let (near, near_odd) = (simd.add_f32s(m[1], m[2]), simd.sub_f32s(m[1], m[2]));
    let (far, far_odd) = (simd.add_f32s(m[3], m[4]), simd.sub_f32s(m[3], m[4]));
    [
        simd.add_f32s(m[0], simd.add_f32s(near, far)),
        of(P, near_odd, times(Q, far_odd)),
        of(P2, near, times(Q2, far)),
        of(P * P2, near_odd, of(Q * Q2, far_odd, m[5])),
    ]
}

/// A dy Aᵀ of each tile.
struct Spread<'a> {
    g: &'a Geometry,
    dy: &'a [f32],
    tiles: Range<usize>,
    gradients: &'a mut [f32],
}

impl WithSimd for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { g, dy, tiles, gradients } = self;
        let outputs = g.outputs;
        let zeros = vec![0.0; outputs];
        for (tile, gradients) in tiles.zip(gradients.chunks_exact_mut(POINTS * outputs)) {
            let sources = g.targets(tile).map(|place| place.map_or(&zeros[..], |start| &dy[start..start + outputs]));
            for_each_vector!(S, outputs, |at, lanes| spread_vector(simd, &sources, gradients, outputs, at, lanes));
        }
    }
}

#[inline(always)]
fn spread_vector<S: Simd>(
    simd: S,
    sources: &[&[f32]; 16],
    gradients: &mut [f32],
    outputs: usize,
    at: usize,
    lanes: impl Lanes<S>,
) {
    let mut down = [[simd.splat_f32s(0.0); 4]; 6];
    for column in 0..4 {
        let mut dy = [simd.splat_f32s(0.0); 4];
        for row in 0..4 {
            dy[row] = lanes.load(simd, &sources[row * 4 + column][at..]);
        }
        let dy = spread(simd, dy);
        for row in 0..6 {
            down[row][column] = dy[row];
        }
    }
    for (row, down) in down.into_iter().enumerate() {
        for (column, value) in spread(simd, down).into_iter().enumerate() {
            lanes.store(simd, &mut gradients[(row * 6 + column) * outputs + at..], value);
        }
    }
}

/// A y.
#[inline(always)]
fn spread<S: Simd>(simd: S, y: [S::f32s; 4]) -> [S::f32s; 6] {
    let of = |factor: f32, a, b| simd.mul_add_f32s(simd.splat_f32s(factor), a, b);
    let (near, near_odd) = (of(P2, y[2], y[0]), of(P2, y[3], y[1]));
    let (far, far_odd) = (of(Q2, y[2], y[0]), of(Q2, y[3], y[1]));
    [y[0], of(P, near_odd, near), of(-P, near_odd, near), of(Q, far_odd, far), of(-Q, far_odd, far), y[3]]
}

/// B v Bᵀ of each tile, added onto the inputs' gradients.
struct Scatter<'a> {
    g: &'a Geometry,
    points: &'a [f32],
    tiles: Range<usize>,
    dx: &'a mut [f32],
}

impl WithSimd for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { g, points, tiles, dx } = self;
        let channels = g.channels;
        for (tile, points) in tiles.zip(points.chunks_exact(POINTS * channels)) {
            let targets = g.sources(tile);
            for_each_vector!(S, channels, |at, lanes| scatter_vector(simd, points, &targets, dx, channels, at, lanes));
        }
    }
}

#[inline(always)]
fn scatter_vector<S: Simd>(
    simd: S,
    points: &[f32],
    targets: &[Option<usize>; POINTS],
    dx: &mut [f32],
    channels: usize,
    at: usize,
    lanes: impl Lanes<S>,
) {
    let mut down = [[simd.splat_f32s(0.0); 6]; 6];
    for column in 0..6 {
        let mut v = [simd.splat_f32s(0.0); 6];
        for row in 0..6 {
            v[row] = lanes.load(simd, &points[(row * 6 + column) * channels + at..]);
        }
        let v = input_gradients(simd, v);
        for row in 0..6 {
            down[row][column] = v[row];
        }
    }
    for (row, down) in down.into_iter().enumerate() {
        for (column, value) in input_gradients(simd, down).into_iter().enumerate() {
            if let Some(start) = targets[row * 6 + column] {
                let sum = simd.add_f32s(lanes.load(simd, &dx[start + at..]), value);
                lanes.store(simd, &mut dx[start + at..], sum);
            }
        }
    }
}

/// B v.
#[inline(always)]
fn input_gradients<S: Simd>(simd: S, v: [S::f32s; 6]) -> [S::f32s; 6] {
    let of = |factor: f32, a, b| simd.mul_add_f32s(simd.splat_f32s(factor), a, b);
    let times = |factor: f32, a| simd.mul_f32s(simd.splat_f32s(factor), a);
    let (near, near_odd) = (simd.add_f32s(v[1], v[2]), simd.sub_f32s(v[1], v[2]));
    let (far, far_odd) = (simd.add_f32s(v[3], v[4]), simd.sub_f32s(v[3], v[4]));
    [
        times(P2 * Q2, v[0]),
        of(-P * Q2, near_odd, of(-Q * P2, far_odd, times(P2 * Q2, v[5]))),
        of(-P2 - Q2, v[0], of(-Q2, near, times(-P2, far))),
        of(P, near_odd, of(Q, far_odd, times(-P2 - Q2, v[5]))),
        simd.add_f32s(v[0], simd.add_f32s(near, far)),
        v[5],
    ]
}
