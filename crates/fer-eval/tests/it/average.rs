use fer_artifact::{Predictions, Split};
use fer_eval::{average, predict, probabilities};

use crate::predict::{features, model};

fn answer(logits: &[f32]) -> Predictions {
    Predictions {
        logits: logits.to_vec(),
        ..predict(&model(), &features(Split::Test, &[[0.0, 0.0]], &[1]), 1).unwrap()
    }
}

#[test]
fn the_mean_is_that_of_the_probabilities_not_of_the_logits() {
    // Probabilities of 1/2, 1/4, 1/4 and of 1/8, 3/4, 1/8.
    let answers = [answer(&[2f32.ln(), 0.0, 0.0]), answer(&[0.0, 6f32.ln(), 0.0])];
    let found = probabilities(&average(&answers).unwrap().logits);
    for (found, expected) in found.iter().zip([5.0 / 16.0, 1.0 / 2.0, 3.0 / 16.0]) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }
}

#[test]
fn one_model_is_its_own_mean_and_the_order_of_models_does_not_matter() {
    let (one, other) = (answer(&[1.0, 0.0, 2.0]), answer(&[0.5, 4.0, -1.0]));
    assert_eq!(average(std::slice::from_ref(&one)).unwrap(), one);
    assert_eq!(average(&[one.clone(), other.clone()]).unwrap(), average(&[other, one]).unwrap());
}

#[test]
fn probabilities_that_vanish_leave_finite_logits() {
    let sure = answer(&[f32::MAX, f32::MIN, f32::MIN]);
    let found = average(&[sure.clone(), sure]).unwrap();
    assert!(found.logits.iter().all(|logit| logit.is_finite()), "{:?}", found.logits);
    assert_eq!(probabilities(&found.logits), [1.0, 0.0, 0.0]);
}

#[test]
fn answers_on_other_images_or_classes_are_refused() {
    let one = answer(&[0.0, 0.0, 0.0]);
    let message = average(&[one.clone(), Predictions { rows: vec![7], ..one.clone() }]).unwrap_err().to_string();
    assert_eq!(message, "test: expected predictions of the same images in the same order, found other rows or labels");
    let mut other = one.clone();
    other.classes.swap(0, 1);
    let message = average(&[one, other]).unwrap_err().to_string();
    assert!(message.starts_with("test: expected the model's classes [\"first\""), "{message}");
}
