//! Links in a run folder that somebody else prepared: nothing at their ends is written, emptied or removed.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;

use crate::world::World;

const OTHER: &str = "--set=preprocess.equalization=none";

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
fn a_link_in_the_place_of_a_folder_of_the_run_is_refused_by_its_name() {
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
        symlink(world.path("victim"), &path).unwrap();
        for arguments in [&["run", "--force"][..], &["run", "--store-limit=0"], &["gc"]] {
            let ended = world.fer(arguments);
            let message =
                format!("error: run/{place}: cannot use it: expected a folder of the program's own, found a link\n");
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
    symlink(world.path("victim"), world.path("run/cells/.claims")).unwrap();
    let ended = world.fer(&["sweep", "run", "sweep.yaml"]);
    assert_ne!(ended.code, 0, "{ended:?}");
    assert!(before == of_others(&world));
}

#[test]
fn copies_of_pictures_pass_no_link() {
    let world = world();
    world.fer(&["export-images", "run/ingest/train.safetensors", "out/sub"]).succeeded();
    let before = of_others(&world);
    fs::create_dir_all(world.path("copies")).unwrap();
    symlink(world.path("victim"), world.path("copies/out")).unwrap();
    let ended = world.fer(&["explain", "out", "--no-detect", "--out", "copies"]);
    assert!(ended.code != 0 && ended.stderr.contains("found a link"), "{ended:?}");
    assert!(before == of_others(&world));
}
