//! The words that a person reads, as snapshots: a change of words is seen in the review of its commit. `cargo insta review`
//! or `INSTA_UPDATE=always` take what the program says now.

use insta::assert_snapshot;

use crate::world::{PIPELINE, World};

const COMMANDS: [&str; 31] = [
    "",
    "init",
    "run",
    "plan",
    "status",
    "verify",
    "params",
    "schema",
    "gc",
    "show",
    "inspect",
    "stage",
    "export-images",
    "export-model",
    "evaluate",
    "predict",
    "watch",
    "serve",
    "explain",
    "diff",
    "runs",
    "rename",
    "rm",
    "sweep plan",
    "sweep run",
    "sweep submit",
    "sweep cancel",
    "sweep status",
    "synth",
    "completions",
    "man",
];

#[test]
fn every_command_says_how_it_is_used() {
    let world = World::new();
    for command in COMMANDS {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        assert_snapshot!(format!("help {command}").trim().replace(' ', "-"), world.fer(&arguments).succeeded().stdout);
    }
}

#[test]
fn the_first_help_names_every_command_that_is_held_here() {
    let help = World::new().fer(&["--help"]).succeeded().stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let listed: Vec<&str> = listed.filter_map(|line| line.split_whitespace().next()).collect();
    let mut held: Vec<&str> = COMMANDS.iter().filter_map(|command| command.split_whitespace().next()).collect();
    held.dedup();
    held.push("help");
    assert_eq!(listed, held);
}

#[test]
fn plan_and_status_say_what_would_run_and_why() {
    let world = World::new();
    assert_snapshot!("plan-of-a-new-run", world.fer(&["plan"]).succeeded().stdout);
    world.fer(&["run"]).succeeded();
    assert_snapshot!("plan-of-a-finished-run", world.fer(&["plan"]).succeeded().stdout);
    let changed = ["--set", "preprocess.equalization=none", "--set", "train.epochs=3"];
    assert_snapshot!("plan-of-changed-parameters", world.fer(&[&["plan"][..], &changed].concat()).succeeded().stdout);
    std::fs::remove_file(world.path("run/train/model.safetensors")).unwrap();
    assert_snapshot!("status-of-a-lost-output", world.fer(&["status"]).stdout);
}

/// What people mistype and what they lack, in the order in which they meet it.
#[test]
fn the_commonest_errors_say_what_was_expected() {
    let world = World::new();
    let error = |arguments: &[&str]| world.fer(arguments).stderr;
    assert_snapshot!("error-no-pipeline-file", error(&["run", "nowhere.yaml"]));
    assert_snapshot!("error-unknown-command", error(&["trian"]));
    assert_snapshot!("error-stage-as-command", error(&["train"]));
    assert_snapshot!("error-faces-in-place-of-a-file", error(&["run", "faces.csv"]));
    assert_snapshot!("error-unknown-option", error(&["run", "--epochs", "3"]));
    assert_snapshot!("error-unknown-stage", error(&["run", "--only", "trian"]));
    assert_snapshot!("error-unknown-parameter", error(&["run", "--set", "train.epoch=3"]));
    assert_snapshot!("error-value-out-of-range", error(&["run", "--set", "train.epochs=0"]));
    assert_snapshot!("error-missing-input", error(&["run", "--only", "train"]));
    assert_snapshot!("error-no-run-folder", error(&["diff", "run", "other"]));
    assert_snapshot!("error-no-model-file", error(&["predict", "--model", "model.safetensors", "face.png"]));
    let mistyped = PIPELINE.replace("- stage: train", "- stage: trian");
    std::fs::write(world.path("mistyped.yaml"), mistyped).unwrap();
    assert_snapshot!("error-mistyped-file", error(&["run", "mistyped.yaml"]));
    let lost = ["run", "--set", "ingest.source.path=lost.csv"];
    assert_snapshot!("error-no-source", error(&lost));
}
