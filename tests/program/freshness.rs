use crate::world::{World, lines};

#[test]
fn a_stage_that_never_ran_is_missing() {
    let ended = World::new().fer(&["status"]);
    assert_eq!(ended.code, 1);
    assert_eq!(lines(&ended.stdout)[0], "ingest      missing: never ran");
    assert_eq!(ended.stderr, "");
}

#[test]
fn status_of_a_finished_chain_is_fresh() {
    let ended = World::ran().fer(&["status"]);
    let expected = ["ingest      fresh", "preprocess  fresh", "train       fresh", "evaluate    fresh"];
    let found = lines(&ended.stdout);
    assert_eq!((ended.code, &found[..4]), (0, &expected[..]));
    let time = found[4].strip_prefix("finished 20").and_then(|time| time.strip_suffix(" UTC")).unwrap();
    assert_eq!(time.len(), "26-05-17 08:30".len());
}

#[test]
fn a_changed_parameter_reruns_its_stage_and_what_depends_on_it() {
    let world = World::ran();
    let change = "--set=train.optimizer.learning_rate=0.01";
    let plan = world.fer(&["plan", change]).succeeded();
    let expected = [
        "ingest: fresh",
        "preprocess: fresh",
        "train: parameter optimizer.learning_rate 0.05 → 0.01",
        "evaluate: may change: depends on train",
    ];
    assert_eq!(lines(&plan.stdout)[..4], expected);
    let status = world.fer(&["status", change]);
    assert_eq!(status.code, 1);
    assert_eq!(lines(&status.stdout)[2], "train       stale: parameter optimizer.learning_rate 0.05 → 0.01");
    let before = world.files("run");
    let run = world.fer(&["run", change]).succeeded();
    assert!(run.stderr.contains("train: runs (parameter optimizer.learning_rate 0.05 → 0.01)\n"), "{run:?}");
    assert!(run.stderr.contains("evaluate: runs (input train/model.safetensors changed)\n"), "{run:?}");
    let after = world.files("run");
    for path in ["ingest/train.safetensors", "preprocess/train.safetensors"] {
        assert!(before[path] == after[path], "{path}");
    }
    assert!(before["train/model.safetensors"] != after["train/model.safetensors"]);
}

#[test]
fn a_missing_output_is_made_again() {
    let world = World::ran();
    let before = world.files("run").remove("evaluate/metrics.json").unwrap();
    std::fs::remove_file(world.path("run/evaluate/metrics.json")).unwrap();
    let status = world.fer(&["status"]);
    assert_eq!(status.code, 1);
    assert_eq!(lines(&status.stdout)[3], "evaluate    missing: output metrics.json missing");
    let run = world.fer(&["run"]).succeeded();
    assert!(run.stderr.contains("train: fresh\nevaluate: runs (output metrics.json missing)\n"), "{run:?}");
    assert!(world.files("run")["evaluate/metrics.json"] == before);
}

#[test]
fn an_altered_output_is_made_again() {
    let world = World::ran();
    let path = world.path("run/train/model.safetensors");
    let before = std::fs::read(&path).unwrap();
    let mut altered = before.clone();
    *altered.last_mut().unwrap() ^= 1;
    std::fs::write(&path, altered).unwrap();
    let plan = world.fer(&["plan"]).succeeded();
    assert_eq!(lines(&plan.stdout)[2], "train: output model.safetensors altered");
    world.fer(&["run"]).succeeded();
    assert!(std::fs::read(&path).unwrap() == before);
    assert_eq!(world.fer(&["status"]).code, 0);
}

#[test]
fn a_source_with_other_contents_is_read_again_and_one_with_another_time_is_not() {
    let world = World::ran();
    let text = world.read("faces.csv");
    std::fs::write(world.path("faces.csv"), &text).unwrap();
    assert_eq!(world.fer(&["status"]).code, 0);
    let last = text.trim_end().rfind('\n').unwrap();
    std::fs::write(world.path("faces.csv"), &text[..=last]).unwrap();
    let plan = world.fer(&["plan"]).succeeded();
    let expected = [
        "ingest: input source changed",
        "preprocess: may change: depends on ingest",
        "train: may change: depends on preprocess",
        "evaluate: may change: depends on train",
    ];
    assert_eq!(lines(&plan.stdout)[..4], expected);
}

#[test]
fn another_seed_reruns_every_stage() {
    let plan = World::ran().fer(&["plan", "--set", "seed=8"]).succeeded();
    assert!(lines(&plan.stdout)[..4].iter().all(|line| line.ends_with(": seed 7 → 8")), "{plan:?}");
}

#[test]
fn a_stage_that_leaves_the_same_bytes_reruns_nothing_after_it() {
    let world = World::ran();
    let run = world.fer(&["run", "--only", "preprocess", "--force"]).succeeded();
    assert!(run.stderr.starts_with("preprocess: runs (forced)\n"), "{run:?}");
    assert_eq!(world.fer(&["status"]).code, 0);
}

#[test]
fn outputs_of_a_split_that_is_gone_go_too() {
    let world = World::ran();
    world.fer(&["run", "--set", "ingest.split={kind: head, train: 100, pool: true}"]).succeeded();
    let files: Vec<String> = world.timeless("run").into_keys().collect();
    assert!(files.contains(&"evaluate/predictions-validation.safetensors".to_owned()));
    let of_test: Vec<&String> = files.iter().filter(|path| path.contains("test")).collect();
    assert!(of_test.is_empty(), "{of_test:?}");
}
