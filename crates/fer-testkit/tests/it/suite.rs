//! A stage that keeps the contract passes; each way to break it is found.

use std::borrow::Cow;

use fer_artifact::{FeatureSet, ImageSet, Provenance, Split, read, write};
use fer_testkit::{Call, StageError, evaluate_suite, predictions, preprocess_suite};
use serde_json::{Value, json};

/// Pixels over 255 less `shift(all splits' pixels of this call, the number of calls before)`.
fn stage(mut shift: impl FnMut(&[Vec<u8>], f32) -> f32) -> impl FnMut(&Call<'_>) -> Result<(), StageError> {
    let mut calls = 0.0;
    move |call| {
        let input = |split: Split| call.run.join(format!("ingest/{split}.safetensors"));
        let there: Vec<Split> = Split::ALL.into_iter().filter(|&split| input(split).exists()).collect();
        let sets: Vec<ImageSet> = there.iter().map(|&split| read(&input(split))).collect::<Result<_, _>>()?;
        let pixels: Vec<Vec<u8>> =
            sets.iter().map(|set| set.images.all().map(Cow::into_owned)).collect::<Result<_, _>>()?;
        let shift = shift(&pixels, calls);
        calls += 1.0;
        for set in sets {
            let ImageSet { classes, split, height, width, images, labels, rows, targets, .. } = set;
            let images = images.all()?.iter().map(|&level| f32::from(level) / 255.0 - shift).collect();
            let (preprocessing, origins) = (Value::Null, None);
            let features =
                FeatureSet { classes, split, height, width, images, labels, rows, origins, targets, preprocessing };
            write(&call.output.join(format!("{split}.safetensors")), &features, &Provenance::new("test", call.seed))?;
        }
        Ok(())
    }
}

fn mean(pixels: &[u8]) -> f32 {
    pixels.iter().map(|&level| f32::from(level)).sum::<f32>() / (255.0 * pixels.len().max(1) as f32)
}

fn refusal(stage: impl FnMut(&Call<'_>) -> Result<(), StageError>) -> String {
    fer_artifact::with_causes(&preprocess_suite(stage).unwrap_err())
}

#[test]
fn a_lawful_stage_passes() {
    preprocess_suite(stage(|_, _| 0.5)).unwrap();
    preprocess_suite(stage(|sets, _| mean(&sets[0]))).unwrap();
}

#[test]
fn a_stage_that_fits_what_is_held_out_is_found() {
    let error = refusal(stage(|sets, _| mean(&sets.concat())));
    assert!(error.starts_with("three splits: with other held-out images, train.safetensors is another"), "{error}");
}

#[test]
fn a_stage_that_answers_otherwise_each_time_is_found() {
    let error = refusal(stage(|_, calls| calls));
    assert!(error.starts_with("three splits: a second call left another t"), "{error}");
}

#[test]
fn numbers_that_are_not_finite_are_found() {
    let error = refusal(stage(|sets, _| if sets.len() == 3 { 0.0 } else { f32::NAN }));
    assert!(error.starts_with("train alone: ") && error.contains("train.safetensors: "), "{error}");
}

#[test]
fn a_stage_that_fails_is_told_with_its_error() {
    let error = refusal(|_| Err("no such luck".into()));
    assert_eq!(error, "three splits: the stage failed: no such luck");
}

#[test]
fn a_stage_that_leaves_nothing_is_found() {
    let error = refusal(|_| Ok(()));
    assert!(error.contains("train.safetensors: expected an artifact made from "), "{error}");
}

/// Scores of the kit's predictions for validation: of 14, each third is wrong, as its `confusion` says.
fn evaluate(accuracy: f64) -> impl FnMut(&Call<'_>) -> Result<(), StageError> {
    move |call| {
        let predictions = predictions(Split::Validation, 14);
        let mut confusion = [[0; 7]; 7];
        for (logits, &label) in predictions.logits.chunks(7).zip(&predictions.labels) {
            let predicted = logits.iter().position(|&logit| logit == 1.0).ok_or("every image has a class")?;
            confusion[usize::from(label)][predicted] += 1;
        }
        let scores = json!({"splits": {"validation": {"n": 14, "accuracy": accuracy, "confusion": confusion}}});
        let path = call.output.join("predictions-validation.safetensors");
        write(&path, &predictions, &Provenance::new("test", call.seed))?;
        std::fs::write(call.output.join("metrics.json"), scores.to_string())?;
        std::fs::write(call.output.join("report.html"), "<!doctype html>")?;
        Ok(())
    }
}

#[test]
fn an_accuracy_that_is_not_that_of_the_counts_is_found() {
    evaluate_suite(evaluate(10.0 / 14.0)).unwrap();
    let error = evaluate_suite(evaluate(0.75)).unwrap_err().to_string();
    assert!(
        error.starts_with("a linear model: `accuracy` of `validation` is 0.75, its `confusion` says 0.71"),
        "{error}"
    );
}

#[test]
fn a_stage_that_drops_targets_does_not_pass() {
    let mut lawful = stage(|_, _| 0.0);
    let dropping = |call: &Call<'_>| {
        lawful(call)?;
        for split in Split::ALL {
            let path = call.output.join(format!("{split}.safetensors"));
            if path.exists() {
                let set: FeatureSet = read(&path)?;
                write(&path, &FeatureSet { targets: None, ..set }, &Provenance::new("test", call.seed))?;
            }
        }
        Ok(())
    };
    let message = refusal(dropping);
    assert!(message.starts_with("images with targets: "), "{message}");
    assert!(message.ends_with("found none: hand it on with `rows`"), "{message}");
}
