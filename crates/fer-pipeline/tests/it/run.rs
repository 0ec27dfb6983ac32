use fer_artifact::{check_evaluate, check_preprocess, check_train};
use fer_pipeline::progress::Silent;
use fer_pipeline::{Error, RunOptions, StageAlone, StageKind, run_stage};

use crate::{Notes, Still, folder, load};

#[test]
fn a_run_reports_its_stages_epochs_and_batches_and_keeps_the_contract() {
    let folder = folder();
    let mut notes = Notes::default();
    let outcome = load(&folder, &[]).unwrap().run(&RunOptions::default(), &Still, &mut notes).unwrap();
    assert_eq!(notes.started, [StageKind::Preprocess, StageKind::Train, StageKind::Evaluate]);
    assert_eq!((notes.epochs, notes.batches), (2, 8));
    assert_eq!(outcome.metrics.unwrap().splits.len(), 1);
    let run = folder.path().join("run");
    check_preprocess(&run.join("ingest"), &run.join("preprocess")).unwrap();
    check_train(&run.join("preprocess"), &run.join("train")).unwrap();
    check_evaluate(&run.join("preprocess"), &run.join("evaluate")).unwrap();
}

#[test]
fn the_lock_has_the_callers_time() {
    let folder = folder();
    load(&folder, &[]).unwrap().run(&RunOptions::default(), &Still, &mut Silent).unwrap();
    let lock = std::fs::read_to_string(folder.path().join("run/run.lock.json")).unwrap();
    assert_eq!(lock.matches("\"finished\": \"2026-05-17T08:30:00Z\"").count(), 3, "{lock}");
    assert_eq!(lock.matches("\"seconds\": 0.0").count(), 3, "{lock}");
}

#[test]
fn a_run_that_is_asked_to_stop_stops() {
    let folder = folder();
    let mut notes = Notes { stop_after: Some(5), ..Notes::default() };
    let error = load(&folder, &[]).unwrap().run(&RunOptions::default(), &Still, &mut notes).unwrap_err();
    assert!(matches!(error, Error::Interrupted { stage } if stage == StageKind::Train), "{error}");
    assert_eq!((notes.epochs, notes.batches), (1, 5));
    let states: Vec<&str> = load(&folder, &[]).unwrap().status().unwrap().iter().map(|step| step.state()).collect();
    assert_eq!(states, ["fresh", "interrupted", "missing"]);
}

#[test]
fn a_stage_alone_without_parameters_takes_the_defaults() {
    let folder = folder();
    let (input, output) = (folder.path().join("run"), folder.path().join("out"));
    let seed = fer_artifact::Seed::new(7);
    let alone = StageAlone { kind: StageKind::Preprocess, params: None, input: &input, output: &output, seed };
    run_stage(&alone, &RunOptions::default(), &Still, &mut Silent).unwrap();
    load(&folder, &[]).unwrap().run(&RunOptions::default(), &Still, &mut Silent).unwrap();
    let read = |path: std::path::PathBuf| std::fs::read(path).unwrap();
    assert!(read(output.join("train.safetensors")) == read(input.join("preprocess/train.safetensors")));
}
