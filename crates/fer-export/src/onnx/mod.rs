//! ONNX: one graph from pixels to probabilities.

mod graph;
mod network;
mod preprocessing;
mod proto;
#[cfg(test)]
mod tests;

use std::path::Path;

use fer_artifact::canonical_json;
use prost::Message;
use serde_json::{Value, json};

use self::graph::{Attribute, Graph, Values};
use self::network::Layers;
use self::preprocessing::preprocess;
use self::proto::{
    DataType, Dimension, DimensionProto, GraphProto, ModelProto, OperatorSetIdProto, StringStringEntryProto,
    TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use crate::ready::Ready;
use crate::{Error, ModelExport};

/// Version of the operators, and of the file's layout that came with them.
const OPSET: i64 = 17;
const IR_VERSION: i64 = 8;
/// Most bytes of a protocol buffer.
const LARGEST: usize = i32::MAX as usize;

/// The file's bytes; `path` is where they go, for messages.
pub(crate) fn encode(export: &ModelExport<'_>, ready: &Ready<'_>, path: &Path) -> Result<Vec<u8>, Error> {
    let (program, version) = export.provenance.producer.split_once(' ').unwrap_or((&export.provenance.producer, ""));
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: program.to_owned(),
        producer_version: version.to_owned(),
        doc_string:
            "Probabilities of facial expressions. Equalisation, normalisation and temperature are in the graph; \
                     give it gray faces as they are."
                .to_owned(),
        graph: Some(graph(export, ready, path)?),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        metadata_props: metadata(export, ready),
    };
    match model.encoded_len() {
        bytes if bytes > LARGEST => Err(Error::TooLarge { bytes }),
        _ => Ok(model.encode_to_vec()),
    }
}

fn graph(export: &ModelExport<'_>, ready: &Ready<'_>, path: &Path) -> Result<GraphProto, Error> {
    let mut graph = Graph::default();
    let features = preprocess(&mut graph, &ready.preprocessing, "images");
    let tensors = &ready.model.tensors;
    let mut layers = Layers { graph: &mut graph, tensors, precision: export.precision, path };
    let outputs = layers.add(&ready.network.layers()?, &features)?;
    let temperature = graph.constant("temperature", &[], Values::F32(&[ready.temperature as f32]));
    let logits = graph.node("Div", &[&outputs, &temperature], "logits", &[]);
    graph.node("Softmax", &[&logits], "probabilities", &[("axis", Attribute::Int(1))]);
    let (size, classes) = (ready.preprocessing.size(), ready.model.classes.len());
    let input = value(
        "images",
        DataType::Uint8,
        &[size.height(), size.width()],
        "Gray faces, 0 black to 255 white, one face in each image",
    );
    let output = |name, text| value(name, DataType::Float, &[classes], text);
    let outputs = vec![
        output("probabilities", "A probability for each class, in the order of the metadata's `classes`"),
        output("logits", "Before softmax, divided by the temperature"),
    ];
    Ok(graph.finish(ready.network.params.name(), vec![input], outputs))
}

/// A value `[N, …]`.
fn value(name: &str, of: DataType, shape: &[usize], text: &str) -> ValueInfoProto {
    let n = Dimension::Param("N".to_owned());
    let sides = shape.iter().map(|&side| Dimension::Value(side as i64));
    let dim = std::iter::once(n).chain(sides).map(|value| DimensionProto { value: Some(value) }).collect();
    let tensor_type = Some(TensorTypeProto { elem_type: of as i32, shape: Some(TensorShapeProto { dim }) });
    let r#type = Some(TypeProto { tensor_type });
    ValueInfoProto { name: name.to_owned(), r#type, doc_string: text.to_owned() }
}

/// All that the header of the model says, a key each; values that are not text are JSON.
fn metadata(export: &ModelExport<'_>, ready: &Ready<'_>) -> Vec<StringStringEntryProto> {
    let (model, provenance) = (ready.model, export.provenance);
    let origin = json!({
        "producer": provenance.producer,
        "seed": provenance.seed,
        "parents": provenance.parents,
        "params": provenance.params,
    });
    let json = |value: &Value| (!value.is_null()).then(|| canonical_json(value));
    let entries = [
        ("classes", Some(canonical_json(&model.classes))),
        ("digest", Some(export.digest.to_string())),
        ("evaluation", json(&model.evaluation)),
        ("network", json(&model.network)),
        ("preprocessing", json(&model.preprocessing)),
        ("provenance", json(&origin)),
        ("temperature", Some(ready.temperature.to_string())),
        ("training", json(&model.training)),
    ];
    let entry =
        |(key, value): (&str, Option<String>)| Some(StringStringEntryProto { key: key.to_owned(), value: value? });
    entries.into_iter().filter_map(entry).collect()
}
