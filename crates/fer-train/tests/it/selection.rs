//! Which epoch's weights a training leaves, and when it stops early.

use fer_artifact::Seed;
use fer_train::{Quiet, TrainData, train};
use serde_json::json;

use crate::train::{always, linear, noisy, run, sets, still};

#[test]
fn best_holds_the_weights_of_the_first_epoch_with_the_highest_validation_accuracy() {
    let trained = run(&noisy(json!({"epochs": 12, "select": "best"})), None).unwrap();
    let accuracies: Vec<f64> = trained.history.iter().map(|epoch| epoch.validation_accuracy.unwrap()).collect();
    let highest = accuracies.iter().copied().fold(0.0, f64::max);
    let best = 1 + accuracies.iter().position(|&accuracy| accuracy == highest).unwrap();
    assert!((2..12).contains(&best), "a case in which the best is neither the first nor the last: {accuracies:?}");
    assert_eq!(trained.model.training["epoch"], best);
    assert_eq!(trained.model.training["select"], "best");
    // The schedule is constant, so a training of that many epochs ends with these weights.
    let short = run(&noisy(json!({"epochs": best})), None).unwrap();
    assert_eq!(trained.model.tensors, short.model.tensors);

    let last = run(&noisy(json!({"epochs": 12, "select": "last"})), None).unwrap();
    assert_eq!(last.model.training["epoch"], 12);
    assert_eq!(trained.unselected.unwrap().tensors, last.model.tensors);
    assert_eq!(last.unselected.unwrap().tensors, trained.model.tensors);
}

#[test]
fn of_equal_accuracies_the_earliest_is_the_best() {
    let params = still(json!({"epochs": 4, "evaluate_every": 1, "select": "best"}));
    let trained = run(&params, Some(always(0))).unwrap();
    assert_eq!(trained.model.training["epoch"], 1);
    assert_eq!(trained.unselected.unwrap().training["epoch"], 4);
}

#[test]
fn there_is_no_other_model_if_the_last_epoch_is_the_best_or_nothing_tells() {
    let params = still(json!({"epochs": 1, "select": "best"}));
    assert_eq!(run(&params, Some(always(0))).unwrap().unselected, None);
    let (train_set, _) = sets();
    let data = TrainData { train: &train_set, validation: None, teachers: &[] };
    let trained = train(&linear(json!({"epochs": 1})), &data, None, None, Seed::new(1), &mut Quiet).unwrap();
    assert_eq!(trained.unselected, None);
    assert_eq!((trained.history[0].validation_accuracy, trained.history[0].validation_loss), (None, None));
    assert!(trained.history[0].train_accuracy.is_some());
}

#[test]
fn training_stops_after_as_many_evaluations_without_gain_as_its_patience() {
    for (evaluate_every, patience, epochs) in [(1, 2, 3), (2, 2, 6), (3, 1, 6)] {
        let value = json!({"epochs": 20, "evaluate_every": evaluate_every, "early_stopping": {"patience": patience}});
        let trained = run(&still(value), Some(always(0))).unwrap();
        assert_eq!(trained.history.len(), epochs);
        assert_eq!(trained.model.training["epoch"], epochs);
        assert_eq!(trained.model.training["epochs"], 20);
    }
}
