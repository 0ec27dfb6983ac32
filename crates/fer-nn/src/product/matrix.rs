//! Matrices as the product reads and writes them.

use std::ops::Range;

/// How the rows or the columns of a matrix lie in memory: number i at `i / block * jump + i % block * stride`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axis {
    pub(crate) length: usize,
    pub(crate) stride: usize,
    /// Numbers that lie a stride apart.
    pub(crate) block: usize,
    /// From block to block.
    pub(crate) jump: usize,
}

impl Axis {
    /// All a stride apart.
    pub(crate) const fn even(length: usize, stride: usize) -> Self {
        Self { length, stride, block: usize::MAX, jump: 0 }
    }

    pub(crate) fn at(&self, index: usize) -> usize {
        index / self.block * self.jump + index % self.block * self.stride
    }

    /// Whether numbers lie next to each other.
    pub(crate) fn is_dense(&self) -> bool {
        self.stride == 1 && self.length <= self.block
    }

    /// The place of the last number, than which no other's is larger.
    fn last(&self) -> usize {
        assert!(self.length <= self.block || self.jump >= (self.block - 1) * self.stride, "blocks that overlap");
        self.at(self.length - 1)
    }

    /// The largest number up to `most`, and at least one, of which every multiple begins a block or lies in the first.
    pub(crate) fn whole_blocks(&self, most: usize) -> usize {
        if self.length <= self.block { most } else { (most / self.block).max(1) * self.block }
    }
}

/// A borrowed matrix: an element lies where its row and its column say together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) rows: Axis,
    pub(crate) columns: Axis,
}

impl<'a> Matrix<'a> {
    /// A row-major matrix without gaps.
    pub(crate) fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(data.len(), rows * columns, "a matrix of {rows} by {columns}");
        Self::of(data, Axis::even(rows, columns), Axis::even(columns, 1))
    }

    /// A matrix of these rows and columns.
    pub(crate) fn of(data: &'a [f32], rows: Axis, columns: Axis) -> Self {
        let is_empty = rows.length == 0 || columns.length == 0;
        assert!(is_empty || rows.last() + columns.last() < data.len(), "a matrix beyond its slice");
        Self { data, rows, columns }
    }

    /// The same numbers, transposed.
    pub(crate) fn transposed(self) -> Self {
        Self { rows: self.columns, columns: self.rows, ..self }
    }

    /// Some of the rows, from the beginning of a block.
    pub(crate) fn row_range(self, rows: Range<usize>) -> Self {
        assert!(
            rows.end <= self.rows.length
                && (self.rows.block == usize::MAX || rows.start.is_multiple_of(self.rows.block))
        );
        if rows.is_empty() {
            return Self { rows: Axis { length: 0, ..self.rows }, ..self };
        }
        let data = &self.data[self.rows.at(rows.start)..];
        Self { data, rows: Axis { length: rows.len(), ..self.rows }, ..self }
    }

    /// Some of the columns, from the beginning of a block.
    pub(crate) fn column_range(self, columns: Range<usize>) -> Self {
        self.transposed().row_range(columns).transposed()
    }

    /// Whether numbers of a row lie next to each other.
    pub(crate) fn is_row_major(&self) -> bool {
        self.columns.stride == 1
    }
}

/// Where a product goes: a row-major matrix whose rows begin a stride apart.
pub(crate) struct MatrixMut<'a> {
    pub(crate) data: &'a mut [f32],
    pub(crate) row_stride: usize,
}

impl<'a> MatrixMut<'a> {
    /// Rows of this length without gaps.
    pub(crate) fn new(data: &'a mut [f32], columns: usize) -> Self {
        Self { data, row_stride: columns }
    }

    /// Rows that begin `row_stride` apart.
    #[cfg(test)]
    pub(crate) fn strided(data: &'a mut [f32], row_stride: usize) -> Self {
        Self { data, row_stride }
    }
}
