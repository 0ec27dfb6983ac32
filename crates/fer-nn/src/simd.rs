//! Vector instructions, chosen when the program runs.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use pulp::{Arch, Simd, WithSimd};

/// Which instructions the operators use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instructions {
    /// The widest that this machine has: AVX-512, AVX2 with FMA, NEON, or what every processor of its kind has.
    Detected,
    /// What every processor of its kind has, and plain loops for matrix products. Slow; for tests and for doubts.
    Portable,
}

static PORTABLE: AtomicBool = AtomicBool::new(false);

/// Chooses the instructions of all operators in this process. To be called before any of them runs: results of
/// different instructions differ by rounding.
pub fn set_instructions(instructions: Instructions) {
    PORTABLE.store(instructions == Instructions::Portable, Ordering::Relaxed);
}

/// The name of the instructions in use: `avx512`, `avx2`, `neon` or `portable`.
pub fn instructions() -> &'static str {
    match arch() {
        #[cfg(target_arch = "x86_64")]
        Arch::V4(_) => "avx512",
        #[cfg(target_arch = "x86_64")]
        Arch::V3(_) => "avx2",
        #[cfg(target_arch = "aarch64")]
        Arch::Neon(_) => "neon",
        _ => "portable",
    }
}

/// Whether plain code was asked for.
pub(crate) fn is_portable() -> bool {
    PORTABLE.load(Ordering::Relaxed)
}

fn arch() -> Arch {
    static DETECTED: OnceLock<Arch> = OnceLock::new();
    if is_portable() { Arch::Scalar } else { *DETECTED.get_or_init(Arch::new) }
}

/// Runs a kernel, compiled once for each kind of instructions.
pub(crate) fn vectorize<K: WithSimd>(kernel: K) -> K::Output {
    arch().dispatch(kernel)
}

/// Runs plain loops, compiled once for each kind of instructions. The closure must be `#[inline(always)]`, and so must
/// be whatever it calls: the compiler leaves a function of its own in the plainest kind.
pub(crate) fn autovectorize<R>(f: impl FnMut() -> R) -> R {
    struct Loops<F>(F);
    impl<R, F: FnMut() -> R> WithSimd for Loops<F> {
        type Output = R;

        #[inline(always)]
        fn with_simd<S: Simd>(mut self, _: S) -> R {
            (self.0)()
        }
    }
    vectorize(Loops(f))
}

/// How many of a vector's lanes count.
pub(crate) trait Lanes<S: Simd>: Copy {
    /// The numbers at the start of `from`; lanes beyond its end are 0.
    fn load(self, simd: S, from: &[f32]) -> S::f32s;
    /// Writes the lanes that count to the start of `to`.
    fn store(self, simd: S, to: &mut [f32], values: S::f32s);
}

/// All lanes.
#[derive(Clone, Copy)]
pub(crate) struct Full;

/// The first so many, fewer than all.
#[derive(Clone, Copy)]
pub(crate) struct First(pub(crate) usize);

impl<S: Simd> Lanes<S> for Full {
    #[inline(always)]
    fn load(self, _: S, from: &[f32]) -> S::f32s {
        S::as_simd_f32s(&from[..S::F32_LANES]).0[0]
    }

    #[inline(always)]
    fn store(self, _: S, to: &mut [f32], values: S::f32s) {
        S::as_mut_simd_f32s(&mut to[..S::F32_LANES]).0[0] = values;
    }
}

impl<S: Simd> Lanes<S> for First {
    #[inline(always)]
    fn load(self, simd: S, from: &[f32]) -> S::f32s {
        simd.partial_load_f32s(&from[..self.0])
    }

    #[inline(always)]
    fn store(self, simd: S, to: &mut [f32], values: S::f32s) {
        simd.partial_store_f32s(&mut to[..self.0], values);
    }
}

/// Calls `$body` for every vector of `$width` numbers: with the place of its first, and its lanes.
macro_rules! for_each_vector {
    ($simd:ty, $width:expr, |$at:ident, $lanes:ident| $body:expr) => {{
        let width = $width;
        let whole = width - width % <$simd>::F32_LANES;
        for $at in (0..whole).step_by(<$simd>::F32_LANES) {
            let $lanes = Full;
            $body;
        }
        if whole < width {
            let ($at, $lanes) = (whole, First(width - whole));
            $body;
        }
    }};
}
pub(crate) use for_each_vector;
