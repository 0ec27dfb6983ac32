//! The tiles of a convolution: 4×4 results, made of 6×6 inputs.

use std::array::from_fn;
use std::ops::Range;

use crate::conv::geometry::Geometry;

/// Numbers of a transformed tile: six points in either direction.
pub(super) const POINTS: usize = 36;

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

    pub(super) fn tiles(&self) -> usize {
        self.tiles_down() * self.tiles_across()
    }

    /// Blocks of so many tiles, of so many images.
    pub(super) fn blocks(&self, images: usize, block: usize) -> impl Iterator<Item = Range<usize>> {
        let tiles = images * self.tiles();
        (0..tiles).step_by(block).map(move |start| start..(start + block).min(tiles))
    }

    /// The tile's image, and its first output row and column.
    fn corner(&self, tile: usize) -> [usize; 3] {
        let (image, place) = (tile / self.tiles(), tile % self.tiles());
        [image, 4 * (place / self.tiles_across()), 4 * (place % self.tiles_across())]
    }

    /// Where the tile's 6×6 inputs begin in x, row by row; `None` is padding.
    pub(super) fn sources(&self, tile: usize) -> [Option<usize>; POINTS] {
        let [image, top, left] = self.corner(tile);
        // Corners are counted from the padded image's.
        let inside = |at: usize, length: usize| at.checked_sub(self.padding).filter(|at| *at < length);
        let lines: [_; 6] = from_fn(|row| inside(top + row, self.height).map(|row| image * self.height + row));
        let columns: [_; 6] = from_fn(|column| inside(left + column, self.width));
        from_fn(|index| Some((lines[index / 6]? * self.width + columns[index % 6]?) * self.channels))
    }

    /// Where the tile's 4×4 results begin in y, row by row; `None` is beyond the edge.
    pub(super) fn targets(&self, tile: usize) -> [Option<usize>; 16] {
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
