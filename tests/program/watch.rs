//! A training seen from outside while it runs: its state, its curves, and that of it after whatever end.
#![cfg(unix)]

use fer_artifact::EpochRecord;
use serde_json::Value;

use crate::world::{Running, World, lines};

/// Long enough to look at. Nobody reads a line an epoch, for which the program would wait.
const LONG: [&str; 4] =
    ["--set=train.epochs=1000000", "--set=train.optimizer={name: adamw}", "--run-dir=runs/a", "--quiet"];
const CURVES: &str = "runs/a/train/live";

fn start(world: &World, options: &[&str]) -> Running {
    world.start(&[&["run"], options, &LONG[..]].concat())
}

/// The epochs of the curves that a training under way has left so far.
fn epochs(world: &World) -> Vec<usize> {
    let text = std::fs::read_to_string(world.path(CURVES).join("history.jsonl")).unwrap_or_default();
    // The last line may be under way.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| serde_json::from_str::<EpochRecord>(line).unwrap().epoch).collect()
}

/// Whether the training has left a checkpoint, and the note on it.
fn has_checkpoint(world: &World) -> bool {
    let entries = |folder: std::path::PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries(world.path("runs/a/train/checkpoints"));
    folders.flat_map(|folder| entries(folder.path())).any(|entry| entry.path().extension() == Some("json".as_ref()))
}

fn state(world: &World) -> Value {
    world.fer(&["runs", "--json"]).succeeded().json()[0].clone()
}

#[test]
fn a_training_under_way_is_told_with_its_epoch_process_and_time() {
    let world = World::new();
    let mut run = start(&world, &[]);
    let id = run.id();
    run.until_seen(|| !epochs(&world).is_empty());
    let status = || world.fer(&["status", "runs/a", "--json"]).json()[2].clone();
    run.until_seen(|| status()["activity"]["seconds_left"].is_number());
    let step = status();
    assert_eq!((&step["state"], &step["process"]), (&"running".into(), &format!("process {id}").into()));
    assert_eq!(step["activity"]["epochs"], 1_000_000);
    let text = world.fer(&["status", "runs/a"]).stdout;
    let line = lines(&text)[2];
    assert!(
        line.starts_with("train       running: epoch ") && line.ends_with(&format!(" left, process {id}")),
        "{text}"
    );
    assert!(line.contains(" of 1000000, "), "{text}");
    let text = world.fer(&["runs"]).succeeded().stdout;
    assert!(text.contains("  running, epoch ") && text.contains(&format!(" left, process {id}\n")), "{text}");
    assert_eq!((&state(&world)["state"], &state(&world)["finished"]), (&"running".into(), &Value::Null));
    run.kill();
}

#[test]
fn after_a_kill_nothing_is_running() {
    let world = World::new();
    let mut run = start(&world, &["--checkpoint-seconds=1000"]);
    run.until_seen(|| !epochs(&world).is_empty());
    run.kill();
    let killed = state(&world);
    assert_eq!((&killed["state"], &killed["activity"]["epochs"]), (&"interrupted".into(), &1_000_000.into()));
    let status = world.fer(&["status", "runs/a"]);
    let line = lines(&status.stdout)[2];
    assert!(line.starts_with("train       missing: never ran, interrupted at epoch "), "{status:?}");
    assert!(line.ends_with(" of 1000000, before its first checkpoint"), "{status:?}");
    let other = world.fer(&["status", "--run-dir=runs/a"]);
    assert_eq!(lines(&other.stdout)[2], "train       missing: never ran", "another chain did not fail");
    let mut run = start(&world, &["--checkpoint-epochs=1"]);
    run.until_seen(|| has_checkpoint(&world));
    run.kill();
    let status = world.fer(&["status", "runs/a"]);
    assert!(lines(&status.stdout)[2].starts_with("train       interrupted: interrupted at epoch "), "{status:?}");
    let text = world.fer(&["runs"]).succeeded().stdout;
    assert!(text.contains("  interrupted at epoch "), "{text}");
    let gc = world.fer(&["gc", "runs/a"]).succeeded();
    assert!(gc.stdout.contains("unfinished        train/live\n") && !world.path(CURVES).exists(), "{gc:?}");
}

#[test]
fn a_failure_is_told_until_a_run_ends_well() {
    let world = World::new();
    let ruin = ["--set=train.batch_size=112", "--set=train.optimizer={name: sgd, learning_rate: 1e38}"];
    assert_eq!(world.fer(&[&["run"], &ruin[..]].concat()).code, 1);
    let status = world.fer(&[&["status"], &ruin[..]].concat());
    let line = lines(&status.stdout)[2];
    assert!(line.starts_with("train       failed: never ran, its last run failed: "), "{status:?}");
    assert!(line.contains("epoch 2"), "{status:?}");
    assert_eq!(world.fer(&["runs", ".", "--json"]).succeeded().json()[0]["state"], "failed");
    world.fer(&["run"]).succeeded();
    assert_eq!(world.fer(&["runs", ".", "--json"]).succeeded().json()[0]["state"], "finished");
    world.fer(&["status"]).succeeded();
    assert!(!world.path("run/.state.json").exists());
}

#[test]
fn curves_grow_while_a_training_runs_and_however_often_it_is_killed_there_is_one() {
    let world = World::new();
    let mut reached = 0;
    for kill in 1..=3 {
        let mut run = start(&world, &["--checkpoint-epochs=2"]);
        // The epochs before the kill stand there again, or most of them.
        run.until_seen(|| epochs(&world).len() > reached + 3);
        run.kill();
        let told = epochs(&world);
        assert_eq!(told, (1..=told.len()).collect::<Vec<_>>(), "kill {kill}");
        reached = told.len();
        let events: Vec<String> =
            world.files(CURVES).into_keys().filter(|name| name.starts_with("events.out.tfevents.")).collect();
        assert_eq!(events, [format!("events.out.tfevents.{}.fer", kill - 1)]);
        for table in ["history.tsv", "accuracy.tsv"] {
            let text = world.read(&format!("{CURVES}/{table}"));
            let first = |line: &str| line.split('\t').next().unwrap().parse::<usize>();
            let column: Vec<usize> = text.lines().skip(1).filter_map(|line| first(line).ok()).collect();
            assert!(
                column == (1..=column.len()).collect::<Vec<_>>() && column.len() + 1 >= reached,
                "{table}: {column:?}"
            );
        }
    }
}

#[test]
fn the_curves_of_a_finished_training_are_those_that_grew() {
    let world = World::new();
    let fifo =
        ["run", "--set=train.epochs=40", "--checkpoint-epochs=5", "--run-dir=runs/a", "--set=train.evaluate_every=3"];
    let mut run = world.start(&fifo);
    run.until("  epoch 20/");
    run.kill();
    let grown = |name: &str| world.read(&format!("{CURVES}/{name}"));
    let before = ["history.tsv", "accuracy.tsv"].map(grown);
    world.fer(&fifo).succeeded();
    assert!(!world.path(CURVES).exists());
    for (name, grown) in ["history.tsv", "accuracy.tsv"].into_iter().zip(before) {
        let whole = world.read(&format!("runs/a/train/{name}"));
        assert!(lines(&grown).len() > 5 && whole.starts_with(&grown), "{name}: {grown}");
    }
}

#[test]
fn validation_loss_is_that_of_the_evaluation() {
    let world = World::ran();
    let history = world.read("run/train/history.jsonl");
    let last: EpochRecord = serde_json::from_str(lines(&history)[1]).unwrap();
    let metrics: Value = serde_json::from_str(&world.read("run/evaluate/metrics.json")).unwrap();
    let evaluated = metrics["splits"]["validation"]["loss"].as_f64().unwrap();
    assert!((last.validation_loss.unwrap() - evaluated).abs() < 1e-6, "{last:?} {evaluated}");
}
