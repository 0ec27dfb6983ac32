//! The note beside a checkpoint. Sealed with a true digest by whoever wrote it, or as it comes: a training that goes on from it
//! has the model of one that never stopped, or the note counts for nothing.

#![no_main]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use fer_artifact::Digest;
use fer_fuzz::run_folder::{Files, World};
use fer_fuzz::{single_threaded, within};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

struct Prepared {
    world: World,
    /// The note of the last checkpoint.
    name: PathBuf,
    /// The artifacts of a run of three epochs.
    expected: Files,
}

static PREPARED: OnceLock<Prepared> = OnceLock::new();

fuzz_target!(init: prepare(), |bytes: &[u8]| {
    let Prepared { world, name, expected } = PREPARED.get().expect("it was made before");
    world.fill(name, &sealed(bytes));
    let limit = (4 << 20) + 256 * bytes.len();
    let steps = within(limit, || world.pipeline(3).status()).expect("a note is no reason to fail");
    assert_eq!(steps.len(), 4);
    within(64 << 20, || world.run(3)).expect("a note is no reason to fail");
    assert!(world.artifacts() == *expected);
});

/// A note with the digest that it should have; other bytes as they are.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(note)
            if serde_json::from_slice::<Value>(bytes)
                .is_ok_and(|value| value.get("digest").is_some() && value.get("note").is_none()) =>
        {
            format!("{{\"digest\":\"{}\",\"note\":{note}}}", Digest::of_bytes(bytes)).into_bytes()
        }
        _ => bytes.to_vec(),
    }
}

fn prepare() {
    single_threaded();
    let world = World::new();
    let is_note = |path: &&PathBuf| {
        path.iter().any(|name| name == "checkpoints") && path.extension().is_some_and(|end| end == "json")
    };
    let name = world.start.keys().filter(is_note).max().expect("there is a checkpoint").clone();
    let whole: Value = serde_json::from_slice(&world.start[&name]).expect("a note is JSON");
    let text = String::from_utf8(world.start[&name].clone()).expect("a note is text");
    let note = text.split_once("\"note\":").expect("it is sealed").1;
    let note = &note[..note.len() - 1];
    assert_eq!(sealed(note.as_bytes()), world.start[&name], "{whole}");
    if let Some(path) = std::env::var_os("FER_SEED") {
        std::fs::write(path, note).expect("a seed can be written");
    }
    world.run(3).expect("the chain runs");
    let expected = world.artifacts();
    world.fill(Path::new(&name), &world.start[&name]);
    assert!(PREPARED.set(Prepared { world, name, expected }).is_ok());
}
