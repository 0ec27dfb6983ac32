use std::arch::x86_64::*;

use super::tile::{LANES, Tile, with_rows};

/// Lanes of a register.
const HALF: usize = LANES / 2;

/// # Safety
/// As [`run`](super::run), with AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn run(tile: Tile) {
    for start in (0..tile.columns).step_by(LANES) {
        let columns = (tile.columns - start).min(LANES);
        // SAFETY: a part of the tile, with the tile's guarantees.
        unsafe {
            let part = Tile { columns, b: tile.b.add(start), c: tile.c.add(start), ..tile };
            if columns > HALF {
                with_rows!(tile.rows, sums::<2>(part), [1, 2, 3, 4, 5, 6]);
            } else {
                with_rows!(tile.rows, sums::<1>(part), [1, 2, 3, 4, 5, 6]);
            }
        }
    }
}

/// # Safety
/// As [`run`]; there are `ROWS` rows and `VECTORS` vectors of columns.
#[target_feature(enable = "avx2,fma")]
unsafe fn sums<const VECTORS: usize, const ROWS: usize>(tile: Tile) {
    let Tile { columns, depth, a_row, a_step, a_block, a_jump, b_row, c, c_row, resumes, .. } = tile;
    // Lanes of the last vector that are columns of c.
    let count = (columns - (VECTORS - 1) * HALF) as i32;
    let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    let (all, last) = (_mm256_set1_epi32(-1), _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lanes));
    let mask = |vector: usize| if vector + 1 == VECTORS { last } else { all };
    let mut sums = [[_mm256_setzero_ps(); VECTORS]; ROWS];
    // SAFETY: every place that is read or written is one of the tile's elements, or beyond the columns of b where the
    // caller allows it; masks keep lanes that are no columns of c untouched.
    unsafe {
        for (row, sums) in sums.iter_mut().enumerate() {
            for (vector, sum) in sums.iter_mut().enumerate() {
                let place = c.add(row * c_row + vector * HALF);
                if resumes {
                    *sum = _mm256_maskload_ps(place, mask(vector));
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
                let mut right = [_mm256_setzero_ps(); VECTORS];
                for (vector, right) in right.iter_mut().enumerate() {
                    *right = _mm256_loadu_ps(b.add(vector * HALF));
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let factor = _mm256_set1_ps(*a.add(row * a_row));
                    for (sum, right) in sums.iter_mut().zip(right) {
                        *sum = _mm256_fmadd_ps(factor, right, *sum);
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
                _mm256_maskstore_ps(c.add(row * c_row + vector * HALF), mask(vector), sum);
            }
        }
    }
}
