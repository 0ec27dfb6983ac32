//! The transforms of a row or a column: polynomials at six points, and back.

use pulp::Simd;

/// An array of what is said of each number below 3, 4 or 6, written out: arrays of vectors that loops fill are cleared
/// in memory before, and copied in it afterwards.
macro_rules! each {
    (@ $number:ident, $value:expr, $($numbers:expr)*) => {
        [$({ let $number: usize = $numbers; $value }),*]
    };
    (3, |$number:ident| $value:expr) => { each!(@ $number, $value, 0 1 2) };
    (4, |$number:ident| $value:expr) => { each!(@ $number, $value, 0 1 2 3) };
    (6, |$number:ident| $value:expr) => { each!(@ $number, $value, 0 1 2 3 4 5) };
}
pub(super) use each;

/// The method evaluates polynomials at 0, ±P, ±Q and infinity. The usual 0, ±1, ±2 lose three times as many digits:
/// these points' powers stay closer to 1. All constants made of them are exact.
const P: f32 = 0.75;
/// See [`P`].
const Q: f32 = 1.5;
const P2: f32 = P * P;
const Q2: f32 = Q * Q;
/// Norms of the weights' polynomials at ±P and ±Q.
const P_NORM: f32 = 1.0 / (2.0 * P2 * (P2 - Q2));
/// See [`P_NORM`].
const Q_NORM: f32 = 1.0 / (2.0 * Q2 * (Q2 - P2));

/// G g.
#[inline(always)]
pub(super) fn weight_points<S: Simd>(simd: S, g: [S::f32s; 3]) -> [S::f32s; 6] {
    let of = |factor: f32, a, b| simd.mul_add_f32s(simd.splat_f32s(factor), a, b);
    let times = |factor: f32, a| simd.mul_f32s(simd.splat_f32s(factor), a);
    let (near, near_odd) = (times(P_NORM, of(P2, g[2], g[0])), times(P * P_NORM, g[1]));
    let (far, far_odd) = (times(Q_NORM, of(Q2, g[2], g[0])), times(Q * Q_NORM, g[1]));
    [
        times(1.0 / (P2 * Q2), g[0]),
        simd.add_f32s(near, near_odd),
        simd.sub_f32s(near, near_odd),
        simd.add_f32s(far, far_odd),
        simd.sub_f32s(far, far_odd),
        g[2],
    ]
}

/// Gᵀ u.
#[inline(always)]
pub(super) fn weight_gradients<S: Simd>(simd: S, u: [S::f32s; 6]) -> [S::f32s; 3] {
    let of = |factor: f32, a, b| simd.mul_add_f32s(simd.splat_f32s(factor), a, b);
    let times = |factor: f32, a| simd.mul_f32s(simd.splat_f32s(factor), a);
    let (near, far) = (times(P_NORM, simd.add_f32s(u[1], u[2])), times(Q_NORM, simd.add_f32s(u[3], u[4])));
    let (near_odd, far_odd) = (times(P_NORM, simd.sub_f32s(u[1], u[2])), times(Q_NORM, simd.sub_f32s(u[3], u[4])));
    [
        of(1.0 / (P2 * Q2), u[0], simd.add_f32s(near, far)),
        of(P, near_odd, times(Q, far_odd)),
        of(P2, near, of(Q2, far, u[5])),
    ]
}

/// Bᵀ d.
#[inline(always)]
pub(super) fn input_points<S: Simd>(simd: S, d: [S::f32s; 6]) -> [S::f32s; 6] {
    let of = |factor: f32, a, b| simd.mul_add_f32s(simd.splat_f32s(factor), a, b);
    let (near, near_odd) = (of(-Q2, d[2], d[4]), of(-Q2, d[1], d[3]));
    let (far, far_odd) = (of(-P2, d[2], d[4]), of(-P2, d[1], d[3]));
    [
        of(P2 * Q2, d[0], of(-P2 - Q2, d[2], d[4])),
        of(P, near_odd, near),
        of(-P, near_odd, near),
        of(Q, far_odd, far),
        of(-Q, far_odd, far),
        of(P2 * Q2, d[1], of(-P2 - Q2, d[3], d[5])),
    ]
}

/// Aᵀ m.
#[inline(always)]
pub(super) fn results<S: Simd>(simd: S, m: [S::f32s; 6]) -> [S::f32s; 4] {
    let of = |factor: f32, a, b| simd.mul_add_f32s(simd.splat_f32s(factor), a, b);
    let times = |factor: f32, a| simd.mul_f32s(simd.splat_f32s(factor), a);
    let (near, near_odd) = (simd.add_f32s(m[1], m[2]), simd.sub_f32s(m[1], m[2]));
    let (far, far_odd) = (simd.add_f32s(m[3], m[4]), simd.sub_f32s(m[3], m[4]));
    [
        simd.add_f32s(m[0], simd.add_f32s(near, far)),
        of(P, near_odd, times(Q, far_odd)),
        of(P2, near, times(Q2, far)),
        of(P * P2, near_odd, of(Q * Q2, far_odd, m[5])),
    ]
}

/// A y.
#[inline(always)]
pub(super) fn spread<S: Simd>(simd: S, y: [S::f32s; 4]) -> [S::f32s; 6] {
    let of = |factor: f32, a, b| simd.mul_add_f32s(simd.splat_f32s(factor), a, b);
    let (near, near_odd) = (of(P2, y[2], y[0]), of(P2, y[3], y[1]));
    let (far, far_odd) = (of(Q2, y[2], y[0]), of(Q2, y[3], y[1]));
    [y[0], of(P, near_odd, near), of(-P, near_odd, near), of(Q, far_odd, far), of(-Q, far_odd, far), y[3]]
}

/// B v.
#[inline(always)]
pub(super) fn input_gradients<S: Simd>(simd: S, v: [S::f32s; 6]) -> [S::f32s; 6] {
    let of = |factor: f32, a, b| simd.mul_add_f32s(simd.splat_f32s(factor), a, b);
    let times = |factor: f32, a| simd.mul_f32s(simd.splat_f32s(factor), a);
    let (near, near_odd) = (simd.add_f32s(v[1], v[2]), simd.sub_f32s(v[1], v[2]));
    let (far, far_odd) = (simd.add_f32s(v[3], v[4]), simd.sub_f32s(v[3], v[4]));
    [
        times(P2 * Q2, v[0]),
        of(-P * Q2, near_odd, of(-Q * P2, far_odd, times(P2 * Q2, v[5]))),
        of(-P2 - Q2, v[0], of(-Q2, near, times(-P2, far))),
        of(P, near_odd, of(Q, far_odd, times(-P2 - Q2, v[5]))),
        simd.add_f32s(v[0], simd.add_f32s(near, far)),
        v[5],
    ]
}
