use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

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
    let ended = world.fer(&[&["run"], RUIN.as_slice()].concat());
    assert_eq!(ended.code, 1, "{ended:?}");
    let message = ended.stderr.lines().last().unwrap();
    assert!(message.starts_with("error: train: ") && message.contains("epoch 2"), "{ended:?}");
    let checkpoint: Checkpoint = read(&world.path("run/train/checkpoints/epoch-0001.safetensors")).unwrap();
    assert!(!checkpoint.tensors.is_empty());
    let left: Vec<String> = world.files("run/train").into_keys().collect();
    assert_eq!(left, ["checkpoints/epoch-0001.safetensors"]);
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

/// Starts a run that would take long and reads on until its first epoch is done.
fn training(world: &World) -> (Child, impl BufRead) {
    let mut command = world.command(&["run", "--set", "train.epochs=1000000"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("  epoch 1/") {
        line.clear();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "the run ended");
    }
    (child, stderr)
}

#[cfg(unix)]
#[test]
fn a_run_folder_has_one_writer_and_an_interrupt_ends_it_with_130() {
    let world = World::new();
    let (mut child, mut stderr) = training(&world);
    let ended = world.fer(&["run"]);
    let id = child.id();
    let message = format!("error: run: in use by process {id}; wait for it or choose another `--run-dir`\n");
    assert_eq!((ended.code, ended.stderr), (1, message));
    assert!(Command::new("kill").args(["-INT", &id.to_string()]).status().unwrap().success());
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut stderr, &mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(rest.ends_with("error: train: interrupted\n"), "{rest}");
    assert!(!world.path("run/train/model.safetensors").exists());
    assert!(!world.files("run/train/checkpoints").is_empty());
    world.fer(&["run"]).succeeded();
}
