//! Vector instructions, chosen when the program runs.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use pulp::{Arch, Simd, WithSimd};

/// Kinds of vector instructions. All give the same results, bit for bit; they differ in speed alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instructions {
    /// x86-64 with AVX-512.
    Avx512,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// 64-bit ARM.
    Neon,
    /// What every processor of its kind has. Slow where that has no fused multiply-add.
    Portable,
}

impl Instructions {
    /// All kinds, the fastest first.
    pub const ALL: [Self; 4] = [Self::Avx512, Self::Avx2, Self::Neon, Self::Portable];

    /// Its name in `FER_INSTRUCTIONS`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::Neon => "neon",
            Self::Portable => "portable",
        }
    }

    /// Whether this machine has them.
    pub fn is_available(self) -> bool {
        self.arch().is_some()
    }

    fn arch(self) -> Option<Arch> {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => pulp::x86::V4::try_new().map(Arch::V4),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => pulp::x86::V3::try_new().map(Arch::V3),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => pulp::aarch64::Neon::try_new().map(Arch::Neon),
            Self::Portable => Some(Arch::Scalar),
            // Kinds of another family of processors.
            #[cfg(target_arch = "x86_64")]
            Self::Neon => None,
            #[cfg(not(target_arch = "x86_64"))]
            _ => None,
        }
    }
}

impl fmt::Display for Instructions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why instructions cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstructionsError {
    /// No kind has this name.
    Unknown(String),
    /// This machine does not have them.
    Missing(Instructions),
}

impl fmt::Display for InstructionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let available = Instructions::ALL.iter().filter(|kind| kind.is_available());
        let available = available.map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ");
        match self {
            Self::Unknown(name) => write!(f, "unknown instructions `{name}`; this machine has {available}"),
            Self::Missing(kind) => write!(f, "this machine does not have `{kind}`; it has {available}"),
        }
    }
}

impl std::error::Error for InstructionsError {}

impl FromStr for Instructions {
    type Err = InstructionsError;

    fn from_str(name: &str) -> Result<Self, InstructionsError> {
        let kind = Self::ALL.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| InstructionsError::Unknown(name.to_owned()))
    }
}

/// The index in [`Instructions::ALL`] of what was chosen.
static CHOSEN: AtomicU8 = AtomicU8::new(u8::MAX);

/// Chooses the instructions of all operators in this process, instead of the fastest that the machine has.
///
/// # Errors
/// The machine does not have them.
pub fn set_instructions(instructions: Instructions) -> Result<(), InstructionsError> {
    if !instructions.is_available() {
        return Err(InstructionsError::Missing(instructions));
    }
    CHOSEN.store(instructions as u8, Ordering::Relaxed);
    Ok(())
}

/// The instructions in use.
pub fn instructions() -> Instructions {
    static FASTEST: OnceLock<Instructions> = OnceLock::new();
    match Instructions::ALL.get(usize::from(CHOSEN.load(Ordering::Relaxed))) {
        Some(&chosen) => chosen,
        None => *FASTEST.get_or_init(|| {
            Instructions::ALL.into_iter().find(|kind| kind.is_available()).unwrap_or(Instructions::Portable)
        }),
    }
}

fn arch() -> Arch {
    instructions().arch().unwrap_or(Arch::Scalar)
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
