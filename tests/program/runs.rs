//! `fer runs`: how runs stand, which are listed, in which order, and how wide.

use serde_json::{Value, json};

use crate::world::{World, lines};

/// Three runs: two epochs, four epochs with a note, and one whose source is lost.
fn three() -> World {
    let world = World::new();
    world.fer(&["run", "--run-dir", "runs/short"]).succeeded();
    world.fer(&["run", "--run-dir", "runs/long", "--set=train.epochs=4", "--note", "twice as long"]).succeeded();
    world.fer(&["run", "--run-dir", "runs/lost", "--set=ingest.source.path=lost.csv"]);
    world
}

fn names(world: &World, arguments: &[&str]) -> Vec<String> {
    let runs = world.fer(&[&["runs", "--json"], arguments].concat()).succeeded().json();
    runs.as_array().unwrap().iter().map(|run| run["path"].as_str().unwrap().replace("runs/", "")).collect()
}

#[test]
fn a_start_that_failed_does_not_change_what_is_told_of_the_finished_run() {
    let world = World::ran();
    let before = world.fer(&["runs", ".", "--json"]).succeeded().json()[0].clone();
    std::fs::remove_file(world.path("faces.csv")).unwrap();
    assert_eq!(world.fer(&["run", "--set", "seed=3", "--set", "train.epochs=9"]).code, 1);
    let after = world.fer(&["runs", ".", "--json"]).succeeded().json()[0].clone();
    assert_eq!((&after["parameters"]["seed"], &after["parameters"]["train.epochs"]), (&json!(7), &json!(2)));
    for same in ["parameters", "metrics", "finished", "data", "versions"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_eq!((&before["state"], &after["state"]), (&json!("finished"), &json!("failed")));
    let text = world.fer(&["runs", "."]).succeeded().stdout;
    assert!(text.contains("  failed: ingest: faces.csv: cannot read the file: "), "{text}");
}

#[test]
fn how_a_run_stands_is_told() {
    let world = three();
    world.fer(&["run", "--run-dir", "runs/part", "--only", "ingest"]).succeeded();
    let runs = world.fer(&["runs", "--json"]).succeeded().json();
    let states: Vec<&Value> = runs.as_array().unwrap().iter().map(|run| &run["state"]).collect();
    assert_eq!(states, ["finished", "failed", "unfinished", "finished"]);
    assert_eq!((&runs[1]["activity"], &runs[2]["finished"]), (&Value::Null, &Value::Null));
    assert!(runs[1]["message"].as_str().unwrap().starts_with("ingest: lost.csv: cannot read the file"), "{runs}");
    let text = world.fer(&["runs"]).succeeded().stdout;
    assert!(lines(&text)[3].contains("  unfinished  "), "{text}");
    // Its own end, to the minute.
    let finished = runs[0]["finished"].as_str().unwrap().replace('T', " ");
    let told = lines(&text)[1];
    assert!(told.contains(&format!("  {}  ", &finished[..16])) && told.contains("  twice as long  "), "{text}");
}

#[test]
fn runs_are_chosen_by_conditions() {
    let world = three();
    assert_eq!(names(&world, &["--where", "train.epochs>2"]), ["long"]);
    assert_eq!(names(&world, &["--where", "train.epochs<=2"]), ["lost", "short"]);
    assert_eq!(names(&world, &["--where", "state=finished", "--where", "train.epochs != 4"]), ["short"]);
    assert_eq!(names(&world, &["--where", "note~twice"]), ["long"]);
    assert_eq!(names(&world, &["--where", "validation>=0"]), ["long", "short"], "the third has no scores");
    assert_eq!(names(&world, &["--where", "train.model.name=linear", "--where", "test.n=14"]), ["long", "short"]);
    let none = world.fer(&["runs", "--where", "train.epoch>2"]).succeeded();
    assert_eq!(none.stderr, "no run here has a value `train.epoch`\nnone of 3 runs fits\n");
    let wrong = world.fer(&["runs", "--where", "epochs"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("expected NAME=VALUE, as in train.epochs>10"), "{wrong:?}");
}

#[test]
fn runs_are_sorted_by_a_value_and_those_without_stand_last() {
    let world = three();
    assert_eq!(names(&world, &["--sort", "train.epochs", "--reverse"])[0], "long");
    let runs = world.fer(&["runs", "--json", "--sort", "finished"]).succeeded().json();
    // Texts of one form: their order is that of the times.
    let time = |run: &Value| run["finished"].as_str().map(str::to_owned);
    assert!(time(&runs[0]).is_some() && time(&runs[0]) <= time(&runs[1]) && time(&runs[2]).is_none(), "{runs}");
    let loss = |run: &str| -> f64 {
        let metrics: Value = serde_json::from_str(&world.read(&format!("runs/{run}/evaluate/metrics.json"))).unwrap();
        metrics["splits"]["validation"]["loss"].as_f64().unwrap()
    };
    let better = if loss("long") < loss("short") { ["long", "short", "lost"] } else { ["short", "long", "lost"] };
    assert_eq!(names(&world, &["--sort", "validation.loss"]), better);
    let runs = world.fer(&["runs", "--json", "--sort", "test"]).succeeded().json();
    let accuracy = |run: &Value| run["metrics"]["splits"]["test"]["accuracy"].as_f64();
    assert!(accuracy(&runs[0]) >= accuracy(&runs[1]) && accuracy(&runs[2]).is_none(), "{runs}");
}

#[test]
fn lines_fit_the_terminal() {
    let world = three();
    let other = "--set=train.model={name: compact-cnn, dropout: 0.25}";
    world
        .fer(&["run", "--run-dir", "runs/other", other, "--set=train.optimizer={name: adamw}", "--set=train.epochs=1"])
        .succeeded();
    let wide = world.fer(&["runs"]).succeeded().stdout;
    assert!(wide.lines().any(|line| line.len() > 160), "without a terminal nothing is cut: {wide}");
    for columns in ["80", "120"] {
        let ended = world.command(&["runs"]).env("COLUMNS", columns).output().unwrap();
        let text = String::from_utf8(ended.stdout).unwrap();
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= columns.parse().unwrap(), "{columns}: {text}");
        for part in ["runs/long", "runs/other", "train.model.name=compact-cnn", "twice as long"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_listed_is_named_and_the_others_are_listed() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.fer(&["run", "--run-dir", "runs/a"]).succeeded();
    let closed = world.path("runs/closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    // The system's administrator may list any.
    let is_closed = std::fs::read_dir(&closed).is_err();
    std::fs::write(world.path("runs/a/run.lock.json"), "{").unwrap();
    world.fer(&["run", "--run-dir", "runs/b"]).succeeded();
    let ended = world.fer(&["runs"]);
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("error: runs/a/run.lock.json: "), "{ended:?}");
    assert_eq!(ended.stderr.contains("error: runs/closed: cannot list the folder: "), is_closed, "{ended:?}");
    assert!(lines(&ended.stdout)[1].starts_with("runs/b"), "{ended:?}");
}

#[test]
fn a_note_is_written_again_and_removed() {
    let world = World::ran();
    let note = || world.fer(&["runs", ".", "--json"]).succeeded().json()[0]["note"].clone();
    assert_eq!(note(), Value::Null);
    let outputs = world.outputs("run");
    let run = world.fer(&["run", "--note", "the first\u{1b}[31m one"]).succeeded();
    assert!(run.stderr.starts_with("ingest: fresh\n"), "{run:?}");
    assert_eq!(note(), "the first\u{1b}[31m one");
    let text = world.fer(&["runs", "."]).succeeded().stdout;
    assert!(text.contains("the first\\u{1b}[31m one"), "{text}");
    world.fer(&["run", "run", "--note", ""]).succeeded();
    assert_eq!(note(), Value::Null);
    assert!(outputs == world.outputs("run"), "an output has changed");
}
