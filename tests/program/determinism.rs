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
fn all_instructions_give_the_same_bytes() {
    let world = World::new();
    let run = |instructions: fer_nn::Instructions| {
        let folder = instructions.name();
        let mut command = world.command(&[&["run", "--run-dir", folder], NETWORK.as_slice()].concat());
        let output = command.env("FER_INSTRUCTIONS", folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        world.timeless(folder)
    };
    let portable = run(fer_nn::Instructions::Portable);
    for kind in fer_nn::Instructions::ALL.into_iter().filter(|kind| kind.is_available()) {
        assert_same(&portable, &run(kind));
    }
}

#[test]
fn the_version_names_the_instructions_in_use() {
    let world = World::new();
    let output = world.command(&["--version"]).env("FER_INSTRUCTIONS", "portable").output().unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("fer {version}\ninstructions: portable\n"));
}

#[test]
fn instructions_that_there_are_not_are_refused() {
    let world = World::new();
    for (name, message) in [
        ("fast", "FER_INSTRUCTIONS: unknown instructions `fast`; this machine has "),
        ("neon", "FER_INSTRUCTIONS: this machine does not have `neon`; it has "),
    ] {
        if name.parse().is_ok_and(fer_nn::Instructions::is_available) {
            continue;
        }
        let output = world.command(&["plan"]).env("FER_INSTRUCTIONS", name).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let found = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(found.contains(message), "{found}");
    }
}
