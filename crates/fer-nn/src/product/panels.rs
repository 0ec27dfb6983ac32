//! Packed matrices.

use std::ops::Range;

use super::kernel::{LANES, WIDTH};
use super::matrix::{Axis, Matrix};

/// The layout of a packed matrix: its columns in panels of equal width, in a panel row after row. The last panel may
/// have fewer columns; its rows are as long.
///
/// As a product's right matrix, a panel is what the innermost loop reads from front to end. As a left matrix, as it is or
/// transposed, its factors lie close together too: one layout serves all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// Columns of a panel, a multiple of [`LANES`].
    pub(crate) width: usize,
}

impl Layout {
    /// As few panels as possible, of as equal widths as possible.
    pub(crate) fn new(rows: usize, columns: usize) -> Self {
        let panels = columns.div_ceil(WIDTH).max(1);
        Self { rows, columns, width: columns.div_ceil(panels).next_multiple_of(LANES).max(LANES) }
    }

    pub(crate) fn panels(&self) -> usize {
        self.columns.div_ceil(self.width)
    }

    /// Columns of a panel that count.
    pub(crate) fn columns_in(&self, panel: usize) -> usize {
        (self.columns - panel * self.width).min(self.width)
    }

    /// Numbers of a panel.
    pub(crate) fn panel(&self) -> usize {
        self.rows * self.width
    }

    /// Numbers of all panels.
    pub(crate) fn len(&self) -> usize {
        self.panels() * self.panel()
    }
}

/// A packed matrix, or some of its rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panels<'a> {
    data: &'a [f32],
    layout: Layout,
    first_row: usize,
    rows: usize,
}

impl<'a> Panels<'a> {
    /// What lies in `data` in this layout.
    pub(crate) fn new(data: &'a [f32], layout: Layout) -> Self {
        assert_eq!(data.len(), layout.len(), "panels of {layout:?}");
        Self { data, layout, first_row: 0, rows: layout.rows }
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// One panel.
    pub(crate) fn only(self, panel: usize) -> Self {
        let columns = self.layout.columns_in(panel);
        let start = panel * self.layout.panel();
        Self { data: &self.data[start..start + self.layout.panel()], layout: Layout { columns, ..self.layout }, ..self }
    }

    /// Some of the rows.
    pub(super) fn row_range(self, rows: Range<usize>) -> Self {
        assert!(rows.end <= self.rows, "rows beyond the last");
        Self { first_row: self.first_row + rows.start, rows: rows.len(), ..self }
    }

    /// A panel's numbers, from its first row on.
    pub(super) fn panel(&self, panel: usize) -> &'a [f32] {
        let start = panel * self.layout.panel();
        &self.data[start + self.first_row * self.layout.width..][..self.rows * self.layout.width]
    }

    /// The same numbers as any matrix.
    pub(crate) fn matrix(self) -> Matrix<'a> {
        let Layout { columns, width, .. } = self.layout;
        let columns = Axis { length: columns, stride: 1, block: width, jump: self.layout.panel() };
        Matrix::of(&self.data[self.first_row * width..], Axis::even(self.rows, width), columns)
    }
}

/// Packs these rows of these columns, which become those of one panel. All of `to`, `rows · width` numbers, is written.
pub(super) fn pack_part(from: Matrix<'_>, rows: Range<usize>, columns: Range<usize>, width: usize, to: &mut [f32]) {
    if from.columns.is_dense() {
        for (row, to) in rows.zip(to.chunks_exact_mut(width)) {
            let (to, rest) = to.split_at_mut(columns.len());
            to.copy_from_slice(&from.data[from.rows.at(row) + columns.start..][..to.len()]);
            rest.fill(0.0);
        }
        return;
    }
    assert!(from.rows.is_dense(), "a matrix without order");
    // A square at a time, so that both sides stay in the cache.
    for (first, to) in rows.clone().step_by(LANES).zip(to.chunks_mut(LANES * width)) {
        let count = (rows.end - first).min(LANES);
        for column in 0..width {
            let source = columns.start + column;
            let to = to[column..].iter_mut().step_by(width);
            if source < columns.end {
                let source = &from.data[from.columns.at(source) + first..][..count];
                to.zip(source).for_each(|(to, &number)| *to = number);
            } else {
                to.for_each(|to| *to = 0.0);
            }
        }
    }
}
