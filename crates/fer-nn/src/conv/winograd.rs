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
use crate::product::{Destination, LANES, Layout, MatrixMut, Panels, multiply};
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
/// Tiles that the forward pass works on together: enough for efficient products, few enough to stay in the cache.
const FORWARD: usize = 60;
/// The same of the backward pass, whose sums over tiles are long enough to be worth their way through memory.
const BACKWARD: usize = 120;
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
        self.images_in_a_piece(self.tiles(), BACKWARD, PIECES)
    }

    /// Blocks of so many tiles, of so many images.
    fn blocks(&self, images: usize, block: usize) -> impl Iterator<Item = Range<usize>> {
        let tiles = images * self.tiles();
        (0..tiles).step_by(block).map(move |start| start..(start + block).min(tiles))
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

/// The 36 matrices of a transform, one a point, one after the other. Their rows are tiles, or a side of the weights.
#[derive(Clone, Copy)]
struct Planes {
    layout: Layout,
    /// From matrix to matrix.
    stride: usize,
}

impl Planes {
    fn of(layout: Layout) -> Self {
        // An odd number of lines of the cache, so that the points of a tile do not fight for the same places in it.
        let lines = layout.len().div_ceil(LANES);
        Self { layout, stride: (lines + 1 - lines % 2) * LANES }
    }

    /// As a product reads them.
    fn packed(rows: usize, columns: usize) -> Self {
        Self::of(Layout::new(rows, columns))
    }

    /// As a product writes them, row-major.
    fn written(rows: usize, columns: usize) -> Self {
        Self::of(Layout { rows, columns, width: columns })
    }

    fn len(&self) -> usize {
        POINTS * self.stride
    }

    fn scratch(&self) -> Scratch {
        Scratch::new(self.len())
    }

    /// Where a vector of a row begins at the first point.
    #[inline(always)]
    fn place(&self, row: usize, column: usize) -> usize {
        let Layout { width, .. } = self.layout;
        column / width * self.layout.panel() + row * width + column % width
    }

    fn point<'a>(&self, values: &'a [f32], point: usize) -> Panels<'a> {
        Panels::new(&values[point * self.stride..][..self.layout.len()], self.layout)
    }

    fn point_mut<'a>(&self, values: &'a mut [f32], point: usize) -> MatrixMut<'a> {
        MatrixMut::new(&mut values[point * self.stride..][..self.layout.len()], self.layout.columns)
    }
}

/// y = x ⋆ weight + bias; every number of `y` is written.
pub(super) fn forward(g: &Geometry, x: &[f32], weight: &[f32], bias: &[f32], y: &mut [f32]) {
    let (planes, kernel) = transform_weight(g, weight, Side::Outputs);
    let piece = g.piece();
    let pieces = x.par_chunks(piece * g.image()).zip(y.par_chunks_mut(piece * g.out_image()));
    pieces.for_each(|(x, y)| {
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
                    let (left, right) = (input.point(&points, point), planes.point(&kernel, point).only(panel));
                    multiply(out.point_mut(&mut products, point), left.matrix(), right, Destination::Overwrite);
                }
                let first = panel * planes.layout.width;
                let bias = &bias[first..first + outputs];
                vectorize(Finish { g, planes: out, products: &products, bias, tiles: tiles.clone(), first, y });
            }
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
    let piece = g.piece();
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

/// What the columns of transformed weights are; the other side are the rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Channels,
    Outputs,
}

/// G g Gᵀ of weight `[O, C, 3, 3]`.
fn transform_weight(g: &Geometry, weight: &[f32], side: Side) -> (Planes, Scratch) {
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
    places: &'a [f32],
    planes: Planes,
    row: usize,
    kernel: &'a mut [f32],
}

impl WithSimd for TransformWeight<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { places, planes, row, kernel } = self;
        let columns = planes.layout.columns;
        for_each_vector!(S, columns, |at, lanes| {
            let mut down = [[simd.splat_f32s(0.0); 3]; 6];
            for column in 0..3 {
                let g = [0, 1, 2].map(|row| lanes.load(simd, &places[(row * 3 + column) * columns + at..]));
                let g = weight_points(simd, g);
                for row in 0..6 {
                    down[row][column] = g[row];
                }
            }
            let start = planes.place(row, at);
            for (row, down) in down.into_iter().enumerate() {
                for (column, value) in weight_points(simd, down).into_iter().enumerate() {
                    lanes.store(simd, &mut kernel[(row * 6 + column) * planes.stride + start..], value);
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

/// Gᵀ u G: from the planes of sums to the weight's gradient `[C, 9, O]`.
struct FinishWeight<'a> {
    planes: Planes,
    sums: &'a [f32],
    dweight: &'a mut [f32],
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
                let mut down = [[simd.splat_f32s(0.0); 6]; 3];
                for column in 0..6 {
                    let mut u = [simd.splat_f32s(0.0); 6];
                    for row in 0..6 {
                        u[row] = lanes.load(simd, &sums[(row * 6 + column) * planes.stride + start..]);
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
    planes: Planes,
    points: &'a mut [f32],
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
            lanes.store(simd, &mut points[(row * 6 + column) * stride..], value);
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

/// Aᵀ m A of each tile, plus the bias, for the outputs from the first on.
struct Finish<'a> {
    g: &'a Geometry,
    planes: Planes,
    products: &'a [f32],
    bias: &'a [f32],
    tiles: Range<usize>,
    first: usize,
    y: &'a mut [f32],
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
    let mut down = [[simd.splat_f32s(0.0); 6]; 4];
    for column in 0..6 {
        let mut m = [simd.splat_f32s(0.0); 6];
        for row in 0..6 {
            m[row] = lanes.load(simd, &products[(row * 6 + column) * stride..]);
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
    planes: Planes,
    gradients: &'a mut [f32],
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
            lanes.store(simd, &mut gradients[(row * 6 + column) * stride..], value);
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
    planes: Planes,
    points: &'a [f32],
    tiles: Range<usize>,
    dx: &'a mut [f32],
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
    let mut down = [[simd.splat_f32s(0.0); 6]; 6];
    for column in 0..6 {
        let mut v = [simd.splat_f32s(0.0); 6];
        for row in 0..6 {
            v[row] = lanes.load(simd, &points[(row * 6 + column) * stride..]);
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
