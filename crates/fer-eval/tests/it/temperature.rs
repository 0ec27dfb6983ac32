use fer_artifact::{Model, Predictions, Split, Tta};
use fer_eval::{Predictor, fit_temperature, probabilities};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

use crate::predict::{features, model};

#[derive(Deserialize)]
struct Case {
    name: String,
    logits: Vec<Vec<f32>>,
    labels: Vec<u8>,
    temperature: f64,
    ece: f64,
    ece_calibrated: f64,
}

fn golden() -> Vec<Case> {
    serde_json::from_str(include_str!("../../../../tests/golden/temperature/cases.json")).unwrap()
}

fn predictions(split: Split, logits: &[Vec<f32>], labels: &[u8]) -> Predictions {
    Predictions {
        classes: (0..logits[0].len()).map(|class| format!("c{class}")).collect(),
        split,
        logits: logits.concat(),
        labels: labels.to_vec(),
        rows: (0..labels.len() as u32).collect(),
        origins: None,
        targets: None,
    }
}

#[track_caller]
fn assert_close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{what}: {found} is not {expected}");
}

#[test]
fn temperature_and_calibration_errors_are_scipys() {
    for Case { name, logits, labels, temperature, ece, ece_calibrated } in golden() {
        let validation = predictions(Split::Validation, &logits, &labels);
        let found = fer_eval::metrics(&BTreeMap::from([(Split::Validation, validation)]), Tta::None);
        assert_close(found.temperature.unwrap(), temperature, &format!("{name}: temperature"));
        assert_close(found.splits[&Split::Validation].ece, ece, &format!("{name}: ece"));
        assert_close(found.ece_calibrated[&Split::Validation], ece_calibrated, &format!("{name}: ece_calibrated"));
    }
}

#[test]
fn the_order_of_the_images_changes_no_bit() {
    for Case { logits, labels, .. } in golden() {
        let (backwards, labels_backwards): (Vec<_>, Vec<_>) = logits.iter().cloned().zip(labels.clone()).rev().unzip();
        let one = fit_temperature(&predictions(Split::Validation, &logits, &labels));
        assert_eq!(one, fit_temperature(&predictions(Split::Validation, &backwards, &labels_backwards)));
    }
}

#[test]
fn where_no_temperature_is_best_the_range_ends_or_nothing_changes() {
    let fitted = |logits: &[Vec<f32>], labels: &[u8]| fit_temperature(&predictions(Split::Test, logits, labels));
    let logits = [vec![2.0, 0.0], vec![0.0, 1.0]];
    assert_close(fitted(&logits, &[0, 1]), 1.0 / 20.0, "all right");
    assert_close(fitted(&logits, &[1, 0]), 20.0, "all wrong");
    assert_eq!(fitted(&[vec![3.0, 3.0]], &[0]), 1.0);
}

#[test]
fn only_validation_gives_a_temperature_and_test_is_scored_with_it() {
    let [sure, unsure, ..] = &golden()[..] else { panic!("two cases") };
    let validation = predictions(Split::Validation, &sure.logits, &sure.labels);
    let test = predictions(Split::Test, &unsure.logits, &unsure.labels);
    let alone = fer_eval::metrics(&BTreeMap::from([(Split::Test, test.clone())]), Tta::None);
    assert_eq!((alone.temperature, alone.ece_calibrated.len()), (None, 0));
    let both =
        fer_eval::metrics(&BTreeMap::from([(Split::Validation, validation), (Split::Test, test.clone())]), Tta::None);
    assert_close(both.temperature.unwrap(), sure.temperature, "temperature");
    assert_eq!(both.splits[&Split::Test], alone.splits[&Split::Test], "scores are without the temperature");
    let logits: Vec<f32> = test.logits.iter().map(|logit| (f64::from(*logit) / sure.temperature) as f32).collect();
    let expected = fer_eval::score(&Predictions { logits, ..test }).ece;
    assert!((both.ece_calibrated[&Split::Test] - expected).abs() < 1e-6);
}

#[test]
fn a_models_temperature_is_part_of_its_answer() {
    let warm = |temperature| Model { evaluation: json!({"temperature": temperature}), ..model() };
    let set = features(Split::Test, &[[2.0, 0.5]], &[0]);
    let predictor = Predictor::new(&warm(json!(2.0))).unwrap();
    assert_eq!((predictor.temperature(), Predictor::new(&model()).unwrap().temperature()), (2.0, 1.0));
    let found = predictor.predict(&set, 1).unwrap();
    assert_eq!(found.logits, [1.0, 0.25, 0.75]);
    // By hand: e^1, e^0.25 and e^0.75 over their sum.
    let sum = 1f64.exp() + 0.25f64.exp() + 0.75f64.exp();
    assert_close(probabilities(&found.logits)[0], 1f64.exp() / sum, "probability");
    for wrong in [json!(0.0), json!(-1.0), json!("warm")] {
        let message = Predictor::new(&warm(wrong.clone())).unwrap_err().to_string();
        let start =
            "the model's header: `evaluation.temperature`: expected a number above 0 within the range of F32, found ";
        assert_eq!(message, format!("{start}{wrong}"));
    }
}
