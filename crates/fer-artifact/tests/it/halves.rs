use fer_artifact::{Array, Error, Model, Provenance, Seed, describe, read, write, write_half};
use serde_json::{Value, json};

fn model(weights: Vec<f32>) -> Model {
    let n = weights.len();
    Model {
        classes: vec!["a".into()],
        network: Value::Null,
        preprocessing: Value::Null,
        training: Value::Null,
        evaluation: json!({"temperature": 1.5}),
        tensors: [
            ("fc.weight".to_owned(), Array::new([1, n], weights)),
            ("fc.bias".to_owned(), Array::new([1], vec![1e-9])),
        ]
        .into(),
    }
}

fn provenance() -> Provenance {
    Provenance::new("test", Seed::new(1))
}

#[test]
fn matrices_are_rounded_to_sixteen_bits_and_vectors_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    // Sixteen bits hold 11 binary digits: 1 + 2^-10 is exact, 1 + 2^-11 a tie that goes to even, 2049 becomes 2048.
    let weights = vec![1.0 + 1.0 / 1024.0, 1.0 + 1.0 / 2048.0, -0.333, 2049.0, 65504.0, 6e-8];
    write_half(&path, &model(weights), &provenance()).unwrap();
    let found: Model = read(&path).unwrap();
    let expected = [1.0 + 1.0 / 1024.0, 1.0, -0.333_007_8, 2048.0, 65504.0, 5.9604645e-8];
    assert_eq!(found.tensors["fc.weight"].data, expected);
    assert_eq!(found.tensors["fc.bias"].data, [1e-9]);
    assert_eq!(found.evaluation, json!({"temperature": 1.5}));
    let (_, table) = describe(&path).unwrap();
    let dtypes: Vec<(&str, &str)> = table.iter().map(|tensor| (&*tensor.name, &*tensor.dtype)).collect();
    assert_eq!(dtypes, [("fc.bias", "F32"), ("fc.weight", "F16")]);
}

#[test]
fn a_weight_beyond_sixteen_bits_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let error = write_half(&path, &model(vec![0.0, 70000.0]), &provenance()).unwrap_err();
    assert!(matches!(error, Error::Value { .. }), "{error}");
    let expected = "fc.weight[1]: expected a number that 16 bits can hold, up to 65504, found 70000";
    assert!(error.to_string().ends_with(expected), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_model_without_an_evaluation_says_nothing_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write(&path, &Model { evaluation: Value::Null, ..model(vec![1.0]) }, &provenance()).unwrap();
    let header = describe(&path).unwrap().0.unwrap();
    assert!(!header.details.contains_key("evaluation"));
    assert_eq!(read::<Model>(&path).unwrap().evaluation, Value::Null);
}
