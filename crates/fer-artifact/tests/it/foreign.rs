//! Files from other programs: `tests/golden/artifact/make.py` wrote them with Python's safetensors.

use std::path::PathBuf;

use fer_artifact::{
    Array, Error, FER2013_CLASSES, ImageSet, Model, Provenance, Seed, Split, describe, read, read_tensors, write,
};
use safetensors::{Dtype, SafeTensors};
use serde_json::json;

use crate::raw;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/artifact").join(name)
}

#[test]
fn images_that_python_wrote_are_read() {
    let expected = ImageSet {
        classes: vec!["sad".into(), "happy".into()],
        split: Split::Test,
        height: 2,
        width: 3,
        images: (0..12).map(|i| i * 20).collect(),
        labels: vec![1, 0],
        rows: vec![5, 70_000],
        groups: None,
        origins: None,
        targets: None,
    };
    assert_eq!(read::<ImageSet>(&golden("images.safetensors")).unwrap(), expected);
    let (header, _) = describe(&golden("images.safetensors")).unwrap();
    assert_eq!(header.unwrap().seed, Seed::new(0));
}

#[test]
fn pytorch_s_state_dict_is_read_without_its_batch_counters() {
    let tensors = read_tensors(&golden("state_dict.safetensors")).unwrap();
    let names: Vec<&str> = tensors.keys().map(String::as_str).collect();
    assert_eq!(names, ["0.bias", "0.weight", "1.bias", "1.running_mean", "1.running_var", "1.weight"]);
    // The script numbers each tensor's elements from 0, and adds a quarter of the tensor's place in the state_dict.
    let weight = Array::new([2, 1, 3, 3], (0..18).map(|i| i as f32).collect());
    assert_eq!(tensors["0.weight"], weight);
    assert_eq!(tensors["1.running_var"], Array::new([2], vec![1.25, 2.25]));
}

#[test]
fn a_state_dict_is_no_artifact_but_can_be_described() {
    let path = golden("state_dict.safetensors");
    let error = read::<Model>(&path).unwrap_err();
    assert_eq!(raw::without_path(&error, &path), "has no metadata key `fer`, so it is no artifact of a stage");
    let (header, table) = describe(&path).unwrap();
    assert_eq!(header, None);
    assert_eq!(table.len(), 7);
    assert_eq!(
        (table[3].name.as_str(), table[3].dtype.as_str(), &table[3].shape[..]),
        ("1.num_batches_tracked", "I64", &[][..])
    );
}

#[test]
fn tensors_of_another_dtype_are_refused() {
    let path = golden("images.safetensors");
    let error = read_tensors(&path).unwrap_err();
    assert!(matches!(error, Error::Tensor { .. }));
    assert_eq!(raw::without_path(&error, &path), "tensor `images`: expected F32, found U8 [2, 2, 3]");
}

#[test]
fn ours_are_read_by_the_safetensors_library() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = Model {
        classes: FER2013_CLASSES.map(String::from).to_vec(),
        network: json!({"name": "linear"}),
        preprocessing: json!(null),
        training: json!(null),
        evaluation: json!(null),
        tensors: [
            ("a.weight".to_owned(), Array::new([2, 1], vec![1.5, -2.0])),
            ("scale".to_owned(), Array::new([], vec![0.25])),
        ]
        .into(),
    };
    write(&path, &model, &Provenance::new("test", Seed::new(1))).unwrap();
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let weight = file.tensor("a.weight").unwrap();
    assert_eq!((weight.dtype(), weight.shape()), (Dtype::F32, &[2, 1][..]));
    assert_eq!(weight.data(), [1.5f32.to_le_bytes(), (-2.0f32).to_le_bytes()].concat());
    assert_eq!(file.tensor("scale").unwrap().shape(), &[] as &[usize]);
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = metadata.metadata().as_ref().unwrap();
    assert_eq!(metadata.keys().collect::<Vec<_>>(), ["fer"]);
}
