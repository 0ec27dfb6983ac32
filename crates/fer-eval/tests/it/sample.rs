//! Made-up evaluations: predictions with some skill, pictures that are gradients, a training that gets better.

use fer_artifact::{FER2013_CLASSES, FeatureSet, Model, Predictions, Split, Tta};
use fer_eval::{Evaluation, ReportInput, Scope};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// All that a report is made of.
pub(crate) struct Sample {
    pub(crate) model: Model,
    pub(crate) evaluation: Evaluation,
    pub(crate) features: BTreeMap<Split, FeatureSet>,
    pub(crate) data_report: Option<Value>,
}

impl Sample {
    /// FER2013's classes; validation and test.
    pub(crate) fn usual() -> Self {
        Self::new(&FER2013_CLASSES, &[(Split::Validation, 150), (Split::Test, 120)], 2.0)
    }

    /// `skill` is what the true class's logit has over the others.
    pub(crate) fn new(classes: &[&str], splits: &[(Split, usize)], skill: f32) -> Self {
        let classes: Vec<String> = classes.iter().map(|name| (*name).to_owned()).collect();
        let features: BTreeMap<Split, FeatureSet> =
            splits.iter().map(|&(split, n)| (split, features(&classes, split, n))).collect();
        let predictions = features.iter().map(|(&split, set)| (split, predictions(set, skill)));
        let predictions: BTreeMap<Split, Predictions> = predictions.collect();
        let examples = BTreeMap::new();
        let evaluation = Evaluation { metrics: fer_eval::metrics(&predictions, Tta::None), predictions, examples };
        Self { model: model(classes), evaluation, features, data_report: None }
    }

    pub(crate) fn input(&self) -> ReportInput<'_> {
        ReportInput {
            title: "Faces of nobody",
            models: std::slice::from_ref(&self.model),
            scope: Scope::Run,
            baseline: None,
            sheets: &[],
            evaluation: &self.evaluation,
            features: &self.features,
            data_report: self.data_report.as_ref(),
            configuration: "version: 1\nseed: 42\nrun_dir: runs/sample\n",
        }
    }
}

/// Numbers from 0 to 1 that look random and are the same on every run.
pub(crate) fn dice(key: u32) -> f32 {
    let mut x = key.wrapping_mul(0x9E37_79B9) ^ 0x85EB_CA6B;
    for (shift, factor) in [(16, 0x7FEB_352D_u32), (15, 0x846C_A68B)] {
        x = (x ^ (x >> shift)).wrapping_mul(factor);
    }
    (x >> 8) as f32 / (1 << 24) as f32
}

fn features(classes: &[String], split: Split, n: usize) -> FeatureSet {
    let size = 12;
    let start = 1000 * split as u32;
    let pixel = |index: usize| {
        let (image, y, x) = (index / (size * size), index / size % size, index % size);
        0.5 + 0.4 * ((x as f32 * 0.4 + image as f32).sin() * (y as f32 * 0.3).cos())
    };
    FeatureSet {
        classes: classes.to_vec(),
        split,
        height: size,
        width: size,
        images: (0..n * size * size).map(pixel).collect(),
        labels: (0..n as u32).map(|index| (dice(start + index) * classes.len() as f32) as u8).collect(),
        rows: (start..start + n as u32).collect(),
        origins: None,
        targets: None,
        preprocessing: Value::Null,
    }
}

fn predictions(set: &FeatureSet, skill: f32) -> Predictions {
    let classes = set.classes.len();
    let logits = set.rows.iter().zip(&set.labels).flat_map(|(&row, &label)| {
        // Two dice make a hill; some classes are harder than others.
        let noise = move |class: usize| {
            let key = row * 64 + class as u32;
            2.0 * (dice(key) + dice(key + 100_000) - 1.0)
        };
        let ease = skill * (0.4 + 0.3 * f32::from(label % 3));
        (0..classes).map(move |class| noise(class) + if class == usize::from(label) { ease } else { 0.0 })
    });
    Predictions {
        classes: set.classes.clone(),
        split: set.split,
        logits: logits.collect(),
        labels: set.labels.clone(),
        rows: set.rows.clone(),
        origins: None,
        targets: None,
    }
}

fn model(classes: Vec<String>) -> Model {
    let history: Vec<Value> = (1..=20)
        .map(|epoch| {
            let loss = 0.4 + 1.5 / f64::from(epoch);
            let mut record = json!({"epoch": epoch, "loss": loss, "learning_rate": 0.1 * 0.9f64.powi(epoch)});
            if epoch % 5 == 0 {
                record["train_accuracy"] = json!(0.95 - 0.5 / f64::from(epoch));
                record["validation_accuracy"] = json!(0.62 - 0.4 / f64::from(epoch));
            }
            record
        })
        .collect();
    Model {
        network: json!({"name": "face-cnn", "height": 12, "width": 12, "classes": classes.len()}),
        classes,
        preprocessing: Value::Null,
        training: json!({"epochs": 20, "epoch": 15, "select": "best", "history": history}),
        evaluation: Value::Null,
        tensors: BTreeMap::new(),
    }
}
