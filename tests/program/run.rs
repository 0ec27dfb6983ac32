use std::collections::{BTreeMap, BTreeSet};

use fer_artifact::Digest;
use serde_json::Value;

use crate::world::{World, lines};

/// Beside these, `train/best.safetensors` stands where the best epoch is not the last.
const OUTPUTS: [&str; 20] = [
    "evaluate/metrics.json",
    "evaluate/mistakes-test.csv",
    "evaluate/mistakes-validation.csv",
    "evaluate/predictions-test.safetensors",
    "evaluate/predictions-validation.safetensors",
    "evaluate/report.html",
    "ingest/data-report.json",
    "ingest/subsets.json",
    "ingest/test.safetensors",
    "ingest/train.safetensors",
    "ingest/validation.safetensors",
    "preprocess/test.safetensors",
    "preprocess/train.safetensors",
    "preprocess/validation.safetensors",
    "train/accuracy.tsv",
    "train/config.json",
    "train/events.out.tfevents.0.fer",
    "train/history.jsonl",
    "train/history.tsv",
    "train/model.safetensors",
];

#[test]
fn a_chain_runs_to_its_report() {
    let world = World::new();
    let ended = world.fer(&["run"]).succeeded();
    let summary = lines(&ended.stdout);
    assert_eq!(summary.len(), 3, "{ended:?}");
    assert!(summary[0].starts_with("validation  accuracy ") && summary[0].ends_with("  14 images"), "{ended:?}");
    assert!(summary[1].starts_with("test        accuracy ") && summary[1].contains("95 % interval"), "{ended:?}");
    assert_eq!(summary[2], "report: run/evaluate/report.html");
    let mut expected: Vec<&str> = OUTPUTS.to_vec();
    expected.extend([".digests.json", ".origin", ".writer", "config.resolved.yaml", "run.lock.json"]);
    expected.sort_unstable();
    let mut files: Vec<String> = world.files("run").into_keys().collect();
    files.retain(|path| path != "train/best.safetensors" && !path.starts_with("train/checkpoints/"));
    assert_eq!(files, expected);
}

#[test]
fn without_a_terminal_progress_is_a_line_an_epoch_on_standard_error() {
    let ended = World::new().fer(&["run"]).succeeded();
    let epochs: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("  epoch ")).collect();
    assert_eq!(epochs.len(), 2, "{ended:?}");
    assert!(epochs[1].starts_with("  epoch 2/2  loss "), "{ended:?}");
    for part in ["  train ", " %  validation ", " %  rate 0.05  ", " images/s"] {
        assert!(epochs[1].contains(part), "{ended:?}");
    }
    assert!(!ended.stderr.contains('\r') && !ended.stderr.contains('\u{1b}'), "{ended:?}");
}

#[test]
fn the_lock_holds_the_digests_of_all_outputs() {
    let world = World::ran();
    let lock: Value = serde_json::from_str(&world.read("run/run.lock.json")).unwrap();
    assert_eq!(lock["program"], concat!("fer ", env!("CARGO_PKG_VERSION")));
    let mut outputs = BTreeSet::new();
    for stage in ["ingest", "preprocess", "train", "evaluate"] {
        let entry = &lock["stages"][stage];
        assert!(entry["finished"].as_str().unwrap().ends_with('Z') && entry["seconds"].is_number(), "{entry}");
        for (path, digest) in entry["outputs"].as_object().unwrap() {
            let found = Digest::of_file(&world.path("run").join(path)).unwrap();
            assert_eq!(digest, &Value::from(found.to_string()), "{path}");
            outputs.insert(path.clone());
        }
    }
    assert!(OUTPUTS.iter().all(|path| outputs.contains(*path)), "{outputs:?}");
    assert_eq!(lock["stages"]["train"]["params"]["optimizer"]["weight_decay"], 0.0);
}

#[test]
fn the_resolved_configuration_is_a_pipeline_file_with_every_default() {
    let world = World::ran();
    let text = world.read("run/config.resolved.yaml");
    for default in ["equalization: global", "on_bad_row: error", "momentum: 0.0", "seed: 7"] {
        assert!(text.contains(default), "{text}");
    }
    std::fs::write(world.path("resolved.yaml"), text).unwrap();
    let status = world.fer(&["status", "resolved.yaml"]);
    assert_eq!(status.code, 0, "{status:?}");
}

#[test]
fn a_second_run_does_nothing_and_says_so() {
    let world = World::ran();
    let before = world.files("run");
    let ended = world.fer(&["run"]).succeeded();
    assert_eq!(lines(&ended.stderr), ["ingest: fresh", "preprocess: fresh", "train: fresh", "evaluate: fresh"]);
    assert!(ended.stdout.ends_with("report: run/evaluate/report.html\n"));
    assert!(before == world.files("run"), "a file has changed");
}

#[test]
fn the_data_report_is_summed_up_on_standard_error() {
    let ended = World::new().fer(&["run", "--only", "ingest"]).succeeded();
    assert!(ended.stderr.contains("140"), "{ended:?}");
    assert!(ended.stderr.contains("validation"), "{ended:?}");
    assert_eq!(ended.stdout, "");
}

#[test]
fn with_json_standard_output_is_json_alone() {
    let world = World::new();
    let plan = world.fer(&["plan", "--json"]).succeeded().json();
    assert_eq!(plan[1], serde_json::json!({"stage": "preprocess", "state": "missing", "reasons": ["never ran"]}));
    let run = world.fer(&["run", "--json"]).succeeded().json();
    assert_eq!(run["stages"][0]["reasons"][0], "never ran");
    let metrics: Value = serde_json::from_str(&world.read("run/evaluate/metrics.json")).unwrap();
    assert_eq!(run["metrics"], metrics);
    assert_eq!(metrics["splits"]["validation"]["n"], 14);
    assert_eq!(run["report"], "run/evaluate/report.html");
    let status = world.fer(&["status", "--json"]).succeeded().json();
    assert_eq!(status[3], serde_json::json!({"stage": "evaluate", "state": "fresh", "reasons": []}));
}

#[test]
fn the_run_folder_can_be_another() {
    let world = World::new();
    let ended = world.fer(&["run", "--run-dir", "elsewhere/deep"]).succeeded();
    assert!(ended.stdout.ends_with("report: elsewhere/deep/evaluate/report.html\n"), "{ended:?}");
    assert!(!world.path("run").exists());
}

#[test]
fn paths_in_the_file_are_relative_to_its_folder() {
    let world = World::new();
    let folder = world.path("elsewhere");
    std::fs::create_dir(&folder).unwrap();
    let file = world.path("pipeline.yaml");
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_fer"))
        .current_dir(folder)
        .args(["run", file.to_str().unwrap(), "--only", "ingest"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(world.path("run/ingest/train.safetensors").is_file());
}

#[test]
fn the_weights_that_are_not_selected_stand_beside_the_model() {
    let world = World::new();
    // Great steps: of ten epochs, the best is not the last.
    let wild = "--set=train.optimizer={name: sgd, learning_rate: 5}";
    let run = |select: &str| {
        world.fer(&["run", wild, "--set", "train.epochs=10", "--set", select]).succeeded();
        world.files("run")
    };
    let last = run("train.select=last");
    let best = run("train.select=best");
    let weights = |files: &BTreeMap<String, Vec<u8>>, path: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("model.safetensors");
        std::fs::write(&file, &files[path]).unwrap();
        fer_artifact::read_tensors(&file).unwrap()
    };
    assert!(weights(&last, "train/model.safetensors") == weights(&best, "train/last.safetensors"));
    assert!(weights(&last, "train/best.safetensors") == weights(&best, "train/model.safetensors"));
    assert!(!best.contains_key("train/best.safetensors"), "what came out under the former name is gone");
}

#[test]
fn a_training_of_one_epoch_shortens_its_warm_up_and_says_so() {
    let world = World::new();
    let shortest = ["run", "--set", "train.epochs=1", "--set", "train.schedule={name: cosine, warmup_epochs: 1}"];
    let run = world.fer(&shortest).succeeded();
    assert!(run.stderr.contains("\n  shortens the warm-up to 0 epochs: the training has 1\n"), "{run:?}");
}
