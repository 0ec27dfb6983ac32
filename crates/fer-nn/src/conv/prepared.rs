//! Weights as forward passes read them.

use super::columns;
use super::config::Method;
use super::geometry::Geometry;
use super::single::places_first;
use super::winograd::{self, Planes};
use crate::product::Layout;
use crate::scratch::Scratch;

/// A convolution's weight, turned into what its method works with. It depends on weight and method alone, not on the images.
pub(crate) enum Prepared {
    /// Transformed.
    Winograd(Planes, Scratch),
    /// A packed matrix, to which a window is a row.
    Windows(Scratch, Layout),
    /// `[9, O]`, of a single channel.
    Single(Vec<f32>),
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Prepared")
    }
}

impl Geometry {
    pub(super) fn is_winograd(&self) -> bool {
        self.method == Method::Fast && self.suits_winograd()
    }
}

impl Prepared {
    pub(crate) fn new(g: &Geometry, weight: &[f32]) -> Self {
        if g.is_winograd() {
            let (planes, kernel) = winograd::transform_weight(g, weight, winograd::Side::Outputs);
            Self::Winograd(planes, kernel)
        } else if g.is_single() {
            Self::Single(places_first(weight, g.outputs))
        } else {
            let (kernel, layout) = columns::packed(g, weight);
            Self::Windows(kernel, layout)
        }
    }
}
