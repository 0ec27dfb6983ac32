//! What a convolution is, beside its weight.

/// Stride and padding of a convolution, the same in both directions, and how it is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv2d {
    /// Step from window to window, at least 1.
    pub stride: usize,
    /// Zeros around the image.
    pub padding: usize,
    /// How to compute it.
    pub method: Method,
}

impl Conv2d {
    /// This stride and padding, computed the fast way.
    pub const fn new(stride: usize, padding: usize) -> Self {
        Self { stride, padding, method: Method::Fast }
    }
}

/// How a convolution is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// 3×3 windows with stride 1 by Winograd's F(4×4, 3×3), where there are at least eight channels on both sides;
    /// its rounding error is a few times that of a plain sum (see `docs/performance.md`). Others as [`Self::Exact`].
    Fast,
    /// By plain sums over windows: a matrix product, or for 3×3 windows of one channel with stride 1 the nine products themselves.
    Exact,
}
