use std::collections::BTreeMap;

use fer_artifact::{Array, FeatureSet, Model, Split};
use fer_eval::{Error, Predictor, predict};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A linear model of two pixels and three classes: logits are `a`, `b` and `a + b - 1` of the pixels.
pub(crate) fn model() -> Model {
    Model {
        classes: ["first", "second", "both"].map(String::from).to_vec(),
        network: json!({"name": "linear", "height": 1, "width": 2, "classes": 3}),
        preprocessing: Value::Null,
        training: Value::Null,
        evaluation: Value::Null,
        tensors: BTreeMap::from([
            ("fc.weight".into(), Array::new([3, 2], vec![1.0, 0.0, 0.0, 1.0, 1.0, 1.0])),
            ("fc.bias".into(), Array::new([3], vec![0.0, 0.0, -1.0])),
        ]),
    }
}

pub(crate) fn features(split: Split, pixels: &[[f32; 2]], labels: &[u8]) -> FeatureSet {
    FeatureSet {
        classes: model().classes,
        split,
        height: 1,
        width: 2,
        images: pixels.concat().into(),
        labels: labels.to_vec(),
        rows: (100..100 + labels.len() as u32).collect(),
        origins: None,
        targets: None,
        preprocessing: Value::Null,
    }
}

#[test]
fn logits_are_those_of_the_network_in_the_order_of_the_images() {
    let set = features(Split::Test, &[[0.5, 0.25], [2.0, 4.0], [-1.0, 0.0]], &[0, 2, 1]);
    let found = predict(&model(), &set, 2).unwrap();
    assert_eq!(found.logits, [0.5, 0.25, -0.25, 2.0, 4.0, 5.0, -1.0, 0.0, -2.0]);
    assert_eq!((found.split, found.labels, found.rows), (Split::Test, vec![0, 2, 1], vec![100, 101, 102]));
    assert_eq!(found.classes, model().classes);
}

#[test]
fn images_that_are_not_in_memory_have_the_same_logits_batch_by_batch() {
    let pixels: Vec<[f32; 2]> = (0..23).map(|index| [index as f32 * 0.37, index as f32 * -0.21]).collect();
    let set =
        FeatureSet { origins: Some(["a.png"; 23].into_iter().collect()), ..features(Split::Test, &pixels, &[0; 23]) };
    let elsewhere = FeatureSet { images: set.images.map(2, 2, |images: &[f32]| images.to_vec()), ..set.clone() };
    for batch_size in [1, 5, 23, 64] {
        let found = predict(&model(), &elsewhere, batch_size).unwrap();
        assert_eq!(found, predict(&model(), &set, batch_size).unwrap());
        assert_eq!(found.origins, set.origins);
    }
    let mut spoiled = set;
    spoiled.images.in_memory().unwrap()[2 * 12] = f32::MAX;
    spoiled.images.in_memory().unwrap()[2 * 12 + 1] = f32::MAX;
    let message = predict(&model(), &spoiled, 5).unwrap_err().to_string();
    assert!(message.starts_with("test: row 112: expected finite logits, found inf"), "{message}");
}

#[test]
fn the_network_is_in_evaluation_mode() {
    // Dropout and batch statistics would make the two calls differ, and images depend on their neighbours.
    let config = json!({"name": "face-cnn", "height": 8, "width": 8, "classes": 3});
    let network: fer_model::NetworkConfig = serde_json::from_value(config.clone()).unwrap();
    let value = |index: usize| ((index * 7919 % 101) as f32 - 50.0) / 500.0;
    let tensors = network.tensors().unwrap().into_iter().map(|(name, shape)| {
        let n: usize = shape.iter().product();
        let ones = name.ends_with("running_var");
        (name, Array::new(shape, (0..n).map(|index| if ones { 1.0 } else { value(index) }).collect()))
    });
    let model = Model { network: config, tensors: tensors.collect(), ..model() };
    let images: Vec<f32> = (0..5 * 64).map(|index| value(index) + 0.1).collect();
    let labels = vec![0; 5];
    let set = FeatureSet { height: 8, width: 8, images: images.into(), ..features(Split::Test, &[], &labels) };
    let (together, alone) = (predict(&model, &set, 5).unwrap(), predict(&model, &set, 1).unwrap());
    assert_eq!(together, predict(&model, &set, 5).unwrap());
    let largest = together.logits.iter().fold(0f32, |largest, logit| largest.max(logit.abs()));
    assert!(largest > 0.0);
    for (a, b) in together.logits.iter().zip(&alone.logits) {
        assert!((a - b).abs() <= 1e-5 * largest, "{a} alone is {b}, the largest is {largest}");
    }
}

#[test]
fn a_model_without_a_network_is_refused() {
    let message = Predictor::new(&Model { network: Value::Null, ..model() }).unwrap_err().to_string();
    assert!(message.starts_with("the model's header has no `network`: expected its configuration"), "{message}");
}

#[test]
fn an_unknown_network_is_refused_with_those_that_there_are() {
    let network = json!({"name": "resnet", "height": 1, "width": 2, "classes": 3});
    let message = Predictor::new(&Model { network, ..model() }).unwrap_err().to_string();
    assert!(
        message.starts_with("the model's header: `network`: unknown variant `resnet`, expected one of"),
        "{message}"
    );
}

#[test]
fn a_network_of_other_classes_than_the_model_names_is_refused() {
    let classes = vec!["one".to_owned()];
    let message = Predictor::new(&Model { classes, ..model() }).unwrap_err().to_string();
    assert_eq!(message, "the model's header: expected a network of 1 classes, as many as it names, found 3");
}

#[test]
fn tensors_that_are_not_the_networks_are_listed() {
    let mut model = model();
    model.tensors.remove("fc.bias");
    let message = Predictor::new(&model).unwrap_err().to_string();
    assert_eq!(message, "the tensors do not fit `linear`: `fc.bias` [3] is missing");
}

#[test]
fn data_with_other_classes_are_refused() {
    let mut set = features(Split::Validation, &[[0.0, 0.0]], &[0]);
    set.classes.swap(0, 1);
    let message = predict(&model(), &set, 1).unwrap_err().to_string();
    assert_eq!(
        message,
        r#"validation: expected the model's classes ["first", "second", "both"], found ["second", "first", "both"]"#
    );
}

#[test]
fn images_of_another_size_are_refused() {
    let set = FeatureSet { height: 2, width: 1, ..features(Split::Train, &[[0.0, 0.0]], &[0]) };
    let message = predict(&model(), &set, 1).unwrap_err().to_string();
    assert_eq!(message, "train: expected images of 1×2 pixels, the network's input, found 2×1");
}

#[test]
fn images_without_labels_have_the_logits_of_a_set() {
    let set = features(Split::Test, &[[0.5, 0.25], [2.0, 4.0], [-1.0, 0.0]], &[0, 2, 1]);
    let predictor = Predictor::new(&model()).unwrap();
    assert_eq!(predictor.logits(&set.images.all().unwrap(), 2).unwrap(), predictor.predict(&set, 2).unwrap().logits);
    assert!(predictor.logits(&[], 2).unwrap().is_empty());
    let message = predictor.logits(&[0.0; 5], 2).unwrap_err().to_string();
    assert_eq!(message, "expected whole images of 1×2, 2 values each, found 5 values");
    let message = predictor.logits(&[0.0, 0.0, 0.0, 0.0, f32::MAX, f32::MAX], 2).unwrap_err().to_string();
    assert!(message.starts_with("image 2: expected finite logits, found inf"), "{message}");
}

#[test]
fn a_header_that_would_move_the_cursor_is_shown_escaped() {
    let network = json!({"name": "\u{1b}[31mevil\u{7}", "height": 1, "width": 2, "classes": 3});
    let message = Predictor::new(&Model { network, ..model() }).unwrap_err().to_string();
    assert!(message.contains(r"unknown variant `\u{1b}[31mevil\u{7}`"), "{message}");
}

#[test]
fn a_logit_that_is_not_finite_names_its_row() {
    let set = features(Split::Test, &[[0.0, 0.0], [f32::MAX, f32::MAX]], &[0, 0]);
    let error = predict(&model(), &set, 2).unwrap_err();
    assert!(matches!(error, Error::NotFinite { split: Split::Test, row: 101, .. }), "{error}");
    assert!(error.to_string().starts_with("test: row 101: expected finite logits, found inf"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn batches_leave_no_image_out(n in 1usize..20, batch_size in 1usize..8) {
        let pixels: Vec<[f32; 2]> = (0..n).map(|index| [index as f32, 0.5]).collect();
        let found = predict(&model(), &features(Split::Test, &pixels, &vec![0; n]), batch_size).unwrap();
        let firsts: Vec<f32> = found.logits.iter().step_by(3).copied().collect();
        prop_assert_eq!(firsts, (0..n).map(|index| index as f32).collect::<Vec<_>>());
    }
}

/// A batch has 256 images, or as many as keep the largest layer, here the image, within 2²⁵ values.
#[test]
fn a_batch_is_as_large_as_its_largest_layer_allows() {
    let batch_size = |width: usize| {
        let network = json!({"name": "linear", "height": 256, "width": width, "classes": 2});
        let tensors = [("fc.bias", vec![2]), ("fc.weight", vec![2, 256 * width])];
        let zeros = |(name, shape): (&str, Vec<usize>)| {
            (name.to_owned(), Array::new(shape.clone(), vec![0.0; shape.iter().product()]))
        };
        let classes = vec!["a".to_owned(), "b".to_owned()];
        let tensors = tensors.into_iter().map(zeros).collect();
        Predictor::new(&Model { classes, network, tensors, ..model() }).unwrap().batch_size()
    };
    assert_eq!([2, 512, 513].map(batch_size), [256, 256, 255]);
}
