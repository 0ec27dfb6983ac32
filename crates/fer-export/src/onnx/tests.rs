//! Graphs against `tests/golden/exported_models/graphs.json`, where each stands as the package `onnx` read it after ONNX Runtime
//! had given the right probabilities by it. `tract-onnx`, which could run graphs here, takes seven minutes of a core to
//! compile.

use std::collections::BTreeMap;

use fer_artifact::{Array, Digest, Model, Provenance, Seed};
use fer_imgproc::Preprocessing;
use fer_model::NetworkConfig;
use serde_json::{Map, Value, json};

use super::proto::AttributeProto;
use super::*;
use crate::Precision;

/// Height, width and classes of the golden graphs.
const SIZE: (usize, usize, usize) = (16, 24, 3);

fn golden() -> Map<String, Value> {
    serde_json::from_str(include_str!("../../../../tests/golden/exported_models/graphs.json")).unwrap()
}

/// A model whose weights are all different, of a case's name: network, equalisation, normalisation, bits.
fn model(case: &str) -> (Model, Precision) {
    let [network, equalization, normalization, bits] = case.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{case}")
    };
    let (height, width, classes) = SIZE;
    let mut config = match network {
        "face-cnn" => json!({"rrelu": {"lower": 0.125, "upper": 0.25}}),
        "face-resnet" => json!({"stem": [3, 4], "widths": [4, 6, 8], "blocks": [1, 2, 1], "dropout": 0.5}),
        _ => json!({}),
    };
    let sizes = json!({"name": network, "height": height, "width": width, "classes": classes});
    config.as_object_mut().unwrap().extend(sizes.as_object().unwrap().clone());
    let normalization = match normalization {
        "standard" => json!({"kind": "standard", "mean": 0.5, "std": 0.25}),
        kind => json!({"kind": kind}),
    };
    let size = json!({"height": height, "width": width});
    let shapes = serde_json::from_value::<NetworkConfig>(config.clone()).unwrap().tensors().unwrap();
    let tensors = shapes.into_iter().enumerate().map(|(number, (name, shape))| {
        let values = (0..shape.iter().product()).map(|index: usize| number as f32 + index as f32 / 65536.0);
        (name, Array { data: values.collect(), shape })
    });
    let model = Model {
        classes: ["happy", "sad", "neutral"].map(str::to_owned).to_vec(),
        network: config,
        preprocessing: json!({"equalization": equalization, "normalization": normalization, "size": size}),
        training: Value::Null,
        evaluation: json!({"temperature": 0.75, "splits": {"validation": {"accuracy": 0.5}}}),
        tensors: tensors.collect(),
    };
    (model, if bits == "16" { Precision::Half } else { Precision::Single })
}

/// The file of a model, decoded again.
fn exported(model: &Model, precision: Precision) -> ModelProto {
    let provenance = Provenance::new("fer 1.2.3", Seed::new(7));
    let export = ModelExport { model, provenance: &provenance, digest: Digest::of_bytes(b"a file"), precision };
    let bytes = encode(&export, &Ready::new(model).unwrap(), "model.onnx".as_ref()).unwrap();
    ModelProto::decode(&bytes[..]).unwrap()
}

/// As `tests/golden/exported_models/make.py` writes it.
fn described(model: &ModelProto, weights: &BTreeMap<String, Array>) -> Value {
    let graph = model.graph.as_ref().unwrap();
    let node = |node: &proto::NodeProto| {
        let attributes = node.attribute.iter().map(|each| (each.name.clone(), attribute(each)));
        json!([node.op_type, node.input, node.output, attributes.collect::<Map<_, _>>()])
    };
    let constant = |tensor: &proto::TensorProto| {
        let parts = [json!(tensor.name), json!(type_name(tensor.data_type)), json!(tensor.dims)];
        Value::from_iter(parts.into_iter().chain(own_values(tensor, weights)))
    };
    json!({
        "opset": model.opset_import.iter().map(|opset| json!([opset.domain, opset.version])).collect::<Vec<_>>(),
        "input": graph.input.iter().map(place).collect::<Vec<_>>(),
        "output": graph.output.iter().map(place).collect::<Vec<_>>(),
        "constants": graph.initializer.iter().map(constant).collect::<Vec<_>>(),
        "nodes": graph.node.iter().map(node).collect::<Vec<_>>(),
    })
}

/// The values of a constant that is no weight of the network, unless there are many; of the levels all.
fn own_values(tensor: &proto::TensorProto, weights: &BTreeMap<String, Array>) -> Option<Value> {
    let elements: i64 = tensor.dims.iter().product();
    let is_own = !weights.contains_key(&tensor.name) && (elements <= 8 || tensor.name == "levels");
    let bytes = &tensor.raw_data;
    is_own.then(|| match type_name(tensor.data_type) {
        "FLOAT" => json!(floats(bytes).into_iter().map(f64::from).collect::<Vec<_>>()),
        "INT64" => json!(bytes.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect::<Vec<_>>()),
        "DOUBLE" => json!(bytes.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect::<Vec<_>>()),
        other => panic!("no constant of ours: {other}"),
    })
}

fn place(value: &ValueInfoProto) -> Value {
    let of = value.r#type.as_ref().unwrap().tensor_type.as_ref().unwrap();
    let sides = of.shape.as_ref().unwrap().dim.iter().map(|side| match side.value.as_ref().unwrap() {
        Dimension::Value(side) => json!(side),
        Dimension::Param(name) => json!(name),
    });
    Value::from_iter([json!(value.name), json!(type_name(of.elem_type))].into_iter().chain(sides))
}

fn type_name(number: i32) -> &'static str {
    match number {
        1 => "FLOAT",
        2 => "UINT8",
        7 => "INT64",
        10 => "FLOAT16",
        11 => "DOUBLE",
        other => panic!("no type of ours: {other}"),
    }
}

fn attribute(attribute: &AttributeProto) -> Value {
    match attribute.r#type {
        1 => json!(attribute.f.map(f64::from)),
        2 => json!(attribute.i),
        3 => json!(std::str::from_utf8(attribute.s.as_ref().unwrap()).unwrap()),
        4 => json!(floats(&attribute.t.as_ref().unwrap().raw_data)),
        7 => json!(attribute.ints),
        other => panic!("no type of ours: {other}"),
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

#[test]
fn every_graph_is_one_that_onnx_runtime_was_seen_to_run_rightly() {
    let golden = golden();
    assert_eq!(golden.len(), 10);
    for (case, expected) in golden {
        let (model, precision) = model(&case);
        let found = described(&exported(&model, precision), &model.tensors);
        for key in ["opset", "input", "output", "constants", "nodes"] {
            assert_eq!(found[key], expected[key], "{case}: {key}");
        }
    }
}

#[test]
fn all_networks_and_all_preprocessings_have_a_golden_graph() {
    let cases = golden();
    let has = |part: &str| cases.keys().any(|case| case.contains(part));
    for network in fer_model::NetworkParams::all() {
        assert!(has(&format!("{} ", network.name())), "{}", network.name());
    }
    for equalization in ["none", "global"] {
        for normalization in ["unit", "standard", "per-image"] {
            assert!(has(&format!(" {equalization} {normalization} ")), "{equalization} {normalization}");
        }
    }
}

#[test]
fn weights_and_tables_hold_the_models_numbers() {
    let (model, precision) = model("face-resnet none standard 32");
    let constants: BTreeMap<String, Vec<f32>> = exported(&model, precision)
        .graph
        .unwrap()
        .initializer
        .into_iter()
        .filter(|tensor| tensor.data_type == DataType::Float as i32)
        .map(|tensor| (tensor.name, floats(&tensor.raw_data)))
        .collect();
    for (name, array) in &model.tensors {
        assert_eq!(constants[name], array.data, "{name}");
    }
    assert_eq!(constants["temperature"], [0.75]);
    let every_level: Vec<u8> = (0..=255).chain([0; 128]).collect();
    let preprocessing: Preprocessing = serde_json::from_value(model.preprocessing).unwrap();
    let features = preprocessing.features(&every_level, preprocessing.size()).unwrap();
    assert_eq!(constants["normalization.table"], features[..256]);
}

#[test]
fn matrices_of_16_bits_are_rounded_to_nearest_even() {
    let (mut model, precision) = model("compact-cnn none unit 16");
    // Spacing of 16-bit floats at 1: 1/1024. Halfway between two of them stands the even one.
    let weight = &mut model.tensors.get_mut("fc.1.weight").unwrap().data;
    weight[..3].copy_from_slice(&[1.0 + 1.0 / 2048.0, 1.0 + 3.0 / 2048.0, -2.0]);
    let graph = exported(&model, precision).graph.unwrap();
    let named = |name: &str| graph.initializer.iter().find(|tensor| tensor.name == name);
    assert_eq!(named("fc.1.weight.f16").unwrap().raw_data[..6], [0x00, 0x3c, 0x02, 0x3c, 0x00, 0xc0]);
    assert!(named("fc.1.weight").is_none() && named("fc.1.bias").unwrap().data_type == DataType::Float as i32);
    model.tensors.get_mut("fc.1.weight").unwrap().data[0] = 1e5;
    let provenance = Provenance::new("fer", Seed::new(0));
    let export = ModelExport { model: &model, provenance: &provenance, digest: Digest::of_bytes(&[]), precision };
    let error = encode(&export, &Ready::new(&model).unwrap(), "big.onnx".as_ref()).unwrap_err().to_string();
    assert!(error.starts_with("big.onnx: fc.1.weight[0]: expected a number that 16 bits can hold"), "{error}");
}

#[test]
fn the_metadata_say_what_the_header_says() {
    let (model, precision) = model("linear none unit 32");
    let file = exported(&model, precision);
    let metadata: BTreeMap<String, String> =
        file.metadata_props.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
    let keys: Vec<&str> = metadata.keys().map(String::as_str).collect();
    let expected = ["classes", "digest", "evaluation", "network", "preprocessing", "provenance", "temperature"];
    assert_eq!(keys, expected);
    assert_eq!((&*file.producer_name, &*file.producer_version), ("fer", "1.2.3"));
    assert_eq!(metadata["classes"], r#"["happy","sad","neutral"]"#);
    assert_eq!(metadata["digest"], Digest::of_bytes(b"a file").to_string());
    assert_eq!(metadata["temperature"], "0.75");
    let value = |key: &str| serde_json::from_str::<Value>(&metadata[key]).unwrap();
    assert_eq!(value("evaluation"), model.evaluation);
    assert_eq!(value("preprocessing"), model.preprocessing);
    assert_eq!(value("provenance"), json!({"producer": "fer 1.2.3", "seed": 7, "parents": {}, "params": {}}));
}
