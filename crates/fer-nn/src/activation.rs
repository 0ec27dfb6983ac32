use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use crate::Stream;
use crate::results::results;
use crate::scratch::Scratch;
use crate::simd::autovectorize;
use crate::tape::{self, Backward, Handed, Wanted};
use crate::tensor::{PIECE, floats, slice};

/// What is applied to each element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `x` where it is above zero and `slope · x` elsewhere.
    LeakyRelu(Slope),
    /// x · σ(x), with σ the logistic function: PyTorch's `SiLU`.
    Silu,
}

impl Activation {
    /// The ReLU.
    pub const RELU: Self = Self::LeakyRelu(Slope::Fixed(0.0));
}

/// The slope of a leaky ReLU below zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Slope {
    /// The same everywhere: 0 is ReLU; the middle of RReLU's range is RReLU in evaluation.
    Fixed(f32),
    /// Drawn anew for every element from [lower, upper): RReLU in training. A slope belongs to the element's index.
    Random {
        /// Smallest slope.
        lower: f32,
        /// Upper end of the slopes.
        upper: f32,
        /// Where the slopes come from.
        stream: Stream,
    },
}

/// Applies the activation elementwise; any shape, f32.
///
/// # Errors
/// candle's.
pub fn activate(x: &Tensor, activation: Activation) -> Result<Tensor> {
    if activation == Activation::Identity {
        return Ok(x.clone());
    }
    tape::apply1(&x.contiguous()?, Activate(activation))
}

/// An activation as a function of one number and, where it is random, a number uniform in [0, 1).
pub(crate) trait Curve: Copy + Sync {
    /// Value and derivative at `x`.
    fn at(self, x: f32, random: f32) -> (f32, f32);
}

/// Evaluates `$body` with `$curve` bound to the activation's [`Curve`].
macro_rules! with_curve {
    ($activation:expr, |$curve:ident| $body:expr) => {
        match $activation {
            $crate::Activation::Identity => {
                let $curve = $crate::activation::Straight;
                $body
            }
            $crate::Activation::LeakyRelu($crate::Slope::Fixed(slope)) => {
                let $curve = $crate::activation::Leaky(slope);
                $body
            }
            $crate::Activation::LeakyRelu($crate::Slope::Random { lower, upper, .. }) => {
                let $curve = $crate::activation::RandomLeaky { lower, range: upper - lower };
                $body
            }
            $crate::Activation::Silu => {
                let $curve = $crate::activation::Smooth;
                $body
            }
        }
    };
}
pub(crate) use with_curve;

impl Activation {
    /// Where its random numbers come from.
    pub(crate) fn stream(self) -> Option<Stream> {
        match self {
            Self::LeakyRelu(Slope::Random { stream, .. }) => Some(stream),
            _ => None,
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Straight;

#[derive(Clone, Copy)]
pub(crate) struct Leaky(pub(crate) f32);

#[derive(Clone, Copy)]
pub(crate) struct RandomLeaky {
    pub(crate) lower: f32,
    pub(crate) range: f32,
}

#[derive(Clone, Copy)]
pub(crate) struct Smooth;

impl Curve for Straight {
    #[inline(always)]
    fn at(self, x: f32, _: f32) -> (f32, f32) {
        (x, 1.0)
    }
}

impl Curve for Leaky {
    #[inline(always)]
    fn at(self, x: f32, _: f32) -> (f32, f32) {
        let slope = if x > 0.0 { 1.0 } else { self.0 };
        (x * slope, slope)
    }
}

impl Curve for RandomLeaky {
    #[inline(always)]
    fn at(self, x: f32, random: f32) -> (f32, f32) {
        let slope = if x > 0.0 { 1.0 } else { self.lower + self.range * random };
        (x * slope, slope)
    }
}

impl Curve for Smooth {
    #[inline(always)]
    fn at(self, x: f32, _: f32) -> (f32, f32) {
        let sigma = 1.0 / (1.0 + exp(-x));
        (x * sigma, sigma * (1.0 + x * (1.0 - sigma)))
    }
}

/// eˣ within two units in the last place, from e⁻⁸⁷ to e⁸⁸ and constant beyond: 2ⁿ times a polynomial (Cody and
/// Waite's reduction; coefficients of Taylor's series up to r⁷, whose rest is below 1e-8 for |r| ≤ ln 2 / 2). Written so
/// that it vectorises.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const LN2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    // Adding and taking off 1.5·2²³ rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    let x = if x > 88.0 { 88.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    let n = x * std::f32::consts::LOG2_E + ROUND - ROUND;
    let r = x - n * LN2[0] - n * LN2[1];
    let mut sum = 1.0 / 5040.0;
    for coefficient in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = sum * r + coefficient;
    }
    // A NaN counts as 0 here, but has made `sum` a NaN before.
    sum * f32::from_bits(((n as i32 + 127) << 23) as u32)
}

struct Activate(Activation);

impl Activate {
    /// Writes `f` of value and derivative at each element, and of the same element of `values`.
    fn map(&self, x: &[f32], values: &[f32], out: &mut [f32], f: impl Fn((f32, f32), f32) -> f32 + Sync) {
        let pieces = out.par_chunks_mut(PIECE).zip(x.par_chunks(PIECE)).zip(values.par_chunks(PIECE));
        pieces.enumerate().for_each(|(piece, ((out, x), values))| {
            // The random numbers, where there are any, lie where the results will.
            if let Some(stream) = self.0.stream() {
                stream.fill(piece * PIECE, out);
            }
            with_curve!(self.0, |curve| autovectorize(
                #[inline(always)]
                || {
                    for ((out, &x), &value) in out.iter_mut().zip(x).zip(values) {
                        *out = f(curve.at(x, *out), value);
                    }
                }
            ));
        });
    }
}

impl CustomOp1 for Activate {
    fn name(&self) -> &'static str {
        "activation"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(storage, layout)?;
        let mut y = results(x.len());
        self.map(x, x, &mut y, |(y, _), _| y);
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }
}

impl Backward for Activate {
    fn backward(&self, x: &Tensor, _residual: Option<&Tensor>, wanted: Wanted, dy: &[f32]) -> Result<Handed> {
        let mut dx = wanted.x.then(|| Scratch::new(dy.len()));
        if let Some(dx) = &mut dx {
            self.map(&floats(x)?, dy, dx, |(_, slope), dy| slope * dy);
        }
        Ok(Handed::x(dx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_that_of_the_standard_library_in_f64() {
        for step in -8700..8800 {
            let x = step as f32 / 100.0;
            let expected = f64::from(x).exp();
            assert!((f64::from(exp(x)) / expected - 1.0).abs() < 2.4e-7, "e^{x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(1000.0).is_finite() && exp(-1000.0) > 0.0);
    }
}
