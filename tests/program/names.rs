//! Stages with names of their own: a second training in the same chain.

use crate::world::{PIPELINE, World, lines};

/// [`PIPELINE`] with a second training and its evaluation.
fn two_trainings() -> String {
    let (head, train) = PIPELINE.split_at(PIPELINE.find("  - stage: train\n").unwrap());
    let teacher = train
        .replace("  - stage: train\n", "  - stage: train\n    name: teacher\n")
        .replace("  - stage: evaluate\n", "  - stage: evaluate\n    name: exam\n");
    format!("{head}{teacher}{train}")
}

fn world() -> World {
    let world = World::new();
    std::fs::write(world.path("pipeline.yaml"), two_trainings()).unwrap();
    world
}

#[test]
fn a_second_training_has_its_own_folder_seed_and_scores() {
    let world = world();
    let run = world.fer(&["run"]).succeeded();
    assert!(run.stdout.ends_with("report: run/evaluate/report.html\n"), "the last scores are told: {run:?}");
    let files = world.files("run");
    for path in ["teacher/model.safetensors", "exam/metrics.json", "train/model.safetensors", "evaluate/metrics.json"] {
        assert!(files.contains_key(path), "{path}");
    }
    assert_ne!(files["teacher/model.safetensors"], files["train/model.safetensors"], "each name has its own stream");
    let fresh = ["ingest", "preprocess", "teacher", "exam", "train", "evaluate"].map(|name| format!("{name}: fresh"));
    assert_eq!(lines(&world.fer(&["run"]).succeeded().stderr), fresh);
    let resolved = String::from_utf8(files["config.resolved.yaml"].clone()).unwrap();
    assert!(resolved.contains("- stage: train\n  name: teacher\n  params:\n"), "{resolved}");

    // A training without a name has the bytes that it has without company.
    let alone = World::ran().files("run");
    assert_eq!(alone["train/model.safetensors"], files["train/model.safetensors"]);
    assert_eq!(alone["evaluate/metrics.json"], files["evaluate/metrics.json"]);
}

#[test]
fn evaluate_reads_the_nearest_model_before_it() {
    let world = world();
    world.fer(&["run"]).succeeded();
    let inspect = |path: &str| world.fer(&["inspect", path]).succeeded().stdout;
    let exam = inspect("run/exam/predictions-test.safetensors");
    assert!(exam.contains("teacher/model.safetensors") && !exam.contains("train/model.safetensors"), "{exam}");
    let evaluate = inspect("run/evaluate/predictions-test.safetensors");
    assert!(evaluate.contains("train/model.safetensors") && !evaluate.contains("teacher/"), "{evaluate}");
}

#[test]
fn names_are_known_to_set_only_from_status_and_diff() {
    let world = world();
    world.fer(&["run"]).succeeded();
    let plan = world.fer(&["plan", "--set", "teacher.epochs=3"]).succeeded().stdout;
    assert!(plan.contains("parameter epochs 2 → 3"), "{plan}");
    assert!(plan.contains("depends on teacher"), "{plan}");
    let only = world.fer(&["run", "--only", "teacher", "--force"]).succeeded();
    assert_eq!(lines(&only.stderr)[0], "teacher: runs (forced)");
    let from = world.fer(&["run", "--from", "exam"]).succeeded();
    assert_eq!(lines(&from.stderr), ["exam: fresh", "train: fresh", "evaluate: fresh"]);
    let status = world.fer(&["status", "--json"]).succeeded().json();
    assert_eq!(status[2]["stage"], "teacher", "{status}");
    let absent = world.fer(&["run", "--only", "student"]);
    assert_eq!(absent.code, 2);
    assert!(
        absent.stderr.contains("the chain has no stage `student`; it has `ingest`, `preprocess`, `teacher`"),
        "{absent:?}"
    );
    world.fer(&["run", "--run-dir", "other", "--set", "teacher.epochs=1"]).succeeded();
    let diff = world.fer(&["diff", "run", "other"]).succeeded().stdout;
    assert!(diff.contains("teacher.epochs"), "{diff}");
}

#[test]
fn a_name_that_cannot_be_is_refused_with_its_place() {
    let world = World::new();
    for (name, message) in [
        ("train", "pipeline.yaml:19:5: stage `train` stands here for the second time; give one of the two a `name`"),
        ("evaluate", "expected a name that is not that of another kind, found `evaluate` for a stage `train`"),
        ("seed", "expected another name: `seed` has a meaning of its own"),
        ("../up", "expected a stage's name: a lower-case letter, then letters, digits, `-` and `_`"),
        ("Teacher", "found `Teacher`"),
    ] {
        let named = two_trainings().replace("name: teacher", &format!("name: {name}"));
        std::fs::write(world.path("pipeline.yaml"), named).unwrap();
        let plan = world.fer(&["plan"]);
        assert_eq!(plan.code, 2, "{name}: {plan:?}");
        let found = plan.stderr.contains(message) || (name == "train" && plan.stderr.contains(&message[20..]));
        assert!(found, "{name}: {plan:?}");
    }
}
