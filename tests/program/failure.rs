use fer_artifact::{Checkpoint, read};

use crate::world::World;

/// One step an epoch, and one that ends all steps: the second epoch's loss is no number.
const RUIN: [&str; 3] = [
    "--set=train.batch_size=112",
    "--set=train.evaluate_every=5",
    "--set=train.optimizer={name: sgd, learning_rate: 1e38}",
];

#[test]
fn a_loss_that_is_no_number_ends_the_run_and_keeps_the_checkpoint() {
    let world = World::new();
    let ended = world.fer(&[&["run", "--checkpoint-epochs", "1"], RUIN.as_slice()].concat());
    assert_eq!(ended.code, 1, "{ended:?}");
    let message = ended.stderr.lines().last().unwrap();
    assert!(message.starts_with("error: train: ") && message.contains("epoch 2"), "{ended:?}");
    let left: Vec<String> = world.files("run/train").into_keys().filter(|path| !path.starts_with("live/")).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left[1].starts_with("checkpoints/") && left[1].ends_with("/epoch-0001.safetensors"), "{left:?}");
    let checkpoint: Checkpoint = read(&world.path("run/train").join(&left[1])).unwrap();
    assert!(!checkpoint.tensors.is_empty());
    assert!(!world.path("run/.train.partial").exists());
}

#[test]
fn a_run_that_fails_leaves_the_former_outputs_and_their_lock() {
    let world = World::ran();
    let before = world.files("run");
    assert_eq!(world.fer(&[&["run"], RUIN.as_slice()].concat()).code, 1);
    let after = world.files("run");
    for path in ["train/model.safetensors", "train/history.jsonl", "evaluate/metrics.json", "run.lock.json"] {
        assert!(before[path] == after[path], "{path}");
    }
    assert_eq!(world.fer(&["status"]).code, 0);
}

#[test]
fn a_damaged_artifact_is_named() {
    let world = World::ran();
    std::fs::write(world.path("run/preprocess/train.safetensors"), [0; 100]).unwrap();
    let ended = world.fer(&["run", "--from", "train"]);
    assert_eq!(ended.code, 1);
    let message = ended.stderr.lines().last().unwrap();
    assert!(
        message.starts_with("error: train: run/preprocess/train.safetensors: not a valid safetensors file"),
        "{message}"
    );
}

#[test]
fn a_source_that_is_not_there_is_named_before_anything_is_written() {
    let world = World::new();
    std::fs::remove_file(world.path("faces.csv")).unwrap();
    let ended = world.fer(&["run"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("error: ingest: faces.csv: cannot read the file"), "{ended:?}");
    assert!(!world.path("run/ingest").exists());
}

#[cfg(unix)]
#[test]
fn a_run_folder_has_one_writer() {
    let world = World::new();
    let mut first = world.start(&["run", "--set", "train.epochs=1000000"]);
    first.until("  epoch 1/");
    let ended = world.fer(&["run"]);
    let id = first.id();
    let message = format!("error: run: in use by process {id}; wait for it or choose another `--run-dir`\n");
    assert_eq!((ended.code, ended.stderr), (1, message));
    assert_eq!(world.fer(&["gc"]).code, 1);
    first.kill();
    world.fer(&["run"]).succeeded();
}
