//! Buffers for an operator's own use, kept for the next step: fresh memory costs more than the work done in it.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// A buffer with unspecified contents; it goes back to the pool when dropped.
///
/// It begins where a line of the cache does.
pub(crate) struct Scratch {
    values: Vec<f32>,
    start: usize,
    length: usize,
}

/// Bytes of a line of the cache.
const LINE: usize = 64;

/// Buffers that nobody uses.
static POOL: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());

/// Most numbers that the pool keeps: 1 GiB of them.
const MOST: usize = 1 << 28;

/// Takes the smallest of these buffers that has room for so many numbers, and for no more than twice as many.
pub(crate) fn take_fitting(buffers: &mut Vec<Vec<f32>>, size: usize) -> Option<Vec<f32>> {
    let fits = |(_, capacity): &(usize, usize)| (size..=2 * size).contains(capacity);
    let capacities = buffers.iter().map(Vec::capacity).enumerate();
    let (best, _) = capacities.filter(fits).min_by_key(|(_, capacity)| *capacity)?;
    Some(buffers.swap_remove(best))
}

impl Scratch {
    /// A buffer of this length. Debug builds fill it with NaN, so that nobody relies on what was there.
    pub(crate) fn new(length: usize) -> Self {
        let size = length + LINE / size_of::<f32>();
        let found = take_fitting(&mut POOL.lock().unwrap_or_else(PoisonError::into_inner), size);
        let mut values = found.unwrap_or_else(|| vec![0.0; size]);
        if cfg!(debug_assertions) {
            values.fill(f32::NAN);
        }
        let start = values.as_ptr().align_offset(LINE).min(size - length);
        Self { values, start, length }
    }

    /// A buffer with these contents.
    pub(crate) fn copy_of(values: &[f32]) -> Self {
        let mut copy = Self::new(values.len());
        copy.copy_from_slice(values);
        copy
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        pool.push(std::mem::take(&mut self.values));
        // Sizes change when a batch or an image does: the buffers of old sizes go first.
        while pool.iter().map(Vec::len).sum::<usize>() > MOST {
            pool.remove(0);
        }
    }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values[self.start..self.start + self.length]
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[self.start..self.start + self.length]
    }
}
