//! Matrix products.
//!
//! **The order of sums.** Every element of a product is one chain of fused multiply-adds over k in ascending order,
//! each rounded once: it begins with 0, or with what the destination holds, and goes on through blocks of k by way of
//! the destination, which loses nothing. So an element's value depends on its row and its column alone: not on the width
//! of vectors, on sizes of blocks, or on the number of threads.
//!
//! **The loops** are those of BLIS (Van Zee and van de Geijn, *BLIS: A Framework for Rapidly Instantiating BLAS
//! Functionality*, 2015): over strips of the result (loop 5, and what threads share), over blocks of k (loop 4), over
//! blocks of rows (loop 3), over panels (loop 2), and over rows that the registers hold (loop 1), around a kernel for
//! each kind of instructions. Unlike there, left matrices need no layout of their own: a kernel reads single numbers
//! of them, whose places it finds by strides.

mod kernel;
mod matrix;
mod panels;
#[cfg(test)]
mod tests;

use std::ops::Range;

use rayon::prelude::*;

pub(crate) use self::kernel::LANES;
use self::kernel::{Tile, WIDTH};
pub(crate) use self::matrix::{Axis, Matrix, MatrixMut};
use self::panels::pack_part;
pub(crate) use self::panels::{Layout, Panels};
use crate::scratch::Scratch;
use crate::simd::instructions;

/// Numbers of a panel that are worked on at a time: they stay in the first cache.
const PANEL: usize = 1 << 13;
/// The same where a left matrix is read as it lies: its rows are best read far along, and the panel stays in the second
/// cache.
const FAR: usize = 1 << 16;
/// Columns of a result that use each number of the left matrix too seldom to be worth packing it.
const FEW: usize = 2 * WIDTH;
/// Rows that are packed at a time.
const DEPTH: usize = PANEL / WIDTH;
/// Most rows of the left matrix at a time: they stay in the second cache.
const ROWS: usize = 768;
/// Columns or rows of the result that one task works on.
const STRIP: usize = 256;

/// What happens to the numbers that the destination holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    /// They are overwritten.
    Overwrite,
    /// The product is added to them.
    Add,
}

/// Who works on a product.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workers {
    /// The calling thread alone, for use inside work that is already split.
    One,
    /// All threads of the current pool.
    All,
}

/// A part of the destination, for one task alone.
#[derive(Clone, Copy)]
struct Part {
    start: *mut f32,
    row_stride: usize,
}

// SAFETY: tasks get parts that do not overlap, of a destination that outlives them.
unsafe impl Send for Part {}
// SAFETY: as above.
unsafe impl Sync for Part {}

impl Part {
    fn at(self, row: usize, column: usize) -> Self {
        Self { start: self.start.wrapping_add(row * self.row_stride + column), ..self }
    }
}

/// The whole destination, once it is sure that it has so many rows and columns.
fn whole(out: MatrixMut<'_>, rows: usize, columns: usize) -> Part {
    assert!(columns <= out.row_stride, "rows that overlap");
    assert!(rows == 0 || (rows - 1) * out.row_stride + columns <= out.data.len(), "a destination beyond its slice");
    Part { start: out.data.as_mut_ptr(), row_stride: out.row_stride }
}

/// `out (+)= left · right`, where the right matrix is packed, on the calling thread.
pub(crate) fn multiply(out: MatrixMut<'_>, left: Matrix<'_>, right: Panels<'_>, to: Destination) {
    let part = whole(out, left.rows.length, right.layout().columns);
    assert_eq!(left.columns.length, right.rows(), "inner sizes");
    // SAFETY: checked above; the caller lent `out` exclusively until this returns.
    unsafe { multiply_into(part, left, right, to, PANEL / right.layout().width, Ahead::nothing()) }
}

/// A part of a matrix that will be packed next, and is brought into the cache meanwhile, little by little.
struct Ahead<'a> {
    from: Matrix<'a>,
    columns: Range<usize>,
    rows: Range<usize>,
    /// Numbers to fetch at a time.
    share: usize,
}

impl<'a> Ahead<'a> {
    /// Nothing.
    fn nothing() -> Self {
        Self { from: Matrix::new(&[], 0, 0), columns: 0..0, rows: 0..0, share: 0 }
    }

    /// These rows and columns of a row-major matrix, while so many tiles are worked on.
    fn new(from: Matrix<'a>, rows: Range<usize>, columns: Range<usize>, tiles: usize) -> Self {
        let end = |range: Range<usize>, length: usize| range.start.min(length)..range.end.min(length);
        let (rows, columns) = (end(rows, from.rows.length), end(columns, from.columns.length));
        let share = rows.len().div_ceil(tiles.max(1));
        Self { from, rows, columns, share }
    }

    fn fetch(&mut self) {
        for row in self.rows.by_ref().take(self.share) {
            kernel::fetch(&self.from.data[self.from.rows.at(row) + self.columns.start..][..self.columns.len()]);
        }
    }
}

/// Loops 4 to 1.
///
/// # Safety
/// `out` has `left.rows` rows of `right.columns` numbers, which nobody else uses meanwhile. Inner sizes are equal.
unsafe fn multiply_into(
    out: Part,
    left: Matrix<'_>,
    right: Panels<'_>,
    to: Destination,
    most: usize,
    mut ahead: Ahead<'_>,
) {
    let depth = left.columns.length;
    if depth == 0 && to == Destination::Overwrite {
        for row in 0..left.rows.length {
            // SAFETY: a row of `out`, as the caller promises.
            unsafe { std::slice::from_raw_parts_mut(out.at(row, 0).start, right.layout().columns) }.fill(0.0);
        }
    }
    let steps = left.columns.whole_blocks(most);
    for first in (0..depth).step_by(steps) {
        let steps = first..(first + steps).min(depth);
        let resumes = first > 0 || to == Destination::Add;
        for start in (0..left.rows.length).step_by(left.rows.whole_blocks(ROWS)) {
            let rows = start..(start + left.rows.whole_blocks(ROWS)).min(left.rows.length);
            for panel in 0..right.layout().panels() {
                // SAFETY: as this function.
                unsafe { multiply_block(out, left, right, (rows.clone(), steps.clone(), panel), resumes, &mut ahead) }
            }
        }
    }
}

/// Loop 1: these rows and steps of k, and one panel.
///
/// # Safety
/// As [`multiply_into`].
unsafe fn multiply_block(
    out: Part,
    left: Matrix<'_>,
    right: Panels<'_>,
    (rows, steps, panel): (Range<usize>, Range<usize>, usize),
    resumes: bool,
    ahead: &mut Ahead<'_>,
) {
    let Layout { width, .. } = right.layout();
    let (kind, columns) = (instructions(), right.layout().columns_in(panel));
    let b = &right.panel(panel)[steps.start * width..];
    let most = kernel::most_rows(kind, columns);
    // The panel's numbers that are needed next are fetched meanwhile.
    let next = if panel + 1 < right.layout().panels() {
        &right.panel(panel + 1)[steps.start * width..steps.end * width]
    } else {
        &[]
    };
    let mut next = next.chunks((next.len() / (rows.len() / most).max(1)).next_multiple_of(LANES).max(LANES));
    let mut start = rows.start;
    while start < rows.end {
        // Rows of one block, split evenly.
        let end = match left.rows.block {
            usize::MAX => rows.end,
            block => (start / block * block + block).min(rows.end),
        };
        let tiles = (end - start).div_ceil(most);
        for tile_index in 0..tiles {
            let part = |tile: usize| start + tile * (end - start) / tiles;
            let row = part(tile_index);
            let tile = Tile {
                rows: part(tile_index + 1) - row,
                columns,
                depth: steps.len(),
                a: left.data[left.rows.at(row) + left.columns.at(steps.start)..].as_ptr(),
                a_row: left.rows.stride,
                a_step: left.columns.stride,
                a_block: left.columns.block,
                a_jump: left.columns.jump,
                b: b.as_ptr(),
                b_row: width,
                c: out.at(row, panel * width).start,
                c_row: out.row_stride,
                resumes,
            };
            for next in part(tile_index + 1)..part((tile_index + 2).min(tiles)) {
                kernel::fetch_at(out.at(next, panel * width).start, columns);
            }
            // SAFETY: `Matrix` and `Panels` checked when they were made that these elements lie in their slices, and
            // steps begin where a block of the left matrix's columns does; the caller vouches for `out`. A panel's rows
            // are multiples of the lanes long. `instructions` gives what the processor has.
            unsafe { kernel::run(kind, tile) }
            ahead.fetch();
            kernel::fetch(next.by_ref().next().unwrap_or_default());
        }
        start = end;
    }
}

/// `out (+)= left · right`.
///
/// Tasks share the rows of the result, or its columns if the right matrix is the largest of the three. Each packs its
/// part of one matrix; the other is packed before.
pub(crate) fn matmul(out: MatrixMut<'_>, left: Matrix<'_>, right: Matrix<'_>, to: Destination, workers: Workers) {
    assert_eq!(left.columns.length, right.rows.length, "inner sizes");
    let part = whole(out, left.rows.length, right.columns.length);
    if left.rows.length > left.columns.length.min(right.columns.length) {
        let (packed, layout) = pack(right, workers);
        let right = Panels::new(&packed, layout);
        // SAFETY: checked above; strips of rows do not overlap.
        for_each_strip(left.rows.length, workers, |rows| unsafe { strip_of_rows(part, left, rows, right, to) });
    } else {
        let (packed, layout) = pack(if left.is_row_major() { left } else { left.transposed() }, workers);
        let packed = Panels::new(&packed, layout).matrix();
        let left = if left.is_row_major() { packed } else { packed.transposed() };
        // SAFETY: checked above; strips of columns do not overlap.
        for_each_strip(right.columns.length, workers, |columns| unsafe {
            strip_of_columns(part, left, right, columns, to);
        });
    }
}

/// Loop 5.
fn for_each_strip(length: usize, workers: Workers, work: impl Fn(Range<usize>) + Sync + Send) {
    let strip = |index: usize| index * STRIP..((index + 1) * STRIP).min(length);
    let strips = length.div_ceil(STRIP);
    match workers {
        Workers::One => (0..strips).map(strip).for_each(work),
        Workers::All => (0..strips).into_par_iter().map(strip).for_each(work),
    }
}

/// These rows of the result.
///
/// # Safety
/// As [`multiply_into`], for these rows.
unsafe fn strip_of_rows(out: Part, left: Matrix<'_>, rows: Range<usize>, right: Panels<'_>, to: Destination) {
    let out = out.at(rows.start, 0);
    if left.is_row_major() && right.layout().columns <= FEW {
        let most = FAR / right.layout().width;
        // SAFETY: as this function.
        return unsafe { multiply_into(out, left.row_range(rows), right, to, most, Ahead::nothing()) };
    }
    let depth = left.columns.length;
    let mut packed = Scratch::new((DEPTH + LANES) * (rows.len() + LANES));
    for first in (0..depth.max(1)).step_by(DEPTH) {
        let steps = first..(first + DEPTH).min(depth);
        let to = if first == 0 { to } else { Destination::Add };
        let tiles = rows.len() / 8 * right.layout().panels();
        let next = steps.end..steps.end + DEPTH;
        let ahead = if left.is_row_major() {
            Ahead::new(left, rows.clone(), next, tiles)
        } else {
            Ahead::new(left.transposed(), next, rows.clone(), tiles)
        };
        let left = if left.is_row_major() {
            pack_into(left, rows.clone(), steps.clone(), &mut packed).matrix()
        } else {
            pack_into(left.transposed(), steps.clone(), rows.clone(), &mut packed).matrix().transposed()
        };
        // SAFETY: as this function.
        unsafe { multiply_into(out, left, right.row_range(steps), to, DEPTH, ahead) };
    }
}

/// These columns of the result.
///
/// # Safety
/// As [`multiply_into`], for these columns.
unsafe fn strip_of_columns(out: Part, left: Matrix<'_>, right: Matrix<'_>, columns: Range<usize>, to: Destination) {
    let out = out.at(0, columns.start);
    let (depth, steps) = (left.columns.length, left.columns.whole_blocks(DEPTH));
    let mut packed = Scratch::new(Layout::new(steps, columns.len()).len());
    for first in (0..depth.max(1)).step_by(steps) {
        let steps = first..(first + steps).min(depth);
        let tiles = left.rows.length / 8 * columns.len().div_ceil(WIDTH);
        let next = steps.end..steps.end + steps.len();
        let ahead =
            if right.is_row_major() { Ahead::new(right, next, columns.clone(), tiles) } else { Ahead::nothing() };
        let right = pack_into(right, steps.clone(), columns.clone(), &mut packed);
        let to = if first == 0 { to } else { Destination::Add };
        // SAFETY: as this function.
        unsafe { multiply_into(out, left.column_range(steps), right, to, DEPTH, ahead) };
    }
}

/// Packs these rows and columns into the beginning of `to`.
fn pack_into<'a>(from: Matrix<'_>, rows: Range<usize>, columns: Range<usize>, to: &'a mut [f32]) -> Panels<'a> {
    let layout = Layout::new(rows.len(), columns.len());
    let to = &mut to[..layout.len()];
    for (panel, to) in to.chunks_exact_mut(layout.panel().max(1)).enumerate() {
        let first = columns.start + panel * layout.width;
        pack_part(from, rows.clone(), first..(first + layout.width).min(columns.end), layout.width, to);
    }
    Panels::new(to, layout)
}

/// Packs a whole matrix.
pub(crate) fn pack(from: Matrix<'_>, workers: Workers) -> (Scratch, Layout) {
    let layout = Layout::new(from.rows.length, from.columns.length);
    let mut packed = Scratch::new(layout.len());
    let panels = packed.chunks_exact_mut(layout.panel().max(1)).enumerate();
    let parts =
        panels.flat_map(|(panel, to)| to.chunks_mut(DEPTH * layout.width).enumerate().map(move |part| (panel, part)));
    let work = |(panel, (part, to)): (usize, (usize, &mut [f32]))| {
        let (row, column) = (part * DEPTH, panel * layout.width);
        let columns = column..(column + layout.width).min(layout.columns);
        pack_part(from, row..(row + DEPTH).min(layout.rows), columns, layout.width, to);
    };
    match workers {
        Workers::One => parts.for_each(work),
        Workers::All => parts.collect::<Vec<_>>().into_par_iter().for_each(work),
    }
    (packed, layout)
}
