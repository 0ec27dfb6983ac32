//! Matrix products, by the `gemm` crate.

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

/// `out (+)= left · right`; `out` is row-major without gaps.
///
/// Every element is a sum over k in an order that the sizes alone decide, so the number of threads does not matter.
pub(crate) fn matmul(out: &mut [f32], left: Matrix<'_>, right: Matrix<'_>, to: Destination, workers: Workers) {
    assert_eq!(left.columns, right.rows, "inner sizes");
    assert_eq!(out.len(), left.rows * right.columns, "size of the product");
    let parallelism = match workers {
        Workers::One => gemm::Parallelism::None,
        Workers::All => gemm::Parallelism::Rayon(rayon::current_num_threads()),
    };
    // SAFETY: the assertions here and in `Matrix::new` (strides only ever swap roles with their sizes) keep every
    // element that sizes and strides reach inside its slice, and `out` is borrowed exclusively.
    unsafe {
        gemm::gemm(
            left.rows,
            right.columns,
            left.columns,
            out.as_mut_ptr(),
            1,
            right.columns as isize,
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
