//! Models made by hand, in files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fer_artifact::{Array, Model, Provenance, Seed, write};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder of models that goes away with the test.
pub(crate) struct Models(TempDir);

impl Models {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn put(&self, name: &str, model: &Model) -> PathBuf {
        let path = self.path().join(name);
        write(&path, model, &Provenance::new("a test", Seed::new(0))).unwrap();
        path
    }
}

/// A linear network on levels from 0 to 1 of square images, with a row of weights for each class.
pub(crate) fn linear(side: usize, classes: &[(&str, Vec<f32>)]) -> Model {
    let weights: Vec<f32> = classes.iter().flat_map(|(_, weights)| weights).copied().collect();
    let n = classes.len();
    Model {
        classes: classes.iter().map(|(name, _)| (*name).to_owned()).collect(),
        network: json!({"name": "linear", "height": side, "width": side, "classes": n}),
        preprocessing: preprocessing(side),
        training: Value::Null,
        evaluation: Value::Null,
        tensors: BTreeMap::from([
            ("fc.weight".to_owned(), Array::new([n, side * side], weights)),
            ("fc.bias".to_owned(), Array::new([n], vec![0.0; n])),
        ]),
    }
}

pub(crate) fn preprocessing(side: usize) -> Value {
    let size = json!({"height": side, "width": side});
    json!({"equalization": "none", "normalization": {"kind": "unit"}, "size": size})
}

/// Two pixels a side: the logit of `left` and of `right` is the sum over that half.
pub(crate) fn halves() -> Model {
    linear(2, &[("left", vec![1.0, 0.0, 1.0, 0.0]), ("right", vec![0.0, 1.0, 0.0, 1.0])])
}

/// The same, with the sign of every weight turned, so that it says the opposite.
pub(crate) fn opposite() -> Model {
    linear(2, &[("left", vec![-1.0, 0.0, -1.0, 0.0]), ("right", vec![0.0, -1.0, 0.0, -1.0])])
}

/// A model of this network without any tensor.
pub(crate) fn empty(network: Value) -> Model {
    let classes = ["a", "b"].map(str::to_owned).to_vec();
    let side = network["height"].as_u64().unwrap() as usize;
    let (preprocessing, tensors) = (preprocessing(side), BTreeMap::new());
    Model { classes, network, preprocessing, training: Value::Null, evaluation: Value::Null, tensors }
}
