use super::{LANES, Tile};

/// # Safety
/// As [`super::run`], with any processor.
pub(super) unsafe fn run(tile: Tile) {
    let Tile { a_row, a_step, a_block, a_jump, b_row, c_row, .. } = tile;
    for row in 0..tile.rows {
        for start in (0..tile.columns).step_by(LANES) {
            let columns = (tile.columns - start).min(LANES);
            let mut sums = [0f32; LANES];
            // SAFETY: row by row and vector by vector, the tile's elements.
            unsafe {
                let c = std::slice::from_raw_parts_mut(tile.c.add(row * c_row + start), columns);
                if tile.resumes {
                    sums[..columns].copy_from_slice(c);
                }
                for k in 0..tile.depth {
                    let factor = *tile.a.add(row * a_row + k / a_block * a_jump + k % a_block * a_step);
                    let right = std::slice::from_raw_parts(tile.b.add(k * b_row + start), columns);
                    sums.iter_mut().zip(right).for_each(|(sum, &right)| *sum = factor.mul_add(right, *sum));
                }
                c.copy_from_slice(&sums[..columns]);
            }
        }
    }
}
