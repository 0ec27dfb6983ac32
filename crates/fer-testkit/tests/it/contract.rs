use std::path::Path;

use fer_artifact::{Artifact, Provenance, Seed, Split, write};
use fer_testkit::{Violation, check_evaluate, check_ingest, check_preprocess, feature_set, image_set, predictions};
use proptest::prelude::*;
use tempfile::TempDir;

fn put<A: Artifact>(run: &TempDir, path: &str, artifact: &A) {
    write(&run.path().join(path), artifact, &Provenance::new("test", Seed::new(1))).unwrap();
}

/// A run folder as the contract wants it, with train and validation.
fn lawful() -> TempDir {
    let run = tempfile::tempdir().unwrap();
    for split in [Split::Train, Split::Validation] {
        put(&run, &format!("ingest/{split}.safetensors"), &image_set(split, 9, 4, 4));
        put(&run, &format!("preprocess/{split}.safetensors"), &feature_set(split, 9, 4, 4));
    }
    put(&run, "evaluate/predictions-validation.safetensors", &predictions(Split::Validation, 9));
    std::fs::write(run.path().join("evaluate/metrics.json"), r#"{"splits": {"validation": {"n": 9}}}"#).unwrap();
    std::fs::write(run.path().join("evaluate/report.html"), "<!doctype html>").unwrap();
    run
}

/// The violation's message, with the folder's name left out.
fn refusal(run: &TempDir, check: fn(&Path) -> Result<(), Violation>) -> String {
    check(run.path()).unwrap_err().to_string().replace(&format!("{}/", run.path().display()), "")
}

#[test]
fn a_lawful_run_passes() {
    let run = lawful();
    check_ingest(run.path()).unwrap();
    check_preprocess(run.path()).unwrap();
    check_evaluate(run.path()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn the_strategy_makes_what_ingest_may_leave(mut sets in fer_testkit::image_sets()) {
        let run = tempfile::tempdir().unwrap();
        // Rows are drawn freely; a source has each of them once.
        for (first, set) in (0..).step_by(10).zip(sets.values_mut()) {
            set.rows = (first..).take(set.len()).collect();
            put(&run, &format!("ingest/{}.safetensors", set.split), set);
        }
        prop_assert!(check_ingest(run.path()).is_ok());
    }
}

#[test]
fn ingest_needs_a_train_set_with_images() {
    let run = tempfile::tempdir().unwrap();
    let expected = "ingest/train.safetensors: expected an artifact with at least one image";
    assert_eq!(refusal(&run, check_ingest), expected);
    put(&run, "ingest/train.safetensors", &image_set(Split::Train, 0, 4, 4));
    assert_eq!(refusal(&run, check_ingest), expected);
}

#[test]
fn an_artifact_of_another_kind_is_refused() {
    let run = lawful();
    put(&run, "ingest/train.safetensors", &feature_set(Split::Train, 9, 4, 4));
    assert_eq!(
        refusal(&run, check_ingest),
        "ingest/train.safetensors: expected an artifact of kind `images`, found `features`"
    );
}

#[test]
fn a_split_under_another_name_is_refused() {
    let run = lawful();
    put(&run, "ingest/validation.safetensors", &image_set(Split::Test, 9, 4, 4));
    assert_eq!(refusal(&run, check_ingest), "ingest/validation.safetensors: expected split `validation` in the header");
}

#[test]
fn other_classes_in_another_split_are_refused() {
    let run = lawful();
    let mut set = image_set(Split::Validation, 9, 4, 4);
    set.classes.swap(0, 1);
    put(&run, "ingest/validation.safetensors", &set);
    assert_eq!(
        refusal(&run, check_ingest),
        "ingest/validation.safetensors: classes differ from those of ingest/train.safetensors"
    );
}

#[test]
fn a_row_in_two_splits_is_refused() {
    let run = lawful();
    let mut set = image_set(Split::Validation, 9, 4, 4);
    set.rows[2] = 3;
    put(&run, "ingest/validation.safetensors", &set);
    assert_eq!(
        refusal(&run, check_ingest),
        "ingest/validation.safetensors: expected every row of the source at most once, found row 3 again"
    );
}

#[test]
fn preprocess_must_pass_labels_and_rows_through() {
    let run = lawful();
    let mut set = feature_set(Split::Train, 9, 4, 4);
    set.labels.swap(0, 1);
    put(&run, "preprocess/train.safetensors", &set);
    assert_eq!(
        refusal(&run, check_preprocess),
        "preprocess/train.safetensors: labels differ from those of ingest/train.safetensors"
    );
    let mut set = feature_set(Split::Train, 9, 4, 4);
    set.rows.swap(0, 1);
    put(&run, "preprocess/train.safetensors", &set);
    assert_eq!(
        refusal(&run, check_preprocess),
        "preprocess/train.safetensors: rows differ from those of ingest/train.safetensors"
    );
}

#[test]
fn preprocess_must_leave_images_of_one_size() {
    let run = lawful();
    put(&run, "preprocess/validation.safetensors", &feature_set(Split::Validation, 9, 5, 4));
    assert_eq!(
        refusal(&run, check_preprocess),
        "preprocess/validation.safetensors: sizes of images differ from those of preprocess/train.safetensors"
    );
}

#[test]
fn preprocess_must_treat_every_split_and_invent_none() {
    let run = lawful();
    put(&run, "preprocess/test.safetensors", &feature_set(Split::Test, 9, 4, 4));
    assert_eq!(
        refusal(&run, check_preprocess),
        "preprocess/test.safetensors: expected no file without ingest/test.safetensors"
    );
    std::fs::remove_file(run.path().join("preprocess/train.safetensors")).unwrap();
    assert_eq!(
        refusal(&run, check_preprocess),
        "preprocess/train.safetensors: expected an artifact made from ingest/train.safetensors"
    );
}

#[test]
fn evaluate_needs_predictions_of_the_features() {
    let run = lawful();
    std::fs::remove_file(run.path().join("evaluate/predictions-validation.safetensors")).unwrap();
    let message = refusal(&run, check_evaluate);
    assert!(message.ends_with("evaluate: expected predictions for at least one split"), "{message}");
    put(&run, "evaluate/predictions-validation.safetensors", &predictions(Split::Validation, 8));
    assert_eq!(
        refusal(&run, check_evaluate),
        "evaluate/predictions-validation.safetensors: labels differ from those of preprocess/validation.safetensors"
    );
}

#[test]
fn evaluate_needs_scores_for_the_predicted_splits() {
    let run = lawful();
    let metrics = run.path().join("evaluate/metrics.json");
    std::fs::write(&metrics, r#"{"splits": {"test": {"n": 9}}}"#).unwrap();
    assert_eq!(
        refusal(&run, check_evaluate),
        "evaluate/metrics.json: expected scores under `splits` for {\"validation\"}, found {\"test\"}"
    );
    std::fs::write(&metrics, r#"{"splits": {"validation": {"n": 7}}}"#).unwrap();
    assert_eq!(refusal(&run, check_evaluate), "evaluate/metrics.json: expected `n` of 9 for `validation`, found 7");
}

#[test]
fn evaluate_needs_a_report() {
    let run = lawful();
    std::fs::remove_file(run.path().join("evaluate/report.html")).unwrap();
    assert_eq!(refusal(&run, check_evaluate), "evaluate/report.html: expected the report");
}
