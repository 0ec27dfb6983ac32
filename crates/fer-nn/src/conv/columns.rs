//! Convolution as a matrix product: each window becomes a row of a matrix. Any window, stride and padding.

use std::ops::Range;

use rayon::prelude::*;

use super::after::After;
use super::geometry::{Geometry, add_in_order};
use crate::product::{Axis, Destination, Layout, Matrix, MatrixMut, Panels, Workers, multiply, pack};
use crate::scratch::Scratch;

/// Numbers of the matrix of windows that is made at a time: it stays in the cache.
const BLOCK: usize = 1 << 17;
/// Output positions that are worth a piece of their own.
const POSITIONS: usize = 512;
/// Most pieces of a batch; each has a weight gradient of its own.
const PIECES: usize = 16;

impl Geometry {
    /// Whether the windows are the pixels themselves.
    fn is_pointwise(&self) -> bool {
        self.kernel == 1 && self.stride == 1 && self.padding == 0
    }

    fn positions(&self) -> usize {
        self.out_height * self.out_width
    }

    fn piece_of_lines(&self) -> usize {
        self.images_in_a_piece(self.positions(), POSITIONS, PIECES)
    }

    /// Output lines whose windows are made at a time.
    fn block(&self) -> usize {
        (BLOCK / (self.out_width * self.window()).max(1)).max(1)
    }

    /// For each place of a window over output line `line` (counted through all images): the place's number, the
    /// output columns whose source lies inside the image, and where in x the first of them begins.
    fn for_each_place(&self, line: usize, mut f: impl FnMut(usize, Range<usize>, usize)) {
        let (image, row) = (line / self.out_height, line % self.out_height);
        for down in 0..self.kernel {
            let source = row * self.stride + down;
            if source < self.padding || source >= self.height + self.padding {
                continue;
            }
            let start = (image * self.height + source - self.padding) * self.width;
            for across in 0..self.kernel {
                let columns = self.inside(across, self.width, self.out_width);
                if !columns.is_empty() {
                    let first = columns.start * self.stride + across - self.padding;
                    f(down * self.kernel + across, columns, (start + first) * self.channels);
                }
            }
        }
    }

    /// The windows of these output lines as rows `[line · column, window]`.
    fn gather(&self, x: &[f32], lines: Range<usize>, windows: &mut [f32]) {
        let (channels, window) = (self.channels, self.window());
        if self.padding > 0 {
            windows.fill(0.0);
        }
        for (line, windows) in lines.zip(windows.chunks_exact_mut(self.out_width * window)) {
            self.for_each_place(line, |place, columns, start| {
                let sources = x[start..].chunks(self.stride * channels);
                for (window, source) in
                    windows.chunks_exact_mut(window).skip(columns.start).take(columns.len()).zip(sources)
                {
                    window[place * channels..][..channels].copy_from_slice(&source[..channels]);
                }
            });
        }
    }

    /// The adjoint of [`Self::gather`]: adds every window back onto its pixels.
    fn scatter(&self, windows: &[f32], lines: Range<usize>, dx: &mut [f32]) {
        let (channels, window) = (self.channels, self.window());
        for (line, windows) in lines.zip(windows.chunks_exact(self.out_width * window)) {
            self.for_each_place(line, |place, columns, start| {
                let targets = dx[start..].chunks_mut(self.stride * channels);
                for (window, target) in
                    windows.chunks_exact(window).skip(columns.start).take(columns.len()).zip(targets)
                {
                    let window = &window[place * channels..][..channels];
                    target.iter_mut().zip(window).for_each(|(target, value)| *target += value);
                }
            });
        }
    }
}

/// A weight as [`forward`] reads it.
pub(super) fn packed(g: &Geometry, weight: &[f32]) -> (Scratch, Layout) {
    pack(Matrix::new(&window_major(g, weight), g.window(), g.outputs), Workers::One)
}

/// y = x ⋆ weight + bias, by the packed weight, and what comes after; every number of `y` is written.
pub(super) fn forward(g: &Geometry, x: &[f32], kernel: Panels<'_>, bias: &[f32], y: &mut [f32], after: After<'_>) {
    let line = g.out_width * g.outputs;
    // Blocks of lines, counted through all images, so that one image is shared by all threads too.
    let block = g.block();
    y.par_chunks_mut((block * line).max(1)).enumerate().for_each(|(index, y)| {
        after.run(index * block * line, y, |y| {
            y.chunks_exact_mut(g.outputs).for_each(|y| y.copy_from_slice(bias));
            let lines = index * block..index * block + y.len() / line;
            let mut rest = y;
            for_each_image(g, lines, |image, lines| {
                let (y, others) = std::mem::take(&mut rest).split_at_mut(lines.len() * line);
                rest = others;
                with_windows(g, &x[image * g.image()..][..g.image()], lines, |windows| {
                    multiply(MatrixMut::new(y, g.outputs), windows, kernel, Destination::Add);
                });
            });
        });
    });
}

/// Calls `f` with each image of these output lines, which are counted through all images, and with its own lines.
fn for_each_image(g: &Geometry, lines: Range<usize>, mut f: impl FnMut(usize, Range<usize>)) {
    let mut first = lines.start;
    while first < lines.end {
        let (image, row) = (first / g.out_height, first % g.out_height);
        let count = (g.out_height - row).min(lines.end - first);
        f(image, row..row + count);
        first += count;
    }
}

/// Calls `f` with the windows of these output lines of an image as a matrix, `[line · column, window]`. They are read
/// where the pixels lie; only what needs a frame of zeros is copied.
fn with_windows(g: &Geometry, image: &[f32], lines: Range<usize>, f: impl FnOnce(Matrix<'_>)) {
    let Geometry { height, width, channels, kernel, stride, padding, .. } = *g;
    let windows = |pixels: &[f32], line: usize| {
        let across = Axis {
            length: lines.len() * g.out_width,
            stride: stride * channels,
            block: g.out_width,
            jump: stride * line,
        };
        let window = Axis { length: g.window(), stride: 1, block: kernel * channels, jump: line };
        f(Matrix::of(pixels, across, window));
    };
    let (first, count) = (lines.start * stride, (lines.len() - 1) * stride + kernel);
    if padding == 0 {
        return windows(&image[first * width * channels..][..count * width * channels], width * channels);
    }
    let line = (width + 2 * padding) * channels;
    let mut framed = Scratch::new(count * line);
    for (row, framed) in (first..).zip(framed.chunks_exact_mut(line)) {
        if !(padding..height + padding).contains(&row) {
            framed.fill(0.0);
            continue;
        }
        let (left, rest) = framed.split_at_mut(padding * channels);
        let (pixels, right) = rest.split_at_mut(width * channels);
        left.fill(0.0);
        pixels.copy_from_slice(&image[(row - padding) * width * channels..][..width * channels]);
        right.fill(0.0);
    }
    windows(&framed, line);
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
    let piece = g.piece_of_lines();
    let pieces = x.par_chunks(piece * g.image()).zip(dy.par_chunks(piece * g.out_image()));
    let sums: Vec<Scratch> = pieces.map(|(x, dy)| weight_gradient(g, x, dy)).collect();
    let mut total = Scratch::new(g.weights());
    add_in_order(&mut total, sums);
    output_major(g, &total, dweight);
    if let Some(dx) = dx {
        let kernel = window_major(g, weight);
        let (kernel, layout) = pack(Matrix::new(&kernel, g.window(), g.outputs).transposed(), Workers::One);
        let kernel = Panels::new(&kernel, layout);
        let pieces = dx.par_chunks_mut(piece * g.image()).zip(dy.par_chunks(piece * g.out_image()));
        pieces.for_each(|(dx, dy)| input_gradient(g, kernel, dy, dx));
    }
}

/// One piece's weight gradient, `[window, O]`.
fn weight_gradient(g: &Geometry, x: &[f32], dy: &[f32]) -> Scratch {
    let mut sum = Scratch::new(g.weights());
    let mut to = Destination::Overwrite;
    for_each_block(g, x, |lines, windows| {
        let line = g.out_width * g.outputs;
        let dy = &dy[lines.start * line..lines.end * line];
        let (dy, layout) = pack(Matrix::new(dy, lines.len() * g.out_width, g.outputs), Workers::One);
        multiply(MatrixMut::new(&mut sum, g.outputs), windows.transposed(), Panels::new(&dy, layout), to);
        to = Destination::Add;
    });
    sum
}

/// One piece's images' gradients, by the packed kernel `[O, window]`.
fn input_gradient(g: &Geometry, kernel: Panels<'_>, dy: &[f32], dx: &mut [f32]) {
    if g.is_pointwise() {
        let dy = Matrix::new(dy, dy.len() / g.outputs, g.outputs);
        return multiply(MatrixMut::new(dx, g.channels), dy, kernel, Destination::Overwrite);
    }
    dx.fill(0.0);
    let mut windows = Scratch::new(g.block() * g.out_width * g.window());
    let lines = dy.len() / (g.out_width * g.outputs);
    for start in (0..lines).step_by(g.block()) {
        let lines = start..(start + g.block()).min(lines);
        let line = g.out_width * g.outputs;
        let windows = &mut windows[..lines.len() * g.out_width * g.window()];
        let dy = &dy[lines.start * line..lines.end * line];
        let dy = Matrix::new(dy, lines.len() * g.out_width, g.outputs);
        multiply(MatrixMut::new(windows, g.window()), dy, kernel, Destination::Overwrite);
        g.scatter(windows, lines, dx);
    }
}

/// Calls `f` with the windows of a block of output lines after the other.
fn for_each_block(g: &Geometry, x: &[f32], mut f: impl FnMut(Range<usize>, Matrix<'_>)) {
    let lines = x.len() / g.image() * g.out_height;
    for start in (0..lines).step_by(g.block()) {
        let lines = start..(start + g.block()).min(lines);
        with_gathered(g, x, lines.clone(), |windows| f(lines, windows));
    }
}

/// Calls `f` with the gathered windows of these output lines, which are counted through all images.
fn with_gathered(g: &Geometry, x: &[f32], lines: Range<usize>, f: impl FnOnce(Matrix<'_>)) {
    let rows = lines.len() * g.out_width;
    if g.is_pointwise() {
        let line = g.width * g.channels;
        return f(Matrix::new(&x[lines.start * line..lines.end * line], rows, g.channels));
    }
    let mut windows = Scratch::new(rows * g.window());
    g.gather(x, lines, &mut windows);
    f(Matrix::new(&windows, rows, g.window()));
}

/// Weight `[O, C, k, k]` as `[k, k, C, O]`, to which a window is a row.
fn window_major(g: &Geometry, weight: &[f32]) -> Scratch {
    let mut kernel = Scratch::new(g.weights());
    let places = g.kernel * g.kernel;
    for (pair, places_of) in weight.chunks_exact(places).enumerate() {
        let (output, channel) = (pair / g.channels, pair % g.channels);
        for (place, value) in places_of.iter().enumerate() {
            kernel[(place * g.channels + channel) * g.outputs + output] = *value;
        }
    }
    kernel
}

/// The inverse of [`window_major`].
fn output_major(g: &Geometry, kernel: &[f32], weight: &mut [f32]) {
    let places = g.kernel * g.kernel;
    for (pair, places_of) in weight.chunks_exact_mut(places).enumerate() {
        let (output, channel) = (pair / g.channels, pair % g.channels);
        for (place, value) in places_of.iter_mut().enumerate() {
            *value = kernel[(place * g.channels + channel) * g.outputs + output];
        }
    }
}
