use std::collections::BTreeMap;

use fer_artifact::{FeatureSet, Split};
use fer_eval::{EvaluateParams, Splits, evaluate, score};

use crate::predict::{features, model};

fn sets(splits: &[Split]) -> BTreeMap<Split, FeatureSet> {
    let set = |&split: &Split| (split, features(split, &[[1.0, 0.0], [0.0, 1.0], [3.0, 2.0]], &[0, 0, 2]));
    splits.iter().map(set).collect()
}

fn named(splits: &[Split]) -> EvaluateParams {
    EvaluateParams { splits: Splits::Named(splits.iter().copied().collect()), ..EvaluateParams::default() }
}

#[test]
fn by_default_what_is_held_out_is_scored_as_far_as_it_is_there() {
    let scored = |splits: &[Split]| -> Vec<Split> {
        let found = evaluate(&EvaluateParams::default(), &model(), &sets(splits)).unwrap();
        assert!(found.metrics.splits.keys().eq(found.predictions.keys()));
        found.metrics.splits.into_keys().collect()
    };
    assert_eq!(scored(&Split::ALL), [Split::Validation, Split::Test]);
    assert_eq!(scored(&[Split::Train, Split::Validation]), [Split::Validation]);
}

#[test]
fn scores_are_those_of_the_predictions() {
    let found = evaluate(&named(&[Split::Train]), &model(), &sets(&Split::ALL)).unwrap();
    let scores = &found.metrics.splits[&Split::Train];
    assert_eq!(scores, &score(&found.predictions[&Split::Train]));
    assert_eq!(scores.confusion, [[1, 1, 0], [0, 0, 0], [0, 0, 1]]);
    assert_eq!(scores.accuracy, 2.0 / 3.0);
}

#[test]
fn a_split_asked_for_by_name_must_be_there() {
    let error = evaluate(&named(&[Split::Test]), &model(), &sets(&[Split::Train, Split::Validation])).unwrap_err();
    assert_eq!(error.to_string(), "split `test` is to be evaluated, but the data has only `train`, `validation`");
    let error = evaluate(&named(&[Split::Test]), &model(), &sets(&[])).unwrap_err();
    assert_eq!(error.to_string(), "split `test` is to be evaluated, but the data has no split at all");
}

#[test]
fn training_data_alone_are_not_scored_unasked() {
    let error = evaluate(&EvaluateParams::default(), &model(), &sets(&[Split::Train])).unwrap_err();
    assert!(error.to_string().contains("the data has neither validation nor test; choose a `split`"), "{error}");
}

#[test]
fn a_split_without_images_is_refused() {
    let empty = BTreeMap::from([(Split::Test, features(Split::Test, &[], &[]))]);
    let error = evaluate(&EvaluateParams::default(), &model(), &empty).unwrap_err();
    assert_eq!(error.to_string(), "test: expected at least one image, found none");
}
