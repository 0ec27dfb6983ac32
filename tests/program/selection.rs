use fer_artifact::{FeatureSet, Provenance, Seed, read, write};

use crate::world::{World, lines};

#[test]
fn only_runs_one_stage() {
    let world = World::new();
    world.fer(&["run", "--only", "ingest"]).succeeded();
    assert!(world.path("run/ingest/train.safetensors").is_file());
    assert!(!world.path("run/preprocess").exists());
    let again = world.fer(&["run", "--only", "ingest"]).succeeded();
    assert_eq!(lines(&again.stderr), ["ingest: fresh"]);
}

#[test]
fn force_runs_what_is_fresh() {
    let world = World::ran();
    let before = world.files("run");
    let plan = world.fer(&["plan", "--force"]).succeeded();
    assert_eq!(lines(&plan.stdout)[0], "ingest: forced");
    let run = world.fer(&["run", "--from", "evaluate", "--force"]).succeeded();
    assert!(run.stderr.starts_with("evaluate: runs (forced)\nevaluate: done in "), "{run:?}");
    assert!(before["evaluate/report.html"] == world.files("run")["evaluate/report.html"]);
}

#[test]
fn from_takes_what_lies_before_as_it_is() {
    let world = World::ran();
    let path = world.path("run/preprocess/train.safetensors");
    let mut features: FeatureSet = read(&path).unwrap();
    features.images.in_memory().unwrap().iter_mut().for_each(|value| *value = 1.0 - *value);
    write(&path, &features, &Provenance::new("a stage of my own", Seed::new(0))).unwrap();
    let own = std::fs::read(&path).unwrap();
    let run = world.fer(&["run", "--from", "train"]).succeeded();
    assert!(run.stderr.starts_with("train: runs (input preprocess/train.safetensors changed)\n"), "{run:?}");
    assert!(std::fs::read(&path).unwrap() == own, "the artifact in place is taken, not replaced");
    let plan = world.fer(&["plan"]).succeeded();
    assert_eq!(lines(&plan.stdout)[1], "preprocess: output train.safetensors altered");
}

#[test]
fn an_input_that_no_selected_stage_makes_must_be_there() {
    let world = World::new();
    let ended = world.fer(&["run", "--from", "train"]);
    assert_eq!(ended.code, 1);
    let message = "error: train: input run/preprocess/train.safetensors is missing; \
                   run `preprocess` first or put the file there\n";
    assert_eq!(ended.stderr, message);
    assert!(!world.path("run").exists());
}

#[test]
fn a_stage_must_exist_to_be_selected() {
    let world = World::new();
    let ended = world.fer(&["run", "--only", "trian"]);
    assert_eq!(ended.code, 2);
    assert_eq!(ended.stderr, "error: the chain has no stage `trian`; did you mean `train`?\n");
    let ended = world.fer(&["run", "--only", "train", "--from", "train"]);
    assert_eq!(ended.code, 2);
    std::fs::write(world.path("short.yaml"), "{version: 1, seed: 1, run_dir: run, stages: [{stage: preprocess}]}")
        .unwrap();
    let ended = world.fer(&["run", "short.yaml", "--only", "train"]);
    assert_eq!((ended.code, &*ended.stderr), (2, "error: the chain has no stage `train`; expected `preprocess`\n"));
}

#[test]
fn a_chain_may_begin_later_where_the_files_are() {
    let world = World::ran();
    let tail = "version: 1\nseed: 7\nrun_dir: run\nstages:\n  - stage: evaluate\n    params: {splits: [test]}\n";
    std::fs::write(world.path("tail.yaml"), tail).unwrap();
    let ended = world.fer(&["run", "tail.yaml"]).succeeded();
    assert_eq!(lines(&ended.stdout).len(), 2, "{ended:?}");
    assert!(!world.path("run/evaluate/predictions-validation.safetensors").exists());
}
