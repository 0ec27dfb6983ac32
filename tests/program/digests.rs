//! What the sample's chain leaves, digest by digest: every machine on which this passes gives the same bytes.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::world::World;

/// Digests of the artifacts and scores that `pipeline.yaml` leaves.
fn digests() -> BTreeMap<String, String> {
    let world = World::new();
    let pipeline = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipeline.yaml");
    let folder = world.path("sample");
    let [pipeline, folder] = [&pipeline, &folder].map(|path| path.to_str().unwrap());
    world.fer(&["run", pipeline, "--run-dir", folder]).succeeded();
    let lock: Value = serde_json::from_str(&world.read("sample/run.lock.json")).unwrap();
    let stages = lock["stages"].as_object().unwrap().values();
    let outputs = stages.flat_map(|stage| stage["outputs"].as_object().unwrap());
    // The report is drawn for people; the history holds speeds.
    let is_checked = |path: &str| path.ends_with(".safetensors") || path == "evaluate/metrics.json";
    let outputs = outputs.filter(|(path, _)| is_checked(path));
    outputs.map(|(path, digest)| (path.clone(), digest.as_str().unwrap().to_owned())).collect()
}

#[test]
fn the_whole_sample_leaves_the_committed_digests() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/digests/sample.json");
    let expected: BTreeMap<String, String> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let found = digests();
    let found_json = serde_json::to_string_pretty(&found).unwrap();
    assert_eq!(
        expected, found,
        "for tests/golden/digests/sample.json, if the bytes were meant to change: {found_json}"
    );
}
