//! What rows of faces have in common.

use serde::ser::{Serialize, Serializer};

/// Probabilities by the names of their classes, in the classes' order.
pub(super) struct ByClass<'a>(pub(super) &'a [String], pub(super) &'a [f64]);

impl Serialize for ByClass<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(self.1))
    }
}
