//! Many runs of one pipeline file.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;

use serde_json::{Value, json};

use crate::world::{Ended, PIPELINE, PREPROCESS, World, assert_same, lines};

const MATRIX: &str = "\
matrix:
  train.optimizer.learning_rate: [0.05, 0.01]
  seeds: [1, 2]
";

/// The cells of `MATRIX`, by index.
const CELLS: [&str; 4] = [
    "learning_rate=0.05,seed=1",
    "learning_rate=0.05,seed=2",
    "learning_rate=0.01,seed=1",
    "learning_rate=0.01,seed=2",
];

/// A world whose pipeline file ends in this.
fn world(matrix: &str) -> World {
    let world = World::new();
    std::fs::write(world.path("sweep.yaml"), format!("{PIPELINE}{matrix}")).unwrap();
    world
}

pub(crate) fn sweep(world: &World, command: &str, more: &[&str]) -> Ended {
    world.fer(&[&["sweep", command, "sweep.yaml"], more].concat())
}

fn cell(name: &str) -> String {
    format!("run/cells/{name}")
}

fn log(world: &World, name: &str) -> String {
    world.read(&format!("{}/cell.log", cell(name)))
}

/// What a cell leaves, but for its log.
fn outputs(world: &World, name: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = world.outputs(&cell(name));
    files.remove("cell.log");
    files
}

fn states(world: &World, more: &[&str]) -> Vec<String> {
    let status = sweep(world, "status", &[&["--json"], more].concat()).json();
    let states = status["cells"].as_array().unwrap().iter().map(|cell| cell["state"].as_str().unwrap().to_owned());
    states.collect()
}

/// How often a stage ran, in all cells together: it was not shared.
fn runs(world: &World, stage: &str, cells: &[&str]) -> usize {
    let ran = |name: &&&str| {
        let (log, start) = (log(world, name), format!("{stage}: runs ("));
        let after: Vec<&str> = log.lines().skip_while(|line| !line.starts_with(&start)).collect();
        let end = after.iter().position(|line| line.starts_with(&format!("{stage}: done"))).unwrap();
        !after[..end].iter().any(|line| line.starts_with("  shared with "))
    };
    cells.iter().filter(ran).count()
}

#[test]
fn plan_lists_the_cells_and_what_they_have_in_common() {
    let world = world(MATRIX);
    let text = sweep(&world, "plan", &[]).succeeded().stdout;
    let expected = "\
cell  train.optimizer.learning_rate  seed  ingest     preprocess  train  evaluate
   0  0.05                              1  runs       runs        runs   runs
   1  0.05                              2  runs       runs        runs   runs
   2  0.01                              1  as cell 0  as cell 0   runs   runs
   3  0.01                              2  as cell 1  as cell 1   runs   runs

4 cells, 16 stages: 0 fresh, 4 shared, 12 to run
";
    assert_eq!(text, expected);
    assert!(!world.path("run").exists());
    let plan = sweep(&world, "plan", &["--json"]).succeeded().json();
    assert_eq!(plan[2]["name"], CELLS[2]);
    assert_eq!((&plan[2]["values"], &plan[2]["seed"]), (&json!({"train.optimizer.learning_rate": 0.01}), &json!(1)));
    let preprocess = json!({"stage": "preprocess", "state": "missing", "reasons": ["never ran"], "same_as": 0});
    assert_eq!(plan[2]["stages"][1], preprocess);
    sweep(&world, "run", &["--index", "1"]).succeeded();
    assert_eq!(sweep(&world, "plan", &["--indices"]).succeeded().stdout, "0\n2\n3\n");
}

#[test]
fn a_cell_is_the_run_that_its_values_describe_and_shares_what_others_have() {
    let world = world(MATRIX);
    let run = sweep(&world, "run", &["--jobs", "2"]).succeeded();
    for (index, name) in CELLS.iter().enumerate() {
        assert!(run.stderr.contains(&format!("cell {index}  {name}: done in ")), "{run:?}");
    }
    let (rate, seed) = ("--set=train.optimizer.learning_rate=0.01", "--set=seed=2");
    world.fer(&["run", "--run-dir", "alone", rate, seed]).succeeded();
    let (mut cells, mut alone) = (outputs(&world, CELLS[3]), world.outputs("alone"));
    for files in [&mut cells, &mut alone] {
        // The run folder's name stands in them.
        assert!(files.remove("config.resolved.yaml").is_some() && files.remove("evaluate/report.html").is_some());
    }
    assert_same(&cells, &alone);
    for (stage, expected) in [("ingest", 2), ("preprocess", 2), ("train", 4), ("evaluate", 4)] {
        assert_eq!(runs(&world, stage, &CELLS), expected, "{stage}");
    }
    let inode =
        |name: &str| std::fs::metadata(world.path(&cell(name)).join("preprocess/train.safetensors")).unwrap().ino();
    assert_eq!((inode(CELLS[0]), inode(CELLS[1])), (inode(CELLS[2]), inode(CELLS[3])));
    assert_ne!(inode(CELLS[0]), inode(CELLS[1]), "another seed is another stream");
    let again = sweep(&world, "run", &[]).succeeded();
    assert_eq!((&again.stdout, again.stderr.matches(": fresh\n").count()), (&run.stdout, 4), "{again:?}");
    assert_eq!(sweep(&world, "status", &[]).code, 0);
}

#[test]
fn the_table_tells_mean_and_spread_over_seeds() {
    let world = world(MATRIX);
    let table = sweep(&world, "run", &["--md"]).succeeded().stdout;
    let accuracy = |name: &str, split: &str| {
        let text = world.read(&format!("{}/evaluate/metrics.json", cell(name)));
        serde_json::from_str::<Value>(&text).unwrap()["splits"][split]["accuracy"].as_f64().unwrap()
    };
    let found = lines(&table);
    assert_eq!(
        found[0],
        "| train.optimizer.learning_rate | seeds | validation accuracy | validation macro F1 | test accuracy | test macro F1 |"
    );
    assert_eq!(found.len(), 4);
    let status = sweep(&world, "status", &["--json"]).succeeded().json();
    for (row, pair) in CELLS.chunks(2).enumerate() {
        let [a, b] = [pair[0], pair[1]].map(|name| accuracy(name, "test"));
        // Of two values: the square root of (d/2)² + (d/2)², divided by 2 − 1.
        let (mean, deviation) = ((a + b) / 2.0, (a - b).abs() / 2.0_f64.sqrt());
        let told = &status["combinations"][row]["splits"]["test"]["accuracy"];
        assert_eq!((&told["n"], told["mean"].as_f64()), (&json!(2), Some(mean)));
        assert!((told["deviation"].as_f64().unwrap() - deviation).abs() < 1e-12);
        let words: Vec<&str> = found[row + 2].split('|').map(str::trim).collect();
        assert_eq!(words[1..3], [["0.05", "0.01"][row], "2"]);
        assert_eq!(words[5], format!("{:.1} % ± {:.1}", 100.0 * mean, 100.0 * deviation));
    }
}

#[test]
fn a_cell_that_fails_is_told_at_once_and_the_rest_goes_on() {
    let matrix = "matrix: {train.optimizer.learning_rate: [0.05, 1e38, 0.01], train.batch_size: [112]}\n";
    let (world, names) = (world(matrix), |rate| format!("batch_size=112,learning_rate={rate}"));
    let run = sweep(&world, "run", &[]);
    assert_eq!(run.code, 1, "{run:?}");
    let told = lines(&run.stderr);
    let failed = told.iter().position(|line| line.contains(": failed: train: ")).unwrap();
    assert!(told[failed].ends_with(&format!(" (log: {}/cell.log)", cell(&names("1e+38")))), "{run:?}");
    assert!(told[failed + 1].starts_with("cell 2  ") && told[failed + 1].ends_with(": runs"), "{run:?}");
    assert_eq!(told.last(), Some(&"error: 1 of 3 cells failed"));
    assert!(log(&world, &names("1e+38")).contains("\nerror: train: "));
    assert!(lines(&run.stdout)[2].contains("  0 of 1  "), "{run:?}");
    let status = sweep(&world, "status", &["--json"]);
    assert_eq!(status.code, 1);
    let cells = status.json()["cells"].clone();
    assert_eq!(cells[1]["state"], "failed");
    assert!(cells[1]["why"].as_str().unwrap().starts_with("train: "), "{cells}");
    assert_eq!((&cells[0]["state"], &cells[2]["state"]), (&json!("fresh"), &json!("fresh")));
    let again = sweep(&world, "run", &[]);
    assert_eq!((again.code, again.stderr.matches(": fresh\n").count()), (1, 2), "{again:?}");
    assert_eq!(log(&world, &names("1e+38")).matches("\nerror: train: ").count(), 2, "the log is kept");
}

#[test]
fn cells_can_be_run_one_by_one_and_all_at_once() {
    let (world, one_after_the_other) = (world(MATRIX), world(MATRIX));
    sweep(&one_after_the_other, "run", &["--threads", "2"]).succeeded();
    let arguments = |index| ["sweep", "run", "sweep.yaml", "--threads", "1", "--index", index];
    let running: Vec<_> = ["0", "1", "2", "3"].map(|index| world.start(&arguments(index))).into_iter().collect();
    for process in running {
        let (code, rest) = process.wait();
        assert_eq!(code, Some(0), "{rest}");
    }
    for (stage, expected) in [("ingest", 2), ("preprocess", 2), ("train", 4), ("evaluate", 4)] {
        assert_eq!(runs(&world, stage, &CELLS), expected, "{stage}");
    }
    for name in CELLS {
        assert_same(&outputs(&world, name), &outputs(&one_after_the_other, name));
    }
    let ended = sweep(&world, "run", &["--index", "4"]);
    assert_eq!((ended.code, &*ended.stderr), (2, "error: the sweep has no cell 4; it has 4, counted from 0\n"));
}

#[test]
fn two_sweeps_of_one_file_do_the_work_once() {
    let world = world(MATRIX);
    let call = ["sweep", "run", "sweep.yaml", "--threads", "1"];
    let both = [world.start(&call), world.start(&call)];
    for process in both {
        let (code, rest) = process.wait();
        assert_eq!(code, Some(0), "{rest}");
    }
    for name in CELLS {
        assert_eq!(log(&world, name).matches("\n  epoch 2/2 ").count(), 1, "{name}");
    }
}

/// Slow enough to be caught at it.
const LONG: [&str; 3] =
    ["--set=train.model={name: compact-cnn}", "--set=train.epochs=6", "--set=preprocess.size={height: 24, width: 24}"];

#[test]
fn a_sweep_that_was_killed_or_interrupted_goes_on_where_it_stopped() {
    let unbroken = world(MATRIX);
    sweep(&unbroken, "run", &LONG).succeeded();
    for signal in ["KILL", "INT", "USR2"] {
        let world = world(MATRIX);
        let mut run = world.start(&[&["sweep", "run", "sweep.yaml"], &LONG[..]].concat());
        run.until("cell 2 ");
        let (code, rest) = run.signal(signal);
        if signal != "KILL" {
            assert_eq!(code, Some(if signal == "INT" { 130 } else { 75 }), "{rest}");
            assert!(rest.ends_with("error: interrupted; `fer sweep run` goes on from here\n"), "{rest}");
        }
        let states = states(&world, &LONG);
        assert_eq!((states[0].as_str(), states[1].as_str(), states[3].as_str()), ("fresh", "fresh", "missing"));
        assert!(["running", "interrupted", "missing"].contains(&states[2].as_str()), "{states:?}");
        let again = sweep(&world, "run", &LONG).succeeded();
        assert_eq!(again.stderr.matches(": fresh\n").count(), 2, "{again:?}");
        for name in CELLS {
            assert_same(&outputs(&world, name), &outputs(&unbroken, name));
        }
    }
}

#[test]
fn a_cell_can_be_looked_at_as_any_run() {
    let world = world(MATRIX);
    sweep(&world, "run", &["--index", "2"]).succeeded();
    let call = |command: &str, more: &[&str]| world.fer(&[&[command, "sweep.yaml", "--cell", "2"], more].concat());
    assert_eq!(call("status", &[]).code, 0);
    assert_eq!(call("verify", &[]).code, 0);
    let plan = call("plan", &["--force", "--only", "train"]).succeeded().stdout;
    assert!(plan.starts_with("train: forced\ntrain takes about "), "{plan}");
    call("gc", &["--dry-run"]).succeeded();
    call("run", &["--force"]).succeeded();
    let ended = world.fer(&["status", "sweep.yaml", "--cell", "4"]);
    assert_eq!((ended.code, &*ended.stderr), (2, "error: the sweep has no cell 4; it has 4, counted from 0\n"));
}

#[test]
fn a_program_in_place_of_a_stage_is_shared_too_and_its_own_parameters_can_vary() {
    let world = world("");
    let script = "echo once >> count; echo said; \
                  fer stage preprocess --in $FER_INPUT_DIR --out $FER_OUTPUT_DIR --seed $FER_SEED\n";
    std::fs::write(world.path("own.sh"), script).unwrap();
    let own = "  - stage: preprocess\n    command: [sh, own.sh]\n    params: {mine: 1}\n";
    let matrix = "matrix: {preprocess.mine: [1, 2], train.epochs: [1, 2]}\n";
    std::fs::write(world.path("sweep.yaml"), PIPELINE.replace(PREPROCESS, own) + matrix).unwrap();
    sweep(&world, "run", &["--jobs", "2"]).succeeded();
    assert_eq!(world.read("count"), "once\nonce\n");
    let logs =
        ["1,epochs=1", "1,epochs=2", "2,epochs=1", "2,epochs=2"].map(|values| log(&world, &format!("mine={values}")));
    assert_eq!(logs.iter().filter(|log| log.contains("\nsaid\n")).count(), 2, "{logs:?}");
}

#[test]
fn a_longer_list_keeps_the_cells_that_were_there() {
    let world = world(MATRIX);
    sweep(&world, "run", &[]).succeeded();
    let longer = MATRIX.replace("0.05, 0.01", "0.1, 0.05, 0.01");
    std::fs::write(world.path("sweep.yaml"), format!("{PIPELINE}{longer}")).unwrap();
    assert_eq!(states(&world, &[]), ["missing", "missing", "fresh", "fresh", "fresh", "fresh"]);
    let plan = sweep(&world, "plan", &["--json"]).json();
    assert_eq!(plan[0]["stages"][0]["same_as"], 2);
}

#[test]
fn values_may_be_mappings_and_seeds_may_stand_alone() {
    let matrix = "\
seeds: [3]
matrix:
  train.optimizer:
    - {name: sgd, learning_rate: 0.05}
    - {name: adamw}
";
    let world = world(matrix);
    let names = sweep(&world, "plan", &["--json"]).succeeded().json();
    let names: Vec<&str> = names.as_array().unwrap().iter().map(|cell| cell["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 2);
    assert!(names[0].starts_with("optimizer=learning_rate=0.05,name=sgd,seed=3-") && names[0] != names[1], "{names:?}");
    sweep(&world, "run", &[]).succeeded();
    std::fs::write(world.path("sweep.yaml"), format!("{PIPELINE}seeds: [5, 6]\n")).unwrap();
    let text = sweep(&world, "run", &[]).succeeded().stdout;
    assert!(text.starts_with("seeds  validation accuracy ") && lines(&text)[1].starts_with("    2 "), "{text}");
}

#[test]
fn runs_and_diff_know_the_cells() {
    let world = world(MATRIX);
    world.fer(&["run"]).succeeded();
    sweep(&world, "run", &[]).succeeded();
    let runs = world.fer(&["runs", "run", "--json"]).succeeded().json();
    let paths: Vec<&str> = runs.as_array().unwrap().iter().map(|run| run["path"].as_str().unwrap()).collect();
    assert_eq!((paths.len(), paths[0], paths[1]), (5, "run", &*cell(CELLS[2])));
    let diff = world.fer(&["diff", &cell(CELLS[0]), &cell(CELLS[2]), "--json"]).succeeded().json();
    let change = json!([{"name": "train.optimizer.learning_rate", "from": 0.05, "to": 0.01}]);
    assert_eq!((&diff["parameters"], &diff["data"]), (&change, &json!([])));
    assert_eq!(diff["paired"]["test"]["images"], 14);
}

#[test]
fn shared_outputs_that_are_damaged_are_made_again() {
    let world = world(MATRIX);
    sweep(&world, "run", &["--index", "0"]).succeeded();
    let path = world.path(&cell(CELLS[0])).join("preprocess/train.safetensors");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    sweep(&world, "run", &["--index", "2"]).succeeded();
    assert!(std::fs::read(world.path(&cell(CELLS[2])).join("preprocess/train.safetensors")).unwrap() == whole);
}

#[test]
fn other_commands_say_how_to_run_a_sweep_and_sweep_says_how_to_run_a_chain() {
    let world = world(MATRIX);
    let line = PIPELINE.lines().count() + 1;
    for command in ["run", "plan", "status"] {
        let ended = world.fer(&[command, "sweep.yaml"]);
        let message = format!(
            "error: sweep.yaml:{line}:1: `matrix` makes a sweep of this file: `fer sweep run sweep.yaml` runs its \
             cells, `fer sweep plan sweep.yaml` shows them\n"
        );
        assert_eq!((ended.code, ended.stderr), (2, message));
    }
    let ended = world.fer(&["sweep", "run", "pipeline.yaml"]);
    let message = "error: pipeline.yaml: expected `matrix`, `seeds` or `fold: all`, found none; `fer run pipeline.yaml` runs this \
         file\n";
    assert_eq!((ended.code, &*ended.stderr), (2, message));
}

#[test]
fn what_is_wrong_with_a_matrix_is_told_with_its_place() {
    let line = PIPELINE.lines().count() + 1;
    let second = line + 1;
    for (matrix, expected) in [
        (
            "matrix:\n  train.epoch: [1, 2]",
            format!("{second}:3: unknown key `epoch` in train.params; did you mean `epochs`?"),
        ),
        ("matrix:\n  trian.epochs: [1]", format!("{second}:3: the chain has no stage `trian`; did you mean `train`?")),
        ("matrix:\n  epochs: [1]", format!("{second}:3: expected STAGE.PATH, as in train.epochs, found `epochs`")),
        (
            "matrix:\n  train.epochs: [1, -2]",
            format!("{second}:21: train.params.epochs: expected a whole number from 0, found -2"),
        ),
        (
            "matrix:\n  train.optimizer: [{name: sgd, momntum: 0.9}]",
            format!("{second}:33: unknown key `momntum` in train.params.optimizer; did you mean `momentum`?"),
        ),
        ("matrix: {train.epochs: []}", format!("{line}:24: expected at least one value, found none")),
        ("matrix: {train.epochs: 3}", format!("{line}:24: matrix.train.epochs: expected a list, found 3")),
        ("matrix: {train.epochs: [3, 3]}", format!("{line}:28: 3 stands in this list for the second time")),
        ("seeds: [1, 2, 1]", format!("{line}:15: 1 stands in this list for the second time")),
        ("seeds: [1, -2]", format!("{line}:12: seeds[1]: expected a whole number from 0, found -2")),
        ("matrix: {seeds: [1, x]}", format!("{line}:21: matrix.seeds[1]: expected a whole number, found \"x\"")),
        ("matrix: {seeds: [1]}\nseeds: [2]", format!("{second}:1: `seeds` stands here for the second time")),
        ("matrix: {}", format!("{line}:1: expected at least one STAGE.PATH with a list of values, found none")),
    ] {
        let ended = sweep(&world(&format!("{matrix}\n")), "plan", &[]);
        assert_eq!((ended.code, ended.stderr), (2, format!("error: sweep.yaml:{expected}\n")), "{matrix}");
    }
    let ended = sweep(&world(MATRIX), "plan", &["--set=train.optimizer={name: adamw}"]);
    let message = format!(
        "error: sweep.yaml:{second}:3: `train.optimizer.learning_rate` cannot be set by `--set` and here as well\n"
    );
    assert_eq!((ended.code, ended.stderr), (2, message));
}
