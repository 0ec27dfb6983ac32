use candle_core::{CpuStorage, InplaceOp1, Layout, Result, Tensor, bail};
use rayon::prelude::*;

use crate::simd::autovectorize;
use crate::tensor::{PIECE, floats, slice_mut};

/// Moves `average` towards `target` by this share of the way, in place; any shape, f32. Repeated after each step, it
/// keeps an exponential moving average of weights with a decay of 1 − share.
///
/// # Errors
/// Shapes that differ, or candle's.
pub fn update_average(average: &Tensor, target: &Tensor, share: f64) -> Result<()> {
    if average.shape() != target.shape() {
        bail!("average: expected shape {:?}, found {:?}", average.dims(), target.dims())
    }
    let target = target.contiguous()?;
    average.inplace_op1(&Follow { target: &target, share: share as f32 })
}

struct Follow<'a> {
    target: &'a Tensor,
    share: f32,
}

impl InplaceOp1 for Follow<'_> {
    fn name(&self) -> &'static str {
        "average"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let (average, target, share) = (slice_mut(storage, layout)?, floats(self.target)?, self.share);
        average.par_chunks_mut(PIECE).zip(target.par_chunks(PIECE)).for_each(|(average, target)| {
            autovectorize(
                #[inline(always)]
                || {
                    for (average, target) in average.iter_mut().zip(target) {
                        *average += share * (target - *average);
                    }
                },
            );
        });
        Ok(())
    }
}
