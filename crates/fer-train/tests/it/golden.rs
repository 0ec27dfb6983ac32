//! Whole trainings against PyTorch. `tests/golden/face_cnn/make.py` and `tests/golden/shards/make.py` made the expected values in
//! float64; initial weights and images come from the same formula here and there.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use fer_artifact::{Array, EpochRecord, FER2013_CLASSES, FeatureSet, Model, Seed, Split};
use fer_model::{Mode, Network, NetworkConfig};
use fer_train::{Flow, MakeCheckpoint, Observer, ObserverError, Progress, TrainData, TrainParams, train};
use serde_json::{Value, json};

/// A tensor after the training, and how the training changed it: every `stride`-th element, at most 64, and sums over
/// all.
#[derive(serde::Deserialize)]
struct Summary {
    stride: usize,
    samples: Vec<f64>,
    changes: Vec<f64>,
    sum: f64,
    norm: f64,
    change_norm: f64,
}

#[derive(serde::Deserialize)]
struct Golden {
    size: usize,
    images: usize,
    batch_size: usize,
    losses: Vec<f64>,
    first_logits: Vec<Vec<f64>>,
    last_logits: Vec<Vec<f64>>,
    tensors: BTreeMap<String, Summary>,
}

fn golden(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(file);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// `uniform` of `make.py`.
fn uniform(number: u32, index: usize) -> f64 {
    let mut x = (index as u32).wrapping_mul(0x9E37_79B1).wrapping_add(number.wrapping_mul(0x85EB_CA77));
    x = (x ^ (x >> 15)).wrapping_mul(0x2C1B_3C6D);
    x = (x ^ (x >> 12)).wrapping_mul(0x297A_2D39);
    f64::from((x ^ (x >> 15)) >> 8) / f64::from(1 << 24)
}

/// `initial` of `make.py`.
fn initial(number: u32, name: &str, shape: &[usize]) -> Array {
    let count = shape.iter().product();
    let bound = match shape {
        [_, rest @ ..] if !rest.is_empty() => 1.0 / (rest.iter().product::<usize>() as f64).sqrt(),
        _ => 0.1,
    };
    let value = |u: f64| match name {
        _ if name.ends_with("running_var") => 0.5 + u,
        _ if name.ends_with(".1.weight") && name.starts_with("conv") => 0.75 + 0.5 * u,
        _ => (2.0 * u - 1.0) * bound,
    };
    Array::new(shape, (0..count).map(|index| value(uniform(number, index)) as f32).collect())
}

/// `images` of `make.py`.
fn images(count: usize, size: usize) -> FeatureSet {
    let labels: Vec<u8> = (0..count).map(|index| (index % 7) as u8).collect();
    let pixel = |index: usize| {
        let (image, row, column) = (index / (size * size), index / size % size, index % size);
        let brightness = f64::from(labels[image] + 1) / 7.0;
        let in_corner = row < size / 2 && column < size / 2;
        (uniform(1000, index) * if in_corner { brightness } else { 1.0 }) as f32
    };
    FeatureSet {
        classes: FER2013_CLASSES.map(String::from).to_vec(),
        split: Split::Train,
        height: size,
        width: size,
        images: (0..count * size * size).map(pixel).collect(),
        rows: (0..count as u32).collect(),
        labels,
        origins: None,
        targets: None,
        preprocessing: Value::Null,
    }
}

/// Keeps the running mean of the loss after every batch.
#[derive(Default)]
struct Losses(Vec<Progress>);

impl Observer for Losses {
    fn seconds(&mut self) -> f64 {
        0.0
    }

    fn batch(&mut self, progress: &Progress, _: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        self.0.push(*progress);
        Ok(Flow::Continue)
    }

    fn epoch(&mut self, _: &EpochRecord, _: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        Ok(Flow::Continue)
    }
}

impl Losses {
    /// Each batch's own loss.
    fn of_batches(&self) -> Vec<f64> {
        let sums = self.0.iter().map(|at| (at.loss * at.images as f64, at.images));
        let sums: Vec<(f64, usize)> = std::iter::once((0.0, 0)).chain(sums).collect();
        sums.windows(2).map(|pair| (pair[1].0 - pair[0].0) / (pair[1].1 - pair[0].1) as f64).collect()
    }
}

fn logits(config: &NetworkConfig, tensors: &BTreeMap<String, Array>, set: &FeatureSet, count: usize) -> Vec<Vec<f32>> {
    let tensor = |shape: &[usize], data: &[f32]| Tensor::from_slice(data, shape, &Device::Cpu).unwrap();
    let tensors = tensors.iter().map(|(name, array)| (name.clone(), tensor(&array.shape, &array.data))).collect();
    let pixels = count * set.height * set.width;
    let images = tensor(&[count, 1, set.height, set.width], &set.images.all().unwrap()[..pixels]);
    Network::load(config, tensors).unwrap().forward(&images, Mode::Evaluate).unwrap().to_vec2().unwrap()
}

fn assert_logits(found: &[Vec<f32>], expected: &[Vec<f64>], tolerance: f64, when: &str) {
    for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert!((f64::from(*found) - expected).abs() < tolerance, "{when}: logit {found}, expected {expected}");
    }
}

/// ‖found − expected‖ / ‖expected‖.
fn distance(found: &[f64], expected: &[f64]) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    norm(&mut found.iter().zip(expected).map(|(a, b)| a - b)) / norm(&mut expected.iter().copied())
}

fn assert_tensor(name: &str, before: &Array, after: &Array, expected: &Summary, tolerance: f64) {
    let values = |array: &Array| array.data.iter().copied().map(f64::from).collect::<Vec<_>>();
    let sampled = |values: &[f64]| values.iter().copied().step_by(expected.stride).take(64).collect::<Vec<_>>();
    let (before, after) = (values(before), values(after));
    let change: Vec<f64> = after.iter().zip(&before).map(|(after, before)| after - before).collect();
    let norm = |values: &[f64]| values.iter().map(|x| x * x).sum::<f64>().sqrt();

    assert!(distance(&sampled(&after), &expected.samples) < 1e-3, "{name}: samples");
    assert!((norm(&after) / expected.norm - 1.0).abs() < 1e-3, "{name}: norm");
    assert!((after.iter().sum::<f64>() - expected.sum).abs() < 1e-3 * expected.norm * (after.len() as f64).sqrt());
    // Batch norm takes a convolution's bias off again: in exact arithmetic its gradient is zero.
    let is_bias_before_norm = name.starts_with("conv") && name.ends_with(".0.bias");
    if !is_bias_before_norm {
        let changes = distance(&sampled(&change), &expected.changes);
        assert!(changes < tolerance, "{name}: changes differ by {changes:.1e}");
        let norm = norm(&change) / expected.change_norm - 1.0;
        assert!(norm.abs() < tolerance, "{name}: norm of the change differs by {norm:.1e}");
    }
}

/// One epoch from the golden's weights, on the golden's images. The losses agree within 1e-4 (relative), the trained
/// weights and running statistics within 1e-3, what changed in them within `tolerance`, evaluation logits within 1e-4
/// before and `tolerance` after.
fn check(case: &str, params: Value, tolerance: f64) {
    check_in("face_cnn/training.json", case, params, tolerance);
}

/// The same with values of this file.
fn check_in(file: &str, case: &str, params: Value, tolerance: f64) {
    let golden: Golden = serde_json::from_value(golden(file)[case].take()).unwrap();
    let mut params = params;
    params["epochs"] = json!(1);
    params["batch_size"] = json!(golden.batch_size);
    let params: TrainParams = serde_json::from_value(params).unwrap();
    let config = NetworkConfig { params: params.model, height: golden.size, width: golden.size, classes: 7 };
    let named = config.tensors().unwrap().into_iter().zip(0..);
    let before: BTreeMap<String, Array> =
        named.map(|((name, shape), number)| (name.clone(), initial(number, &name, &shape))).collect();
    let set = images(golden.images, golden.size);

    let first = logits(&config, &before, &set, golden.batch_size);
    assert_logits(&first, &golden.first_logits, 1e-4, "before");
    let data = TrainData { train: &set, validation: None, teachers: &[] };
    let mut observer = Losses::default();
    let trained = train(&params, &data, Some(before.clone()), None, Seed::new(1), &mut observer).unwrap();
    let Model { tensors: after, .. } = trained.model;

    let losses = observer.of_batches();
    assert_eq!(losses.len(), golden.losses.len());
    assert!(distance(&losses, &golden.losses) < 1e-4, "{losses:?}, expected {:?}", golden.losses);
    let last = trained.history[0].last_batch_loss;
    assert!((last / golden.losses.last().unwrap() - 1.0).abs() < 1e-3);
    assert!(after.keys().eq(golden.tensors.keys()));
    for (name, expected) in &golden.tensors {
        assert_tensor(name, &before[name], &after[name], expected, tolerance);
    }
    assert_logits(&logits(&config, &after, &set, golden.batch_size), &golden.last_logits, tolerance, "after");
}

#[test]
fn five_steps_of_the_seeds_network_end_where_pytorch_ends() {
    let model = json!({"name": "face-cnn", "rrelu": {"lower": 0.25, "upper": 0.25}, "dropout": [0, 0]});
    check("face-cnn, sgd", json!({"model": model, "optimizer": {"learning_rate": 0.05}}), 1e-3);
}

fn compact() -> Value {
    json!({"name": "compact-cnn", "dropout": 0})
}

#[test]
fn five_steps_of_a_residual_network_end_where_pytorch_ends() {
    let model = json!({"name": "face-resnet", "stem": [5, 8], "widths": [8, 12, 16], "blocks": [1, 2, 1]});
    let optimizer = json!({"name": "sgd", "learning_rate": 0.05, "momentum": 0.9});
    check("face-resnet, momentum", json!({"model": model, "optimizer": optimizer}), 1e-3);
}

#[test]
fn momentum_is_that_of_pytorch() {
    let optimizer = json!({"name": "sgd", "learning_rate": 0.05, "momentum": 0.9});
    check("compact-cnn, momentum", json!({"model": compact(), "optimizer": optimizer}), 1e-3);
}

#[test]
fn nesterov_weight_decay_and_label_smoothing_are_those_of_pytorch() {
    let optimizer =
        json!({"name": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": true, "weight_decay": 0.01});
    let params = json!({"model": compact(), "optimizer": optimizer, "label_smoothing": 0.1});
    check("compact-cnn, nesterov", params, 1e-3);
}

#[test]
fn adamw_is_that_of_pytorch() {
    let optimizer =
        json!({"name": "adamw", "learning_rate": 0.01, "betas": [0.8, 0.95], "eps": 1e-4, "weight_decay": 0.1});
    let params = json!({"model": compact(), "optimizer": optimizer, "label_smoothing": 0.2});
    check("compact-cnn, adamw", params, 1e-3);
}

#[test]
fn four_parts_of_a_batch_end_where_pytorch_and_its_data_parallel_end() {
    let optimizer = json!({"name": "sgd", "learning_rate": 0.05, "momentum": 0.9});
    let params = json!({"model": compact(), "optimizer": optimizer, "shards": 4});
    check_in("shards/training.json", "compact-cnn, 4 shards", params, 1e-3);
}

#[test]
fn three_parts_of_a_batch_that_does_not_divide_end_where_pytorch_ends() {
    let model = json!({"name": "face-resnet", "stem": [5, 8], "widths": [8, 12, 16], "blocks": [1, 2, 1]});
    let optimizer = json!({"name": "adamw", "learning_rate": 0.01, "eps": 1e-4});
    let params = json!({"model": model, "optimizer": optimizer, "shards": 3});
    check_in("shards/training.json", "face-resnet, 3 shards", params, 1e-3);
}

#[test]
fn schedules_are_those_of_pytorch() {
    let golden = golden("face_cnn/schedules.json");
    let number = |name: &str| golden[name].as_u64().unwrap() as usize;
    let base = golden["learning_rate"].as_f64().unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 9);
    for case in cases {
        let schedule: fer_train::Schedule = serde_json::from_value(case["schedule"].clone()).unwrap();
        for (step, expected) in case["rates"].as_array().unwrap().iter().enumerate() {
            let (steps_per_epoch, epochs) = (number("steps_per_epoch"), number("epochs"));
            let at = fer_train::Position { step: step as u64, steps_per_epoch, epochs };
            let (found, expected) = (schedule.learning_rate(base, at), expected.as_f64().unwrap());
            assert!((found - expected).abs() < 1e-12, "{schedule:?}, step {step}: {found}, expected {expected}");
        }
    }
}
