//! Memory of the results that operators leave for the way back. What one step leaves, the next one uses again: fresh memory has to be
//! cleared, and is given back and asked for anew in every step.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, InplaceOp1, Layout, Result, Tensor};

use crate::scratch::take_fitting;

thread_local! {
    /// What the last step of this thread left, and nobody has taken yet.
    static LEFT: RefCell<Vec<Vec<f32>>> = const { RefCell::new(vec![]) };
}

/// As many numbers, of unspecified value, for an operator's results. Debug builds fill them with NaN, so that nobody relies on what was
/// there.
pub(crate) fn results(length: usize) -> Vec<f32> {
    let found = LEFT.with_borrow_mut(|left| take_fitting(left, length));
    let mut values = found.unwrap_or_else(|| vec![0.0; length]);
    values.resize(length, 0.0);
    if cfg!(debug_assertions) {
        values.fill(f32::NAN);
    }
    values
}

/// Keeps what a step leaves, and nothing else: memory of sizes that it did not need is free again.
pub(crate) fn keep(left: Vec<Vec<f32>>) {
    LEFT.set(left);
}

/// Takes the numbers out of a tensor of f32 that nobody reads any more.
pub(crate) fn taken(tensor: &Tensor) -> Result<Vec<f32>> {
    let take = Take(Mutex::default());
    tensor.inplace_op1(&take)?;
    Ok(take.0.into_inner().unwrap_or_else(PoisonError::into_inner))
}

struct Take(Mutex<Vec<f32>>);

impl InplaceOp1 for Take {
    fn name(&self) -> &'static str {
        "take"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, _layout: &Layout) -> Result<()> {
        if let CpuStorage::F32(values) = storage {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = std::mem::take(values);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_step_leaves_is_used_again_and_the_rest_is_free() {
        // A buffer is known by its capacity, which a fresh one has as asked for.
        let capacity = |length: usize| {
            let values = results(length);
            assert_eq!(values.len(), length);
            values.capacity()
        };
        keep(vec![vec![1.0; 10], vec![1.0; 30], vec![1.0; 12]]);
        assert_eq!([11, 8, 14].map(capacity), [12, 10, 14], "30 are more than twice 14");
        keep(vec![vec![1.0; 4]]);
        assert_eq!([29, 4].map(capacity), [29, 4]);
    }

    #[test]
    fn a_tensor_is_empty_afterwards() {
        let tensor = Tensor::new(&[1f32, 2.0], &candle_core::Device::Cpu).unwrap();
        assert_eq!(taken(&tensor).unwrap(), [1.0, 2.0]);
        assert!(taken(&tensor).unwrap().is_empty());
    }
}
