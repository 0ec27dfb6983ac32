use crate::world::{World, assert_same};

/// A network with everything random in it: weights, order, dropout.
const NETWORK: [&str; 3] = [
    "--set=train.model={name: compact-cnn, dropout: 0.5}",
    "--set=train.optimizer={name: adamw, learning_rate: 0.003}",
    "--set=ingest.split={kind: stratified, train: 0.6, validation: 0.2, test: 0.2}",
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
