//! Matrix products, by the `gemm` crate.

use rayon::prelude::*;

use crate::simd::is_portable;

/// A borrowed matrix in memory: rows and columns with a stride each.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A row-major matrix without gaps.
    pub(crate) fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(data.len(), rows * columns, "a matrix of {rows} by {columns}");
        Self { data, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// A row-major matrix whose rows begin `row_stride` apart; `data` begins with the first.
    pub(crate) fn strided(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        check_strided(data.len(), rows, columns, row_stride);
        Self { data, rows, columns, row_stride, column_stride: 1 }
    }

    /// The same numbers, transposed.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    fn at(&self, row: usize, column: usize) -> f32 {
        self.data[row * self.row_stride + column * self.column_stride]
    }
}

/// Where a product goes: a row-major matrix whose rows begin a stride apart.
pub(crate) struct MatrixMut<'a> {
    data: &'a mut [f32],
    row_stride: usize,
}

impl<'a> MatrixMut<'a> {
    /// Rows of this length without gaps.
    pub(crate) fn new(data: &'a mut [f32], columns: usize) -> Self {
        Self { data, row_stride: columns }
    }

    /// Rows that begin `row_stride` apart.
    pub(crate) fn strided(data: &'a mut [f32], row_stride: usize) -> Self {
        Self { data, row_stride }
    }
}

fn check_strided(length: usize, rows: usize, columns: usize, row_stride: usize) {
    assert!(columns <= row_stride, "rows that overlap");
    assert!(rows == 0 || (rows - 1) * row_stride + columns <= length, "a matrix beyond its slice");
}

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

/// `out (+)= left · right`.
///
/// Every element is a sum over k in an order that the sizes alone decide, so the number of threads does not matter.
pub(crate) fn matmul(out: MatrixMut<'_>, left: Matrix<'_>, right: Matrix<'_>, to: Destination, workers: Workers) {
    assert_eq!(left.columns, right.rows, "inner sizes");
    check_strided(out.data.len(), left.rows, right.columns, out.row_stride);
    if is_portable() {
        return portable(out, left, right, to, workers);
    }
    let parallelism = match workers {
        Workers::One => gemm::Parallelism::None,
        Workers::All => gemm::Parallelism::Rayon(rayon::current_num_threads()),
    };
    // SAFETY: the assertions in `check_strided`, here and where a `Matrix` is made (transposing only swaps the roles
    // of strides and sizes) keep every element that sizes and strides reach inside its slice, rows of `out` do not
    // overlap, and `out` is borrowed exclusively.
    unsafe {
        gemm::gemm(
            left.rows,
            right.columns,
            left.columns,
            out.data.as_mut_ptr(),
            1,
            out.row_stride as isize,
            to == Destination::Add,
            left.data.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.data.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// The same in plain loops.
fn portable(out: MatrixMut<'_>, left: Matrix<'_>, right: Matrix<'_>, to: Destination, workers: Workers) {
    let columns = right.columns;
    if columns == 0 || left.rows == 0 {
        return;
    }
    let row = |(index, out): (usize, &mut [f32])| {
        let out = &mut out[..columns];
        if to == Destination::Overwrite {
            out.fill(0.0);
        }
        for k in 0..left.columns {
            let factor = left.at(index, k);
            if right.column_stride == 1 {
                let right = &right.data[k * right.row_stride..][..columns];
                out.iter_mut().zip(right).for_each(|(out, value)| *out += factor * value);
            } else {
                out.iter_mut().enumerate().for_each(|(column, out)| *out += factor * right.at(k, column));
            }
        }
    };
    match workers {
        Workers::One => out.data.chunks_mut(out.row_stride).take(left.rows).enumerate().for_each(row),
        Workers::All => out.data.par_chunks_mut(out.row_stride).take(left.rows).enumerate().for_each(row),
    }
}
