use candle_core::{Result, Tensor, bail};
use rayon::prelude::*;

use crate::tensor::{floats, tensor};

/// x `[N, 2H, 2W, C]` plus `small` `[N, H, W, C]` made twice as large by repeating each position: PyTorch's
/// `x + interpolate(small, scale_factor=2, mode="nearest")`, channels last, f32. For prediction: it has no gradient.
///
/// # Errors
/// Sizes that do not fit, or candle's.
pub fn add_upsampled2(x: &Tensor, small: &Tensor) -> Result<Tensor> {
    let (images, height, width, channels) = small.dims4()?;
    if x.dims() != [images, 2 * height, 2 * width, channels] {
        bail!("upsampling: expected x twice as large as {:?}, found {:?}", small.dims(), x.dims())
    }
    let (x, small) = (x.contiguous()?, small.contiguous()?);
    let mut y = floats(&x)?.to_vec();
    let small_values = floats(&small)?;
    let line = (width * channels).max(1);
    y.par_chunks_mut(4 * line).zip(small_values.par_chunks(line)).for_each(|(y, small)| {
        for y in y.chunks_exact_mut(2 * line) {
            for (y, small) in y.chunks_exact_mut(2 * channels).zip(small.chunks_exact(channels)) {
                for y in y.chunks_exact_mut(channels) {
                    y.iter_mut().zip(small).for_each(|(y, small)| *y += small);
                }
            }
        }
    });
    tensor(y, x.shape())
}
