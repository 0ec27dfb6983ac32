use super::tile::{LANES, Tile};

/// # Safety
/// As [`run`](super::run), with any processor.
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
                    sums.iter_mut().zip(right).for_each(|(sum, &right)| *sum = fused(factor, right, *sum));
                }
                c.copy_from_slice(&sums[..columns]);
            }
        }
    }
}

/// a · b + c, rounded once: `f32::mul_add`, which is a call into the system where processors need not have it.
///
/// The product is exact in f64, and so is the error of the sum (Knuth's). A sum that is not exact gets an odd last bit
/// (Boldo and Melquiond, *Emulation of a FMA and correctly rounded sums*, 2008), so that rounding to f32 sees on which
/// side of a middle it lies.
#[inline(always)]
fn fused(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
        return a.mul_add(b, c);
    }
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    let c_part = sum - product;
    let error = (product - (sum - c_part)) + (c - c_part);
    let bits = sum.to_bits();
    // Towards zero, and then odd.
    let odd = if (error > 0.0) == (sum > 0.0) { bits | 1 } else { bits.wrapping_sub(1) | 1 };
    f64::from_bits(if error.abs() > 0.0 { odd } else { bits }) as f32
}

#[cfg(test)]
mod tests {
    use super::fused;
    use crate::Stream;

    #[test]
    fn a_sum_is_rounded_once() {
        let stream = Stream::new(3);
        let word = |index: u64| {
            let half = |index| (stream.uniform(index) * 65536.0) as u32;
            half(2 * index) << 16 | half(2 * index + 1)
        };
        let special = [0.0, -0.0, 1.0, -1.0, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY, f32::from_bits(1), 1e-30, 1.5];
        for index in 0..300_000 {
            // Any numbers, numbers of like size, and middles between neighbours.
            let like = |word: u32| f32::from_bits(word & 0x80ff_ffff | 0x3f00_0000);
            let [x, y, z] = [0, 1, 2].map(|at| word(3 * index + at));
            let [a, b, c] = match index % 4 {
                0 => [x, y, z].map(f32::from_bits),
                1 => [x, y, z].map(like),
                2 => [f32::from_bits(x & 0xffff_f000), like(y & 0xffff_f000), f32::from_bits(z & 0xffff_0000)],
                _ => [x, y, z].map(|word| special[word as usize % special.len()]),
            };
            let (expected, found) = (a.mul_add(b, c), fused(a, b, c));
            let is_same = expected.to_bits() == found.to_bits() || expected.is_nan() && found.is_nan();
            assert!(is_same, "{a:e} · {b:e} + {c:e}: {found:e}, not {expected:e}");
        }
    }
}
