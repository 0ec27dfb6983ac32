//! `run.lock.json`, which somebody else may have written: it is refused by name, or the next run ends with the artifacts of a run
//! that began without it; nothing beside the run folder changes.

#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use fer_fuzz::run_folder::{Files, World};
use fer_fuzz::{single_threaded, within};
use fer_pipeline::compare::Run;
use libfuzzer_sys::fuzz_target;

static WORLD: OnceLock<(World, Files)> = OnceLock::new();

fuzz_target!(init: prepare(), |bytes: &[u8]| {
    let (world, expected) = WORLD.get().expect("it was made before");
    world.fill(Path::new("run.lock.json"), bytes);
    let limit = (4 << 20) + 256 * bytes.len();
    let pipeline = world.pipeline(2);
    _ = within(limit, || Run::read(&world.run_dir()).map_err(|error| assert!(!error.to_string().is_empty())));
    _ = within(limit, || pipeline.verify().map_err(|error| assert!(!error.to_string().is_empty())));
    match within(limit, || pipeline.status()) {
        Err(error) => assert!(error.to_string().contains("run.lock.json"), "{error}"),
        Ok(steps) => {
            assert_eq!(steps.len(), 4);
            if steps.iter().all(|step| step.reasons.is_empty()) {
                assert!(world.artifacts() == *expected);
            }
        }
    }
    // The reader of the source has buffers of its own, whatever the lock says.
    match within(256 << 20, || world.run(2)) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(_) => assert!(world.artifacts() == *expected),
    }
});

fn prepare() {
    single_threaded();
    let world = World::new();
    let expected = world.artifacts();
    assert_eq!(expected.len(), 6, "{:?}", expected.keys());
    if let Some(path) = std::env::var_os("FER_SEED") {
        std::fs::write(path, &world.start[Path::new("run.lock.json")]).expect("a seed can be written");
    }
    assert!(WORLD.set((world, expected)).is_ok());
}
