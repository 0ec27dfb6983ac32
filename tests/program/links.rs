//! Links in a run folder that somebody else prepared: nothing at their ends is written, emptied or removed. The user's own lead to
//! where they are meant to lead.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{lchown, symlink};
use std::path::Path;

use crate::world::World;

const OTHER: &str = "--set=preprocess.equalization=none";

/// A user who runs no test.
const OTHER_USER: u32 = 54_321;

/// A link that another user made; `false` where the tests cannot make one.
fn link_of_another(target: &Path, path: &Path) -> bool {
    symlink(target, path).unwrap();
    let is_given = lchown(path, Some(OTHER_USER), None).is_ok();
    if !is_given {
        #[expect(clippy::print_stderr, reason = "whoever runs the tests is told")]
        {
            eprintln!("left out: only root can give a link to another user");
        }
    }
    is_given
}

/// A world with a folder of somebody else's, in which every file that a stage may leave has other contents.
fn world() -> World {
    let world = World::ran();
    world.fer(&["run", OTHER]).succeeded();
    fs::create_dir_all(world.path("victim/key/checkpoints/a")).unwrap();
    for name in [
        "note",
        "model.safetensors",
        "train.safetensors",
        "key/x",
        "key/entry.json",
        "key/checkpoints/a/epoch-0001.json",
    ] {
        fs::write(world.path(&format!("victim/{name}")), name).unwrap();
    }
    world
}

fn of_others(world: &World) -> BTreeMap<String, Vec<u8>> {
    world.files("victim")
}

#[test]
fn a_link_in_the_place_of_a_file_of_the_run_is_not_followed() {
    let world = world();
    let before = of_others(&world);
    for name in
        [".writer", ".state.json", ".digests.json", "run.lock.json", "config.resolved.yaml", ".origin", ".note.txt"]
    {
        let path = world.path(&format!("run/{name}"));
        let own = fs::read(&path).ok();
        let _ = fs::remove_file(&path);
        symlink(world.path("victim/note"), &path).unwrap();
        for arguments in [&["run"][..], &["run", OTHER], &["gc"], &["runs", ".", "--json"]] {
            let ended = world.fer(arguments);
            if name == ".writer" && arguments[0] != "runs" {
                let message = "error: run/.writer: cannot hold the run folder by it: expected a file, found a link\n";
                assert_eq!((ended.code, &*ended.stderr), (1, message), "{arguments:?}");
            }
        }
        assert!(before == of_others(&world), "{name}");
        let _ = fs::remove_file(&path);
        own.into_iter().for_each(|bytes| fs::write(&path, bytes).unwrap());
    }
    world.fer(&["run"]).succeeded();
}

#[test]
fn a_link_of_another_user_in_the_place_of_a_folder_of_the_run_is_refused_by_its_name() {
    let places = [
        "train",
        "preprocess",
        "train/live",
        "train/checkpoints",
        ".store",
        ".store/train",
        "train/checkpoints/key",
        "jobs",
        "cells/.claims",
    ];
    for place in places {
        let world = world();
        let before = of_others(&world);
        let path = world.path(&format!("run/{place}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if !link_of_another(&world.path("victim"), &path) {
            return;
        }
        for arguments in [&["run", "--force"][..], &["run", "--store-limit=0"], &["gc"]] {
            let ended = world.fer(arguments);
            let message = format!(
                "error: run/{place}: cannot use it: expected a folder of the program's own, found a link of another user's\n"
            );
            assert_eq!((ended.code, ended.stderr), (1, message), "{place}: {arguments:?}");
        }
        world.fer(&["rm", "run", "--yes"]);
        assert!(before == of_others(&world), "{place}");
    }
}

#[test]
fn a_link_in_the_place_of_unfinished_outputs_goes_and_not_what_it_leads_to() {
    let world = world();
    let before = of_others(&world);
    for end in ["victim", "nowhere"] {
        symlink(world.path(end), world.path("run/.train.partial")).unwrap();
        world.fer(&["run", "--only=train", "--force"]).succeeded();
        assert!(!world.path("run/.train.partial").is_symlink());
    }
    assert!(before == of_others(&world));
}

#[test]
fn a_link_in_a_sweep_is_not_followed() {
    let world = world();
    let pipeline = world.read("pipeline.yaml") + "matrix:\n  train.epochs: [1, 2]\n";
    fs::write(world.path("sweep.yaml"), pipeline).unwrap();
    let before = of_others(&world);
    fs::create_dir_all(world.path("run/cells/epochs=1")).unwrap();
    symlink(world.path("victim/note"), world.path("run/cells/epochs=1/cell.log")).unwrap();
    let ended = world.fer(&["sweep", "run", "sweep.yaml"]);
    assert!(
        ended.code == 1 && ended.stderr.contains("cell.log: cannot write it: expected a file, found a link"),
        "{ended:?}"
    );
    fs::remove_file(world.path("run/cells/epochs=1/cell.log")).unwrap();
    fs::remove_dir_all(world.path("run/cells")).unwrap();
    fs::create_dir(world.path("run/cells")).unwrap();
    if !link_of_another(&world.path("victim"), &world.path("run/cells/.claims")) {
        return;
    }
    let ended = world.fer(&["sweep", "run", "sweep.yaml"]);
    assert_ne!(ended.code, 0, "{ended:?}");
    assert!(before == of_others(&world));
}

#[test]
fn copies_of_pictures_pass_no_link_of_another_user() {
    let world = world();
    world.fer(&["export-images", "run/ingest/train.safetensors", "out/sub"]).succeeded();
    let before = of_others(&world);
    fs::create_dir_all(world.path("copies")).unwrap();
    let is_given = link_of_another(&world.path("victim"), &world.path("copies/out"));
    let explain = || world.fer(&["explain", "out", "--no-detect", "--out", "copies"]);
    if is_given {
        let ended = explain();
        assert!(ended.code != 0 && ended.stderr.contains("found a link"), "{ended:?}");
        assert!(before == of_others(&world));
    }
    fs::remove_file(world.path("copies/out")).unwrap();
    fs::create_dir(world.path("scratch")).unwrap();
    symlink(world.path("scratch"), world.path("copies/out")).unwrap();
    explain().succeeded();
    assert!(!world.files("scratch").is_empty());
}

#[test]
fn a_link_of_the_user_leads_to_more_room() {
    let world = World::new();
    for folder in ["scratch/checkpoints", "scratch/cells", "run/train"] {
        fs::create_dir_all(world.path(folder)).unwrap();
    }
    symlink(world.path("scratch/checkpoints"), world.path("run/train/checkpoints")).unwrap();
    world.fer(&["run", "--checkpoint-epochs=1"]).succeeded();
    world.fer(&["run", "--checkpoint-epochs=1", "--set=train.epochs=3"]).succeeded();
    assert!(world.path("run/train/checkpoints").is_symlink());
    assert!(!world.files("scratch/checkpoints").is_empty());
    let pipeline = world.read("pipeline.yaml") + "matrix:\n  train.epochs: [1, 2]\n";
    fs::write(world.path("sweep.yaml"), pipeline).unwrap();
    symlink(world.path("scratch/cells"), world.path("run/cells")).unwrap();
    world.fer(&["sweep", "run", "sweep.yaml"]).succeeded();
    assert!(world.path("scratch/cells/epochs=1/run.lock.json").is_file());
}
