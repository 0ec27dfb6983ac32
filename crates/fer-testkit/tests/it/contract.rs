use std::path::Path;

use fer_artifact::{
    Artifact, Model, Provenance, Seed, Split, Targets, Violation, check_evaluate, check_ingest, check_preprocess,
    check_train, write,
};
use fer_testkit::{feature_set, image_set, model, predictions};
use proptest::prelude::*;
use tempfile::TempDir;

fn put<A: Artifact>(run: &TempDir, path: &str, artifact: &A) {
    write(&run.path().join(path), artifact, &Provenance::new("test", Seed::new(1))).unwrap();
}

/// Nine images, of which the third, sixth and ninth are taken for the class after theirs.
const METRICS: &str = r#"{"splits": {"validation": {"n": 9, "confusion": [
    [2, 0, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0],
    [0, 0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 1]]}}}"#;

/// A run folder as the contract wants it, with train and validation.
fn lawful() -> TempDir {
    let run = tempfile::tempdir().unwrap();
    for split in [Split::Train, Split::Validation] {
        put(&run, &format!("ingest/{split}.safetensors"), &image_set(split, 9, 4, 4));
        put(&run, &format!("preprocess/{split}.safetensors"), &feature_set(split, 9, 4, 4));
    }
    put(&run, "train/model.safetensors", &model(4, 4));
    std::fs::write(run.path().join("train/history.jsonl"), "{\"epoch\": 1, \"loss\": 2.5}\n").unwrap();
    put(&run, "evaluate/predictions-validation.safetensors", &predictions(Split::Validation, 9));
    std::fs::write(run.path().join("evaluate/metrics.json"), METRICS).unwrap();
    std::fs::write(run.path().join("evaluate/report.html"), "<!doctype html>").unwrap();
    run
}

/// The violation's message, with the folder's name left out.
fn refusal(run: &TempDir, check: fn(&Path) -> Result<(), Violation>) -> String {
    check(run.path()).unwrap_err().to_string().replace(&format!("{}/", run.path().display()), "")
}

fn ingest(run: &Path) -> Result<(), Violation> {
    check_ingest(&run.join("ingest"))
}

fn preprocess(run: &Path) -> Result<(), Violation> {
    check_preprocess(&run.join("ingest"), &run.join("preprocess"))
}

fn train(run: &Path) -> Result<(), Violation> {
    check_train(&run.join("preprocess"), &run.join("train"))
}

fn evaluate(run: &Path) -> Result<(), Violation> {
    check_evaluate(&run.join("preprocess"), &run.join("evaluate"))
}

#[test]
fn a_lawful_run_passes() {
    let run = lawful();
    for check in [ingest, preprocess, train, evaluate] {
        check(run.path()).unwrap();
    }
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
        prop_assert!(ingest(run.path()).is_ok());
    }
}

#[test]
fn ingest_needs_a_train_set_with_images() {
    let run = tempfile::tempdir().unwrap();
    let expected = "ingest/train.safetensors: expected an artifact with at least one image";
    assert_eq!(refusal(&run, ingest), expected);
    put(&run, "ingest/train.safetensors", &image_set(Split::Train, 0, 4, 4));
    assert_eq!(refusal(&run, ingest), expected);
}

#[test]
fn an_artifact_of_another_kind_is_refused() {
    let run = lawful();
    put(&run, "ingest/train.safetensors", &feature_set(Split::Train, 9, 4, 4));
    assert_eq!(
        refusal(&run, ingest),
        "ingest/train.safetensors: expected an artifact of kind `images`, found `features`"
    );
}

#[test]
fn a_split_under_another_name_is_refused() {
    let run = lawful();
    put(&run, "ingest/validation.safetensors", &image_set(Split::Test, 9, 4, 4));
    assert_eq!(refusal(&run, ingest), "ingest/validation.safetensors: expected split `validation` in the header");
}

#[test]
fn other_classes_in_another_split_are_refused() {
    let run = lawful();
    let mut set = image_set(Split::Validation, 9, 4, 4);
    set.classes.swap(0, 1);
    put(&run, "ingest/validation.safetensors", &set);
    assert_eq!(
        refusal(&run, ingest),
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
        refusal(&run, ingest),
        "ingest/validation.safetensors: expected every row of the source at most once, found row 3 again"
    );
}

#[test]
fn preprocess_may_leave_images_out_and_repeat_them_but_must_keep_rows_and_labels() {
    let run = lawful();
    let mut set = feature_set(Split::Train, 9, 4, 4);
    (set.rows[1], set.labels[1]) = (set.rows[0], set.labels[0]);
    put(&run, "preprocess/train.safetensors", &set);
    preprocess(run.path()).unwrap();
    set.labels[1] = 6;
    put(&run, "preprocess/train.safetensors", &set);
    assert_eq!(
        refusal(&run, preprocess),
        "preprocess/train.safetensors: expected images of ingest/train.safetensors, found row 0 with label 6"
    );
    set.rows[1] = 100_001;
    put(&run, "preprocess/train.safetensors", &set);
    assert_eq!(
        refusal(&run, preprocess),
        "preprocess/train.safetensors: expected images of ingest/train.safetensors, found row 100001 with label 6"
    );
}

#[test]
fn preprocess_must_leave_images_of_one_size() {
    let run = lawful();
    put(&run, "preprocess/validation.safetensors", &feature_set(Split::Validation, 9, 5, 4));
    assert_eq!(
        refusal(&run, preprocess),
        "preprocess/validation.safetensors: sizes of images differ from those of preprocess/train.safetensors"
    );
}

#[test]
fn preprocess_must_treat_every_split_and_invent_none() {
    let run = lawful();
    put(&run, "preprocess/test.safetensors", &feature_set(Split::Test, 9, 4, 4));
    assert_eq!(
        refusal(&run, preprocess),
        "preprocess/test.safetensors: expected no file without ingest/test.safetensors"
    );
    std::fs::remove_file(run.path().join("preprocess/train.safetensors")).unwrap();
    assert_eq!(
        refusal(&run, preprocess),
        "preprocess/train.safetensors: expected an artifact made from ingest/train.safetensors"
    );
}

#[test]
fn evaluate_needs_predictions_of_the_features() {
    let run = lawful();
    std::fs::remove_file(run.path().join("evaluate/predictions-validation.safetensors")).unwrap();
    let message = refusal(&run, evaluate);
    assert!(message.ends_with("evaluate: expected predictions for at least one split"), "{message}");
    put(&run, "evaluate/predictions-validation.safetensors", &predictions(Split::Validation, 8));
    assert_eq!(
        refusal(&run, evaluate),
        "evaluate/predictions-validation.safetensors: labels differ from those of preprocess/validation.safetensors"
    );
}

#[test]
fn evaluate_needs_scores_for_the_predicted_splits() {
    let run = lawful();
    let metrics = run.path().join("evaluate/metrics.json");
    std::fs::write(&metrics, r#"{"splits": {"test": {"n": 9}}}"#).unwrap();
    assert_eq!(
        refusal(&run, evaluate),
        "evaluate/metrics.json: expected scores under `splits` for {\"validation\"}, found {\"test\"}"
    );
    std::fs::write(&metrics, r#"{"splits": {"validation": {"n": 7}}}"#).unwrap();
    assert_eq!(refusal(&run, evaluate), "evaluate/metrics.json: expected `n` of 9 for `validation`, found 7");
    std::fs::write(&metrics, METRICS.replacen("[2, 0", "[0, 2", 1)).unwrap();
    evaluate(run.path()).unwrap();
    std::fs::write(&metrics, METRICS.replacen("[2, 0", "[1, 0", 1)).unwrap();
    assert_eq!(
        refusal(&run, evaluate),
        "evaluate/metrics.json: expected a `confusion` for `validation` whose rows sum up to its classes' images \
         [2, 2, 1, 1, 1, 1, 1]"
    );
}

#[test]
fn evaluate_needs_a_report() {
    let run = lawful();
    std::fs::remove_file(run.path().join("evaluate/report.html")).unwrap();
    assert_eq!(refusal(&run, evaluate), "evaluate/report.html: expected the report");
}

#[test]
fn a_table_of_mistakes_has_a_row_for_each() {
    let run = lawful();
    let path = run.path().join("evaluate/mistakes-validation.csv");
    // The third, sixth and ninth image.
    std::fs::write(&path, "row,origin\n2,\"a\nb\"\n5,\n8,\n").unwrap();
    evaluate(run.path()).unwrap();
    std::fs::write(&path, "row,origin\n2,\n5,\n").unwrap();
    let expected = "evaluate/mistakes-validation.csv: expected a head and a row for each of 3 mistakes, found 3 rows";
    assert_eq!(refusal(&run, evaluate), expected);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(run.path().join("evaluate/mistakes-test.csv"), "row\n").unwrap();
    let expected = "evaluate/mistakes-test.csv: expected no file without predictions-test.safetensors";
    assert_eq!(refusal(&run, evaluate), expected);
}

#[test]
fn train_needs_a_model_of_the_features() {
    let run = lawful();
    let put = |model: Model| put(&run, "train/model.safetensors", &model);
    put(Model { classes: vec!["calm".to_owned()], ..model(4, 4) });
    let differs =
        |what: &str| format!("train/model.safetensors: {what} differ from those of preprocess/train.safetensors");
    assert_eq!(refusal(&run, train), differs("classes"));
    put(Model { preprocessing: serde_json::json!({"equalization": "global"}), ..model(4, 4) });
    assert_eq!(refusal(&run, train), differs("words on `preprocessing`"));
    put(Model { network: serde_json::Value::Null, ..model(4, 4) });
    assert_eq!(
        refusal(&run, train),
        "train/model.safetensors: expected the configuration of a network under `network` in the header"
    );
    put(Model { tensors: [].into(), ..model(4, 4) });
    assert_eq!(refusal(&run, train), "train/model.safetensors: expected at least one tensor");
}

#[test]
fn a_history_is_a_line_an_epoch() {
    let run = lawful();
    let history = run.path().join("train/history.jsonl");
    std::fs::write(&history, "{\"epoch\": 1, \"loss\": 2.5}\n{\"epoch\": 2}\n").unwrap();
    assert_eq!(refusal(&run, train), "train/history.jsonl: expected an object with `epoch` and `loss` in line 2");
    std::fs::remove_file(history).unwrap();
    train(run.path()).unwrap();
}

#[test]
fn targets_are_handed_on_as_they_are() {
    let run = lawful();
    // All of each image is of its label.
    let targets = |labels: &[u8]| {
        let row = |&label: &u8| (0..7).map(move |class| f32::from(u8::from(class == label)));
        Some(Targets::new(7, labels.iter().flat_map(row).collect()))
    };
    let (mut images, mut features) = (image_set(Split::Validation, 9, 4, 4), feature_set(Split::Validation, 9, 4, 4));
    features.targets = targets(&features.labels);
    put(&run, "preprocess/validation.safetensors", &features);
    assert_eq!(
        refusal(&run, preprocess),
        "preprocess/validation.safetensors: expected no tensor `targets`, as ingest/validation.safetensors has none"
    );
    images.targets = targets(&images.labels);
    put(&run, "ingest/validation.safetensors", &images);
    preprocess(run.path()).unwrap();
    let dropped =
        "evaluate/predictions-validation.safetensors: `targets` differ from those of preprocess/validation.safetensors";
    assert_eq!(refusal(&run, evaluate), dropped);
    let mut predictions = predictions(Split::Validation, 9);
    predictions.targets = targets(&predictions.labels);
    put(&run, "evaluate/predictions-validation.safetensors", &predictions);
    evaluate(run.path()).unwrap();
}
