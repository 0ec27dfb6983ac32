use fer_artifact::{Split, Tta};
use fer_eval::{EvaluateParams, Splits};
use serde_json::json;
use std::num::NonZeroUsize;

fn params(json: serde_json::Value) -> Result<EvaluateParams, String> {
    // From text, as places and messages depend on it.
    serde_json::from_str(&json.to_string()).map_err(|error| error.to_string())
}

#[track_caller]
fn assert_refused(json: serde_json::Value, expected: &str) {
    let message = params(json).unwrap_err();
    assert!(message.contains(expected), "{message:?} does not contain {expected:?}");
}

#[test]
fn nothing_said_means_what_is_held_out_in_batches_of_256() {
    let found = params(json!({})).unwrap();
    assert_eq!(found, EvaluateParams::default());
    assert_eq!(found.splits, Splits::HeldOut);
    assert_eq!(found.batch_size.get(), 256);
}

#[test]
fn written_out_parameters_read_back_as_they_were() {
    let named = Splits::Named([Split::Train, Split::Test].into_iter().collect());
    let others = EvaluateParams { splits: named, batch_size: NonZeroUsize::MIN, tta: Tta::TenCrop };
    for written in [EvaluateParams::default(), others] {
        let json = serde_json::to_value(&written).unwrap();
        assert_eq!(params(json).unwrap(), written);
    }
}

#[test]
fn a_batch_size_of_zero_is_refused() {
    assert_refused(json!({"batch_size": 0}), "invalid value: integer `0`, expected a batch size of 1 or more");
    assert_refused(json!({"batch_size": -1}), "invalid value: integer `-1`");
}

#[test]
fn unknown_splits_are_refused_with_those_that_there_are() {
    let forms = "expected `held-out` or a list of `train`, `validation`, `test`";
    assert_refused(json!({"splits": "test"}), &format!("invalid value: string \"test\", {forms}"));
    assert_refused(json!({"splits": 3}), &format!("invalid type: integer `3`, {forms}"));
    assert_refused(
        json!({"splits": ["tset"]}),
        "unknown variant `tset`, expected one of `train`, `validation`, `test`",
    );
}

#[test]
fn a_list_of_splits_names_each_once_and_at_least_one() {
    assert_refused(json!({"splits": ["test", "test"]}), "expected each split once, found `test` again");
    assert_refused(json!({"splits": []}), "invalid length 0, expected at least one split");
}

#[test]
fn an_unknown_key_is_named() {
    assert_refused(json!({"batchsize": 2}), "unknown field `batchsize`, expected one of `splits`, `batch_size`, `tta`");
}

#[test]
fn an_unknown_augmentation_is_refused_with_those_that_there_are() {
    assert_eq!(params(json!({"tta": "flip"})).unwrap().tta, Tta::Flip);
    assert_refused(json!({"tta": "flop"}), "unknown variant `flop`, expected one of `none`, `flip`, `ten-crop`");
    assert_eq!("ten-crop".parse(), Ok(Tta::TenCrop));
    assert_eq!("crop".parse::<Tta>().unwrap_err(), "expected none, flip, ten-crop, found `crop`");
}
