//! Every way in which a safetensors file can be no artifact, with the whole message.

use fer_artifact::{Checkpoint, Error, FeatureSet, ImageSet, Model, Predictions, describe, read, read_tensors};
use serde_json::{Value, json};

use crate::raw::{RawFile, RawTensor, bytes, file, floats, header, images, without_path, words};

fn features() -> Vec<RawTensor<'static>> {
    with(images(), ("images", "F32", vec![2, 1, 1, 2], floats(&[0.0, 0.25, 0.5, 1.0])))
}

fn logits() -> Vec<RawTensor<'static>> {
    let mut tensors = images();
    tensors[0] = ("logits", "F32", vec![2, 2], floats(&[0.0, 1.0, 2.0, -1.0]));
    tensors
}

/// The tensors with the one of this name replaced.
fn with<'a>(mut tensors: Vec<RawTensor<'a>>, tensor: RawTensor<'a>) -> Vec<RawTensor<'a>> {
    let at = tensors.iter().position(|(name, ..)| *name == tensor.0).unwrap();
    tensors[at] = tensor;
    tensors
}

fn without<'a>(tensors: Vec<RawTensor<'a>>, name: &str) -> Vec<RawTensor<'a>> {
    tensors.into_iter().filter(|tensor| tensor.0 != name).collect()
}

fn image_refusal(tensors: &[RawTensor<'_>]) -> String {
    file(&header("images").to_string(), tensors).refusal::<ImageSet>()
}

fn header_refusal(fer: &Value) -> String {
    file(&fer.to_string(), &images()).refusal::<ImageSet>()
}

#[test]
fn the_files_that_these_tests_spoil_are_good() {
    read::<ImageSet>(&file(&header("images").to_string(), &images()).path()).unwrap();
    read::<FeatureSet>(&file(&header("features").to_string(), &features()).path()).unwrap();
    read::<Predictions>(&file(&header("predictions").to_string(), &logits()).path()).unwrap();
}

#[test]
fn a_missing_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent.safetensors");
    let expected = "cannot read the file: No such file or directory (os error 2)";
    assert_eq!(without_path(&read::<ImageSet>(&path).unwrap_err(), &path), expected);
    assert_eq!(without_path(&describe(&path).unwrap_err(), &path), expected);
    assert_eq!(without_path(&read_tensors(&path).unwrap_err(), &path), expected);
}

#[test]
fn another_kind() {
    let features = file(&header("features").to_string(), &features());
    assert_eq!(features.refusal::<ImageSet>(), "expected an artifact of kind `images`, found `features`");
    assert_eq!(features.refusal::<Model>(), "expected an artifact of kind `model`, found `features`");
    assert!(matches!(read::<Checkpoint>(&features.path()), Err(Error::Kind { .. })));
}

#[test]
fn a_kind_that_does_not_exist() {
    assert_eq!(
        file(r#"{"kind":"pictures","schema":1,"classes":["sad"]}"#, &images()).refusal::<ImageSet>(),
        "metadata key `fer`: unknown variant `pictures`, expected one of `images`, `features`, `model`, `predictions`, \
         `checkpoint` at line 1 column 18"
    );
}

#[test]
fn a_later_schema() {
    let mut header = header("images");
    header["schema"] = json!(2);
    assert_eq!(header_refusal(&header), "schema 2 of `images` is not known here, expected 1");
}

#[test]
fn a_header_that_is_incomplete_or_no_json() {
    for field in ["kind", "schema", "classes"] {
        let mut header = header("images");
        header.as_object_mut().unwrap().remove(field);
        let message = header_refusal(&header);
        assert!(message.starts_with(&format!("metadata key `fer`: missing field `{field}` at line 1")), "{message}");
    }
    let mut no_split = header("images");
    no_split.as_object_mut().unwrap().remove("split");
    assert_eq!(header_refusal(&no_split), "metadata key `fer`: missing field `split`");
    let message = file("no json", &images()).refusal::<ImageSet>();
    assert_eq!(message, "metadata key `fer`: expected ident at line 1 column 2");
}

#[test]
fn no_classes_or_more_than_labels_can_name() {
    let mut header = header("images");
    header["classes"] = json!([]);
    assert_eq!(header_refusal(&header), "metadata key `fer`: expected 1 to 256 classes, found 0");
    header["classes"] = json!((0..256).map(|index| index.to_string()).collect::<Vec<_>>());
    assert!(read::<ImageSet>(&file(&header.to_string(), &images()).path()).is_ok());
    header["classes"] = json!((0..257).map(|index| index.to_string()).collect::<Vec<_>>());
    assert_eq!(header_refusal(&header), "metadata key `fer`: expected 1 to 256 classes, found 257");
}

#[test]
fn a_class_twice_or_without_a_name() {
    let mut header = header("model");
    header["classes"] = json!(["a", "b", "a"]);
    assert_eq!(header_refusal(&header), "metadata key `fer`: class `a` stands twice");
    header["classes"] = json!(["a", "b\u{1b}"]);
    let expected = r"metadata key `fer`: expected a name without control characters, found `b\u{1b}`";
    assert_eq!(header_refusal(&header), expected);
    header["classes"] = json!(["a", ""]);
    assert_eq!(header_refusal(&header), "metadata key `fer`: expected names of classes, found an empty one");
}

#[test]
fn no_metadata_key_fer() {
    let expected = "has no metadata key `fer`, so it is no artifact of a stage";
    for head in [json!({}), json!({"__metadata__": {"other": "{}"}})] {
        assert_eq!(RawFile::of(&bytes(&head, &[])).refusal::<ImageSet>(), expected);
    }
}

#[test]
fn a_missing_tensor() {
    for name in ["images", "labels", "rows"] {
        assert_eq!(image_refusal(&without(images(), name)), format!("tensor `{name}` is missing"));
    }
    let predictions = file(&header("predictions").to_string(), &without(logits(), "logits"));
    assert_eq!(predictions.refusal::<Predictions>(), "tensor `logits` is missing");
}

#[test]
fn an_extra_tensor() {
    let mut tensors = images();
    tensors.push(("weights", "F32", vec![1], floats(&[1.0])));
    assert_eq!(image_refusal(&tensors), "tensor `weights` is not expected in an artifact of kind `images`");
}

#[test]
fn a_wrong_dtype() {
    assert_eq!(
        image_refusal(&with(images(), ("images", "F32", vec![2, 1, 2], floats(&[0.0; 4])))),
        "tensor `images`: expected U8 [*, *, *], found F32 [2, 1, 2]"
    );
    assert_eq!(
        image_refusal(&with(images(), ("labels", "I64", vec![2], vec![0; 16]))),
        "tensor `labels`: expected U8 [2], found I64 [2]"
    );
    assert_eq!(
        image_refusal(&with(images(), ("rows", "U16", vec![2], vec![0; 4]))),
        "tensor `rows`: expected U32 [2], found U16 [2]"
    );
    let model = file(&header("model").to_string(), &[("w", "F64", vec![1], vec![0; 8])]);
    assert_eq!(model.refusal::<Model>(), "tensor `w`: expected F32, found F64 [1]");
}

#[test]
fn a_wrong_shape() {
    assert_eq!(
        image_refusal(&with(images(), ("images", "U8", vec![2, 2], vec![0; 4]))),
        "tensor `images`: expected U8 [*, *, *], found U8 [2, 2]"
    );
    assert_eq!(
        image_refusal(&with(images(), ("labels", "U8", vec![3], vec![0; 3]))),
        "tensor `labels`: expected U8 [2], found U8 [3]"
    );
    assert_eq!(
        image_refusal(&with(images(), ("rows", "U32", vec![2, 1], words(&[0, 1])))),
        "tensor `rows`: expected U32 [2], found U32 [2, 1]"
    );
    let colour = with(features(), ("images", "F32", vec![2, 2, 1, 1], floats(&[0.0; 4])));
    assert_eq!(
        file(&header("features").to_string(), &colour).refusal::<FeatureSet>(),
        "tensor `images`: expected F32 [*, 1, *, *], found F32 [2, 2, 1, 1]"
    );
    let three_classes = with(logits(), ("logits", "F32", vec![2, 3], floats(&[0.0; 6])));
    assert_eq!(
        file(&header("predictions").to_string(), &three_classes).refusal::<Predictions>(),
        "tensor `logits`: expected F32 [*, 2], found F32 [2, 3]"
    );
}

#[test]
fn a_label_without_a_class() {
    let spoilt = ("labels", "U8", vec![2], vec![1, 2]);
    let expected = "labels[1]: expected a label below 2, the number of classes, found 2";
    assert_eq!(image_refusal(&with(images(), spoilt.clone())), expected);
    let features = file(&header("features").to_string(), &with(features(), spoilt.clone()));
    assert_eq!(features.refusal::<FeatureSet>(), expected);
    let predictions = file(&header("predictions").to_string(), &with(logits(), spoilt));
    assert_eq!(predictions.refusal::<Predictions>(), expected);
}

#[test]
fn numbers_that_are_not_finite() {
    let nan = with(features(), ("images", "F32", vec![2, 1, 1, 2], floats(&[0.0, 1.0, f32::NAN, 0.0])));
    assert_eq!(
        file(&header("features").to_string(), &nan).refusal::<FeatureSet>(),
        "images[2]: expected a finite number, found NaN"
    );
    let infinite = with(logits(), ("logits", "F32", vec![2, 2], floats(&[0.0, 1.0, 2.0, f32::NEG_INFINITY])));
    assert_eq!(
        file(&header("predictions").to_string(), &infinite).refusal::<Predictions>(),
        "logits[3]: expected a finite number, found -inf"
    );
    let weights = [("fc.weight", "F32", vec![1], floats(&[f32::INFINITY]))];
    let expected = "fc.weight[0]: expected a finite number, found inf";
    assert_eq!(file(&header("model").to_string(), &weights).refusal::<Model>(), expected);
    assert_eq!(file(&header("checkpoint").to_string(), &weights).refusal::<Checkpoint>(), expected);
}

#[test]
fn images_without_pixels_or_of_an_absurd_size() {
    let absurd = 1usize << 40;
    let none = with(images(), ("images", "U8", vec![0, 1, 16_384], vec![]));
    let none = with(with(none, ("labels", "U8", vec![0], vec![])), ("rows", "U32", vec![0], vec![]));
    assert_eq!(read::<ImageSet>(&file(&header("images").to_string(), &none).path()).unwrap().width, 16_384);
    for (height, width) in [(0, 0), (0, 3), (absurd, absurd), (absurd, 1), (1, 16_385)] {
        let none = with(images(), ("images", "U8", vec![0, height, width], vec![]));
        let none = with(with(none, ("labels", "U8", vec![0], vec![])), ("rows", "U32", vec![0], vec![]));
        let expected = format!("images: expected a height and a width from 1 to 16384, found {height} and {width}");
        assert_eq!(image_refusal(&none), expected);
        let none = with(none, ("images", "F32", vec![0, 1, height, width], vec![]));
        assert_eq!(file(&header("features").to_string(), &none).refusal::<FeatureSet>(), expected);
    }
}

#[test]
fn targets_that_are_no_shares_of_the_label_are_refused() {
    let with = |targets: [f32; 4]| {
        let mut tensors = images();
        tensors.push(("targets", "F32", vec![2, 2], floats(&targets)));
        tensors
    };
    read::<ImageSet>(&file(&header("images").to_string(), &with([0.5, 0.5, 0.0, 1.0])).path()).unwrap();
    let refused = |targets| image_refusal(&with(targets));
    assert_eq!(refused([0.5, 0.5, -0.5, 1.5]), "targets[1]: expected numbers from 0, found [-0.5, 1.5]");
    assert_eq!(refused([f32::NAN, 0.5, 0.0, 1.0]), "targets[0]: expected numbers from 0, found [NaN, 0.5]");
    assert_eq!(refused([0.5, 0.25, 0.0, 1.0]), "targets[0]: expected numbers that make 1 together, found [0.5, 0.25]");
    assert_eq!(
        refused([1.0, 0.0, 0.75, 0.25]),
        "targets[1]: expected the largest number for the label, 1, found [0.75, 0.25]"
    );
    let mut tensors = images();
    tensors.push(("targets", "F32", vec![2, 3], floats(&[0.0; 6])));
    assert_eq!(image_refusal(&tensors), "tensor `targets`: expected F32 [2, 2], found F32 [2, 3]");
}
