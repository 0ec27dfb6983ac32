//! Earlier outputs that come back, and what can be freed.

use crate::world::{World, assert_same, lines};

const OTHER: &str = "--set=train.optimizer.learning_rate=0.01";

/// A world that ran once as it is and once with another learning rate, and what stood there after the first run.
fn twice() -> (World, std::collections::BTreeMap<String, Vec<u8>>) {
    let world = World::ran();
    let first = world.outputs("run");
    world.fer(&["run", OTHER]).succeeded();
    (world, first)
}

#[test]
fn going_back_to_earlier_parameters_takes_the_earlier_outputs() {
    let (world, first) = twice();
    let second = world.outputs("run");
    let plan = world.fer(&["plan"]).succeeded();
    let line = "train: parameter optimizer.learning_rate 0.01 → 0.05, earlier outputs are in the store";
    assert_eq!(lines(&plan.stdout)[2], line);
    for (call, expected) in [(&["run"][..], &first), (&["run", OTHER], &second), (&["run"], &first)] {
        let run = world.fer(call).succeeded();
        assert_eq!(run.stderr.matches("  earlier outputs, back from the store\n").count(), 2, "{run:?}");
        assert!(!run.stderr.contains("  epoch "), "{run:?}");
        assert_same(&world.outputs("run"), expected);
        assert_eq!(world.fer(&[&["status"], &call[1..]].concat()).code, 0);
        assert_eq!(world.fer(&["verify"]).code, 0);
    }
}

#[test]
fn forced_a_stage_runs_even_if_its_outputs_are_in_the_store() {
    let (world, first) = twice();
    let run = world.fer(&["run", "--force"]).succeeded();
    assert!(run.stderr.contains("  epoch 2/2 ") && !run.stderr.contains("store"), "{run:?}");
    assert_same(&world.outputs("run"), &first);
}

#[test]
fn what_was_damaged_in_the_store_is_made_again() {
    let (world, first) = twice();
    let stored = world.files("run/.store/train").into_keys().find(|path| path.ends_with("/model.safetensors"));
    let path = world.path("run/.store/train").join(stored.unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let run = world.fer(&["run"]).succeeded();
    assert!(run.stderr.contains("  goes on from epoch 2 of 2\n  epoch 2/2 "), "from its last checkpoint: {run:?}");
    assert_same(&world.outputs("run"), &first);
}

#[test]
fn altered_outputs_are_not_kept() {
    let world = World::ran();
    std::fs::write(world.path("run/train/history.jsonl"), "mine").unwrap();
    world.fer(&["run", OTHER]).succeeded();
    assert!(!world.path("run/.store/train").exists());
}

#[test]
fn the_store_is_bounded() {
    let world = World::ran();
    world.fer(&["run", OTHER, "--store-limit", "0"]).succeeded();
    assert!(!world.path("run/.store/train").exists());
    // The other training's checkpoints go too.
    assert_eq!(std::fs::read_dir(world.path("run/train/checkpoints")).unwrap().count(), 1);
}

#[test]
fn gc_says_what_it_frees_and_frees_it() {
    let (world, _) = twice();
    std::fs::write(world.path("run/ingest/.writing-abc"), "half").unwrap();
    std::fs::create_dir(world.path("run/.train.partial")).unwrap();
    let before = world.files("run");
    let dry = world.fer(&["gc", "--dry-run", OTHER]).succeeded();
    assert!(before == world.files("run"), "a file has changed");
    let told = lines(&dry.stdout);
    assert_eq!(told.len(), 6, "{told:?}");
    let places = [".store/train/", ".store/evaluate/", "train/checkpoints/", "run", "ingest/.writing-abc"];
    for (place, what) in places.iter().zip(["earlier outputs", "earlier outputs", "checkpoints"]) {
        assert!(told.iter().any(|line| line.contains(place) && line.contains(what)), "{place}: {told:?}");
    }
    assert!(told.contains(&"      4 B  unfinished        ingest/.writing-abc"), "{told:?}");
    assert!(told.contains(&"      0 B  unfinished        .train.partial"), "{told:?}");
    let gc = world.fer(&["gc", OTHER]).succeeded();
    assert_eq!(gc.stdout.replace("  freed\n", "  would be freed\n"), dry.stdout);
    let rest = world.files("run");
    assert!(before.iter().filter(|(path, _)| rest.contains_key(*path)).all(|(path, bytes)| rest[path] == *bytes));
    let gone: Vec<&String> = before.keys().filter(|path| !rest.contains_key(*path)).collect();
    let may_go = |path: &str| {
        path.starts_with(".store/") || path.starts_with("train/checkpoints/") || path.contains("/.writing-")
    };
    assert!(gone.len() > 10 && gone.iter().all(|path| may_go(path)), "{gone:?}");
    assert!(rest.keys().any(|path| path.starts_with("train/checkpoints/")), "those of the present training stay");
    assert_eq!(world.fer(&["status", OTHER]).code, 0);
    let empty = world.fer(&["gc", "--json", OTHER]).succeeded().json();
    assert_eq!(empty, serde_json::json!({"removed": true, "bytes": 0, "spares": []}));
}
