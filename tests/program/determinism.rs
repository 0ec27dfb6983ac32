use serde_json::Value;

use crate::world::{World, assert_same};

/// A network with everything random in it: weights, order, dropout.
const NETWORK: [&str; 3] = [
    "--set=train.model={name: compact-cnn, dropout: 0.5}",
    "--set=train.optimizer={name: adamw, learning_rate: 0.003}",
    "--set=ingest.split={kind: stratified, train: 0.6, validation: 0.2, test: 0.2, pool: true}",
];

#[test]
fn two_runs_give_the_same_bytes_whatever_the_number_of_threads() {
    let world = World::new();
    let run = |folder: &str, threads: &str| {
        let arguments = [&["run", "--run-dir", folder, "--threads", threads], NETWORK.as_slice()].concat();
        world.fer(&arguments).succeeded();
        world.timeless(folder)
    };
    let two = run("two", "2");
    assert_same(&two, &run("two again", "2"));
    assert_same(&two, &run("one", "1"));
}

#[test]
fn another_seed_gives_another_model() {
    let world = World::new();
    let model = |folder: &str, seed: &str| {
        let ended = world.fer(&["run", "--run-dir", folder, "--set", seed]);
        ended.succeeded();
        world.files(folder).remove("train/model.safetensors").unwrap()
    };
    assert!(model("a", "seed=1") != model("b", "seed=2"));
}

#[test]
fn plain_code_gives_nearly_what_vector_instructions_give() {
    let world = World::new();
    let loss = |folder: &str, instructions: &str| {
        let mut command = world.command(&[&["run", "--run-dir", folder], NETWORK.as_slice()].concat());
        let output = command.env("FER_INSTRUCTIONS", instructions).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let history = world.read(&format!("{folder}/train/history.jsonl"));
        let first: Value = serde_json::from_str(history.lines().next().unwrap()).unwrap();
        first["loss"].as_f64().unwrap()
    };
    let (fast, plain) = (loss("fast", "detected"), loss("plain", "portable"));
    assert!((fast - plain).abs() < 1e-4 * plain, "{fast} and {plain}");
}

#[test]
fn unknown_instructions_are_refused() {
    let world = World::new();
    let output = world.command(&["plan"]).env("FER_INSTRUCTIONS", "fast").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("FER_INSTRUCTIONS: expected `detected` or `portable`, found `fast`"), "{message}");
}
