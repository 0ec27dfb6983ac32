use crate::world::{World, lines};

const STUDENT: [&str; 2] = [
    "--run-dir=student",
    "--set=train.distillation={predictions: [run/evaluate/predictions-train.safetensors], share: 0.6}",
];

fn taught() -> World {
    let world = World::ran();
    world.fer(&["run", "--set", "evaluate.splits=[train]"]).succeeded();
    world.fer(&["run", STUDENT[0], STUDENT[1]]).succeeded();
    world
}

#[test]
fn a_network_learns_from_the_predictions_of_an_earlier_run() {
    let world = taught();
    assert_eq!(world.fer(&["status", STUDENT[0], STUDENT[1]]).code, 0);
    let models = ["run/train/model.safetensors", "student/train/model.safetensors"];
    let [teacher, student] = models.map(|path| std::fs::read(world.path(path)).unwrap());
    assert!(teacher != student);
}

#[test]
fn other_answers_of_the_teacher_make_the_training_stale() {
    let world = taught();
    world.fer(&["run", "--set", "evaluate.splits=[train]", "--set", "train.epochs=1"]).succeeded();
    let plan = world.fer(&["plan", STUDENT[0], STUDENT[1]]).succeeded();
    assert_eq!(lines(&plan.stdout)[2], "train: input distillation.predictions[0] changed");
}

#[test]
fn a_teacher_that_is_missing_or_no_predictions_is_named() {
    let world = World::ran();
    let missing = world.fer(&["run", STUDENT[0], STUDENT[1]]);
    assert_eq!(missing.code, 1);
    let path = "error: train: run/evaluate/predictions-train.safetensors:";
    assert!(missing.stderr.contains(&format!("{path} cannot read the file: ")), "{missing:?}");
    std::fs::copy(world.path("run/train/model.safetensors"), world.path("run/evaluate/predictions-train.safetensors"))
        .unwrap();
    let other = world.fer(&["run", STUDENT[0], STUDENT[1]]);
    assert_eq!(other.code, 1);
    let reason = "expected an artifact of kind `predictions`, found `model`";
    assert!(other.stderr.ends_with(&format!("{path} {reason}\n")), "{other:?}");
}
