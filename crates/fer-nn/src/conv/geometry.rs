use std::ops::Range;

use candle_core::{Result, Tensor, bail};
use rayon::prelude::*;

use super::config::{Conv2d, Method};
use crate::scratch::Scratch;

/// All sizes of one convolution. Images are `[height, width, channels]`, one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Geometry {
    pub(crate) images: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
    pub(crate) outputs: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) padding: usize,
    pub(crate) out_height: usize,
    pub(crate) out_width: usize,
    pub(crate) method: Method,
}

impl Geometry {
    /// The sizes of x `[N, H, W, C]` under weight `[O, C, k, k]`.
    pub(crate) fn new(x: &Tensor, weight: &Tensor, config: Conv2d) -> Result<Self> {
        let channels = weight.dims4()?.1;
        if x.dims4()?.3 != channels {
            bail!("conv2d: x {:?} (N, H, W, C) does not fit weight {:?} (O, C, k, k)", x.dims(), weight.dims())
        }
        Self::of("conv2d", x, weight, config)
    }

    /// As [`Self::new`], whatever the weight's second size is.
    pub(crate) fn of(name: &str, x: &Tensor, weight: &Tensor, config: Conv2d) -> Result<Self> {
        let Conv2d { stride, padding, method } = config;
        let (images, height, width, channels) = x.dims4()?;
        let (outputs, _, kernel, kernel_width) = weight.dims4()?;
        if kernel != kernel_width || kernel == 0 || stride == 0 {
            bail!("{name}: expected a square window and a stride above 0, found {:?} and {stride}", weight.dims())
        }
        if height + 2 * padding < kernel || width + 2 * padding < kernel {
            bail!("{name}: a window of {kernel}×{kernel} does not fit an image of {height}×{width}, padding {padding}")
        }
        let out = |size: usize| (size + 2 * padding - kernel) / stride + 1;
        let (out_height, out_width) = (out(height), out(width));
        Ok(Self { images, height, width, channels, outputs, kernel, stride, padding, out_height, out_width, method })
    }

    /// Numbers in an image.
    pub(crate) fn image(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Numbers in an image's result.
    pub(crate) fn out_image(&self) -> usize {
        self.out_height * self.out_width * self.outputs
    }

    /// Numbers in a window.
    pub(crate) fn window(&self) -> usize {
        self.kernel * self.kernel * self.channels
    }

    /// Numbers in the result.
    pub(crate) fn out_len(&self) -> usize {
        self.images * self.out_image()
    }

    /// Numbers in the weight of a dense convolution.
    pub(crate) fn weights(&self) -> usize {
        self.outputs * self.window()
    }

    /// The batch in pieces of whole images of at least `units` units of work together, an image having `per_image`,
    /// and at most `most` pieces. Sums over a batch are taken piece by piece and then over the pieces in order, so
    /// the pieces depend on sizes alone.
    pub(crate) fn images_in_a_piece(&self, per_image: usize, units: usize, most: usize) -> usize {
        let wanted = units.div_ceil(per_image.max(1));
        wanted.max(self.images.div_ceil(most)).clamp(1, self.images.max(1))
    }

    /// Of a window's row or column `offset`: the output positions whose source lies inside an image of `size`.
    pub(crate) fn inside(&self, offset: usize, size: usize, out: usize) -> Range<usize> {
        // Positions p with 0 ≤ p·stride + offset − padding < size.
        let first = self.padding.saturating_sub(offset).div_ceil(self.stride);
        let end = (size + self.padding).saturating_sub(offset).div_ceil(self.stride).min(out);
        first.min(end)..end
    }
}

/// Adds up pieces' sums in order.
pub(crate) fn add_in_order(total: &mut [f32], pieces: Vec<Scratch>) {
    const PART: usize = 1 << 12;
    total.par_chunks_mut(PART).enumerate().for_each(|(index, total)| {
        total.fill(0.0);
        for piece in &pieces {
            let piece = &piece[index * PART..][..total.len()];
            total.iter_mut().zip(piece).for_each(|(total, value)| *total += value);
        }
    });
}
