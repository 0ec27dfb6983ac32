//! A model at a place: formats, what is refused, what is never overwritten.

mod hugging_face;
mod refusals;
mod write;

use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::{Array, Digest, Model, Provenance, Seed};
use fer_export::{Error, Existing, Format, ModelExport, Precision};
use serde_json::{Value, json};

/// A linear model on two pixels in two classes.
fn model() -> Model {
    Model {
        classes: vec!["happy".into(), "sad \"2\"".into()],
        network: json!({"name": "linear", "height": 1, "width": 2, "classes": 2}),
        preprocessing: json!({
            "equalization": "global",
            "normalization": {"kind": "standard", "mean": 0.5, "std": 0.25},
            "size": {"height": 1, "width": 2}
        }),
        training: Value::Null,
        evaluation: Value::Null,
        tensors: BTreeMap::from([
            ("fc.weight".into(), Array { shape: vec![2, 2], data: vec![1.0, 0.0, 0.0, 1.0] }),
            ("fc.bias".into(), Array { shape: vec![2], data: vec![0.0, 0.5] }),
        ]),
    }
}

fn write_as(model: &Model, out: &Path, format: Format, existing: Existing) -> Result<u64, Error> {
    write_in(Precision::Single, model, out, format, existing)
}

fn write_in(precision: Precision, model: &Model, out: &Path, format: Format, existing: Existing) -> Result<u64, Error> {
    let provenance = Provenance::new("fer 1.2.3", Seed::new(7));
    let digest = Digest::of_bytes(b"a file");
    ModelExport { model, provenance: &provenance, digest, precision }.write(out, format, existing)
}
