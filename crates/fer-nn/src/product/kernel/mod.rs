//! The innermost loop of the matrix product, once for each kind of instructions.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
mod tile;

pub(super) use self::tile::Tile;
pub(crate) use self::tile::{LANES, WIDTH};
use crate::simd::Instructions;

/// Most rows of a tile of so many columns.
pub(super) fn most_rows(instructions: Instructions, columns: usize) -> usize {
    match instructions {
        // 24 of 32 registers for sums, 4 or 3 for a row of b.
        Instructions::Avx512 if columns > 3 * LANES => 6,
        Instructions::Avx512 => 8,
        // 12 of 16 registers for sums of 16 columns; wider tiles are worked on in parts.
        Instructions::Avx2 => 6,
        Instructions::Neon | Instructions::Portable => 4,
    }
}

/// Computes a tile.
///
/// # Safety
/// The processor has these instructions. All elements of a, of c, and of b with columns rounded up to a multiple of
/// [`LANES`] may be read, and those of c written, while nobody else uses them. There are 1 to [`most_rows`] rows and 1
/// to [`WIDTH`] columns.
pub(super) unsafe fn run(instructions: Instructions, tile: Tile) {
    // SAFETY: as this function.
    unsafe {
        match instructions {
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => avx512::run(tile),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => avx2::run(tile),
            _ => portable::run(tile),
        }
    }
}

/// Has the processor bring these numbers into the cache, if it can.
#[inline(always)]
pub(super) fn fetch(numbers: &[f32]) {
    for line in numbers.chunks(LANES) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as below.
        unsafe {
            use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast());
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = line;
    }
}

/// Has the processor bring so many numbers from this address into the cache, if it can; of any address.
#[inline(always)]
pub(super) fn fetch_at(start: *const f32, count: usize) {
    for line in (0..count).step_by(LANES) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a hint, without effect on any number and allowed for any address; every x86-64 has it.
        unsafe {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(line).cast());
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (start, line);
    }
}
