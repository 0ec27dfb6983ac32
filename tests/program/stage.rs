use crate::world::World;

/// Runs each stage alone and compares with what the chain left.
#[test]
fn a_stage_alone_writes_what_it_writes_in_the_chain() {
    let world = World::ran();
    let params = [
        ("ingest", "source: {kind: csv, path: faces.csv}\nsplit: {kind: usage}\n"),
        ("preprocess", "{normalization: {kind: unit}}"),
        (
            "train",
            "{model: {name: linear}, epochs: 2, batch_size: 16, shuffle: true, evaluate_every: 1, \
             optimizer: {name: sgd, learning_rate: 0.05}}",
        ),
        ("evaluate", "{}"),
    ];
    for (stage, text) in params {
        std::fs::write(world.path("params.yaml"), text).unwrap();
        let out = format!("alone-{stage}");
        world
            .fer(&["stage", stage, "--params", "params.yaml", "--in", "run", "--out", &out, "--seed", "7"])
            .succeeded();
        let (alone, chain) = (world.files(&out), world.files(&format!("run/{stage}")));
        assert_eq!(alone.keys().collect::<Vec<_>>(), chain.keys().collect::<Vec<_>>());
        let differing: Vec<_> = alone.keys().filter(|path| alone[*path] != chain[*path]).collect();
        // A checkpoint's note holds the history too.
        let holds_speeds = |path: &&&String| path.ends_with("history.jsonl") || path.starts_with("checkpoints/");
        assert_eq!(differing.iter().filter(holds_speeds).count(), differing.len(), "{stage}: {differing:?}");
        assert_eq!(differing.len(), if stage == "train" { 2 } else { 0 }, "{stage}: {differing:?}");
    }
}

#[test]
fn a_parameter_file_is_checked_as_the_pipeline_file_is() {
    let world = World::ran();
    std::fs::write(world.path("params.yaml"), "equalization: global\nnormalisation: {kind: unit}\n").unwrap();
    let ended = world.fer(&["stage", "preprocess", "--params", "params.yaml", "--in", "run", "--out", "out"]);
    let message =
        "error: params.yaml:2:1: unknown key `normalisation` in preprocess.params; did you mean `normalization`?\n";
    assert_eq!((ended.code, &*ended.stderr), (2, message));
    assert!(!world.path("out").exists());
}

#[test]
fn a_stage_alone_says_which_input_is_missing() {
    let world = World::new();
    let ended = world.fer(&["stage", "preprocess", "--in", ".", "--out", "out"]);
    let message = "error: preprocess: input ./ingest/train.safetensors is missing; \
                   run `ingest` first or put the file there\n";
    assert_eq!((ended.code, &*ended.stderr), (1, message));
}
