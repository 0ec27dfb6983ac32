//! Where transformed tiles and weights lie.

use super::tiles::POINTS;
use crate::product::{LANES, Layout, MatrixMut, Panels};
use crate::scratch::Scratch;

/// The 36 matrices of a transform, one a point, one after the other. Their rows are tiles, or a side of the weights.
#[derive(Clone, Copy)]
pub(crate) struct Planes {
    pub(super) layout: Layout,
    /// From matrix to matrix.
    pub(super) stride: usize,
}

impl Planes {
    fn of(layout: Layout) -> Self {
        // An odd number of lines of the cache, so that the points of a tile do not fight for the same places in it.
        let lines = layout.len().div_ceil(LANES);
        Self { layout, stride: (lines + 1 - lines % 2) * LANES }
    }

    /// As a product reads them.
    pub(super) fn packed(rows: usize, columns: usize) -> Self {
        Self::of(Layout::new(rows, columns))
    }

    /// As a product writes them, row-major.
    pub(super) fn written(rows: usize, columns: usize) -> Self {
        Self::of(Layout { rows, columns, width: columns })
    }

    pub(super) fn len(&self) -> usize {
        POINTS * self.stride
    }

    pub(super) fn scratch(&self) -> Scratch {
        Scratch::new(self.len())
    }

    /// Where a vector of a row begins at the first point.
    #[inline(always)]
    pub(super) fn place(&self, row: usize, column: usize) -> usize {
        let Layout { width, .. } = self.layout;
        column / width * self.layout.panel() + row * width + column % width
    }

    pub(super) fn point<'a>(&self, values: &'a [f32], point: usize) -> Panels<'a> {
        Panels::new(&values[point * self.stride..][..self.layout.len()], self.layout)
    }

    pub(super) fn point_mut<'a>(&self, values: &'a mut [f32], point: usize) -> MatrixMut<'a> {
        MatrixMut::new(&mut values[point * self.stride..][..self.layout.len()], self.layout.columns)
    }
}
