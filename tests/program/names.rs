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
    assert!(absent.stderr.contains("the chain has no stage `student`; expected one of"), "{absent:?}");
    world.fer(&["run", "--run-dir", "other", "--set", "teacher.epochs=1"]).succeeded();
    let diff = world.fer(&["diff", "run", "other"]).succeeded().stdout;
    assert!(diff.contains("teacher.epochs"), "{diff}");
}

#[test]
fn a_name_that_cannot_be_is_refused_with_its_place() {
    let world = World::new();
    for (name, message) in [
        ("train", "stage `train` stands here for the second time; give one of the two a `name` of its own"),
        ("evaluate", "expected a name that is not that of another kind, found `evaluate` for a stage `train`"),
        ("seed", "expected another name: `seed` has a meaning of its own"),
        ("cells", "expected another name: `cells` has a meaning of its own"),
        ("../up", "expected a stage's name: a lower-case letter, then letters, digits, `-` and `_`"),
        ("Teacher", "found `Teacher`"),
    ] {
        let named = two_trainings().replace("name: teacher", &format!("name: {name}"));
        std::fs::write(world.path("pipeline.yaml"), named).unwrap();
        let plan = world.fer(&["plan"]);
        assert_eq!(plan.code, 2, "{name}: {plan:?}");
        assert!(plan.stderr.starts_with("error: pipeline.yaml:"), "{name}: {plan:?}");
        assert!(plan.stderr.contains(message), "{name}: {plan:?}");
    }
}

/// [`two_trainings`], the second of which starts from the first one's weights and learns from its answers.
fn student() -> String {
    let named = two_trainings()
        .replace("    params: {}\n  - stage: train\n", "    params: {splits: [train, validation]}\n  - stage: train\n");
    let learns =
        "    params:\n      init: {from: teacher}\n      distillation: {predictions: [{from: exam}], share: 0.5}\n";
    let at = named.rfind("  - stage: train\n    params:\n").unwrap() + "  - stage: train\n".len();
    named[..at].to_owned() + &named[at..].replacen("    params:\n", learns, 1)
}

#[test]
fn a_training_starts_from_another_stage_and_learns_from_its_answers() {
    let world = World::new();
    std::fs::write(world.path("pipeline.yaml"), student()).unwrap();
    world.fer(&["run"]).succeeded();
    let header = world.fer(&["inspect", "run/train/model.safetensors"]).succeeded().stdout;
    assert!(header.contains("teacher/model.safetensors"), "{header}");
    assert!(header.contains("exam/predictions-train.safetensors"), "{header}");
    let model = world.files("run")["train/model.safetensors"].clone();

    // The same files by path give the same weights: what differs is what the header says of where they are from.
    let (teacher, exam) = ("run/teacher/model.safetensors", "run/exam/predictions-train.safetensors");
    let by_path = PIPELINE.replace(
        "      epochs: 2\n",
        &format!("      epochs: 2\n      init: {teacher}\n      distillation: {{predictions: [{exam}], share: 0.5}}\n"),
    );
    std::fs::write(world.path("by-path.yaml"), by_path).unwrap();
    world.fer(&["run", "by-path.yaml", "--run-dir", "by-path"]).succeeded();
    let tensors = |bytes: &[u8]| {
        let head = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
        bytes[8 + head..].to_vec()
    };
    assert_eq!(tensors(&model), tensors(&world.files("by-path")["train/model.safetensors"]));

    // The mean of a model and itself is the model.
    let init = format!("train.init=[{teacher}, {teacher}]");
    world.fer(&["run", "by-path.yaml", "--run-dir", "mean", "--set", &init]).succeeded();
    assert_eq!(tensors(&model), tensors(&world.files("mean")["train/model.safetensors"]));
    let header = world.fer(&["inspect", "mean/train/model.safetensors"]).succeeded().stdout;
    assert!(header.contains("init[0]") && header.contains("init[1]"), "{header}");

    // A change of the teacher reaches the student.
    let plan = world.fer(&["plan", "--set", "teacher.epochs=1"]).succeeded().stdout;
    assert!(plan.lines().any(|line| line.starts_with("train: ") && line.contains("may change")), "{plan}");
}

#[test]
fn a_stage_that_cannot_give_what_it_is_named_for_is_refused() {
    let world = World::new();
    for (from, message) in [
        ("{from: nobody}", "`from: nobody`: expected the name of a stage before `train`, found none"),
        ("{from: exam}", "`from: exam`: expected a stage that leaves model.safetensors, found one of kind `evaluate`"),
        ("{from: 'A b'}", "`from`: expected a stage's name"),
        ("{form: teacher}", "unknown key `form`"),
        (
            "[{from: teacher}, {from: nobody}]",
            "`from: nobody`: expected the name of a stage before `train`, found none",
        ),
        ("[]", "expected a path, `{from: STAGE}`, or a list of at least one of them"),
    ] {
        std::fs::write(world.path("pipeline.yaml"), student().replace("{from: teacher}", from)).unwrap();
        let plan = world.fer(&["plan"]);
        assert_eq!(plan.code, 2, "{from}: {plan:?}");
        assert!(plan.stderr.contains(message), "{from}: {plan:?}");
    }
}
