use std::arch::x86_64::*;

use super::tile::{LANES, Tile, with_rows};

/// # Safety
/// As [`run`](super::run), with AVX-512 F.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn run(tile: Tile) {
    // SAFETY: as this function.
    unsafe {
        match tile.columns.div_ceil(LANES) {
            1 => with_rows!(tile.rows, sums::<1>(tile), [1, 2, 3, 4, 5, 6, 7, 8]),
            2 => with_rows!(tile.rows, sums::<2>(tile), [1, 2, 3, 4, 5, 6, 7, 8]),
            3 => with_rows!(tile.rows, sums::<3>(tile), [1, 2, 3, 4, 5, 6, 7, 8]),
            4 => with_rows!(tile.rows, sums::<4>(tile), [1, 2, 3, 4, 5, 6]),
            vectors => unreachable!("a tile of {vectors} vectors"),
        }
    }
}

/// # Safety
/// As [`run`]; there are `ROWS` rows and `VECTORS` vectors of columns.
#[target_feature(enable = "avx512f")]
unsafe fn sums<const VECTORS: usize, const ROWS: usize>(tile: Tile) {
    let Tile { columns, depth, a_row, a_step, a_block, a_jump, b_row, c, c_row, resumes, .. } = tile;
    // Lanes of the last vector that are columns of c.
    let last = u16::MAX >> (VECTORS * LANES - columns);
    let mask = |vector: usize| if vector + 1 == VECTORS { last } else { u16::MAX };
    let mut sums = [[_mm512_setzero_ps(); VECTORS]; ROWS];
    // SAFETY: every place that is read or written is one of the tile's elements, or beyond the columns of b where the
    // caller allows it; masks keep lanes that are no columns of c untouched.
    unsafe {
        for (row, sums) in sums.iter_mut().enumerate() {
            for (vector, sum) in sums.iter_mut().enumerate() {
                let place = c.add(row * c_row + vector * LANES);
                if resumes {
                    *sum = _mm512_maskz_loadu_ps(mask(vector), place);
                } else {
                    _mm_prefetch::<_MM_HINT_T0>(place.cast());
                }
            }
        }
        let (mut block, mut b, mut left) = (tile.a, tile.b, depth);
        while left > 0 {
            let steps = left.min(a_block);
            let mut a = block;
            for _ in 0..steps {
                let mut right = [_mm512_setzero_ps(); VECTORS];
                for (vector, right) in right.iter_mut().enumerate() {
                    *right = _mm512_loadu_ps(b.add(vector * LANES));
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let factor = _mm512_set1_ps(*a.add(row * a_row));
                    for (sum, right) in sums.iter_mut().zip(right) {
                        *sum = _mm512_fmadd_ps(factor, right, *sum);
                    }
                }
                a = a.wrapping_add(a_step);
                b = b.wrapping_add(b_row);
            }
            left -= steps;
            block = block.wrapping_add(a_jump);
        }
        for (row, sums) in sums.into_iter().enumerate() {
            for (vector, sum) in sums.into_iter().enumerate() {
                _mm512_mask_storeu_ps(c.add(row * c_row + vector * LANES), mask(vector), sum);
            }
        }
    }
}
