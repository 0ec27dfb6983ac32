//! Batches in parts: `shards` of the train stage. What several processes do of it, crates' tests and `tests/cluster/mpi.sh` hold.
#![cfg(unix)]

use crate::world::{World, assert_same};

const PARTS: [&str; 6] = [
    "--set=train.shards=4",
    "--set=preprocess.size={height: 24, width: 24}",
    "--set=train.model={name: compact-cnn, dropout: 0.5}",
    "--set=train.optimizer={name: adamw, learning_rate: 0.003}",
    "--set=train.select=best",
    "--set=train.epochs=12",
];

fn with<'a>(first: &[&'a str]) -> Vec<&'a str> {
    [first, PARTS.as_slice()].concat()
}

#[test]
fn a_training_in_parts_has_the_same_bytes_whatever_the_threads_and_stopped_or_not() {
    let world = World::new();
    world.fer(&with(&["run", "--run-dir", "two", "--threads", "2"])).succeeded();
    let mut run = world.start(&with(&["run", "--run-dir", "one", "--threads", "1"]));
    run.until("  epoch 2/");
    let (code, said) = run.signal("INT");
    assert_eq!(code, Some(130), "{said}");
    let rest = world.fer(&with(&["run", "--run-dir", "one", "--threads", "1"])).succeeded();
    assert!(rest.stderr.contains("goes on from epoch"), "{rest:?}");
    assert_same(&world.outputs("two"), &world.outputs("one"));
}

#[test]
fn parts_are_a_parameter_that_one_part_leaves_out() {
    let world = World::ran();
    assert_eq!(world.fer(&["status", "--set", "train.shards=1"]).code, 0);
    let stale = world.fer(&["status", "--set", "train.shards=4"]);
    assert_eq!(stale.code, 1);
    assert!(stale.stdout.contains("shards"), "{stale:?}");
}

#[test]
fn parts_that_do_not_divide_a_batch_are_refused_with_their_place() {
    let world = World::new();
    let text = world.read("pipeline.yaml").replace("batch_size: 16", "batch_size: 16\n      shards: 3");
    std::fs::write(world.path("pipeline.yaml"), text).unwrap();
    let refused = world.fer(&["run"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.starts_with("error: pipeline.yaml:"), "{refused:?}");
    let said = "shards: expected a number that divides batch_size, 16, found 3\n";
    assert!(refused.stderr.ends_with(said), "{refused:?}");
}

#[cfg(not(feature = "mpi"))]
#[test]
fn a_program_without_mpi_says_so_where_mpi_starts_it() {
    let world = World::new();
    let ended = world.command(&["run"]).env("OMPI_COMM_WORLD_SIZE", "4").output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8(ended.stderr).unwrap();
    let expected =
        "error: started as 4 processes by MPI, but this program is built without it: build it with `--features mpi`";
    assert!(said.starts_with(expected), "{said}");
    assert!(!world.path("run").exists());
    let alone = world.command(&["run"]).env("OMPI_COMM_WORLD_SIZE", "1").output().unwrap();
    assert!(alone.status.success());
}
