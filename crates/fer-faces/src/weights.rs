//! The detector's weights, which are part of the program.

use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::{Array, read_tensors_bytes};

const NAME: &str = "yunet.safetensors";
const BYTES: &[u8] = include_bytes!("../model/yunet.safetensors");

/// Layers by name.
pub(crate) struct Layers(BTreeMap<String, Array>);

impl Layers {
    /// Those in the program.
    pub(crate) fn built_in() -> Self {
        Self(read_tensors_bytes(Path::new(NAME), BYTES).expect("the weights in the program are whole"))
    }

    /// A layer's `weight` or `bias`.
    ///
    /// # Panics
    /// If there is no such layer.
    pub(crate) fn get(&self, layer: &str, kind: &str) -> &Array {
        &self.0[&format!("{layer}.{kind}")]
    }
}
