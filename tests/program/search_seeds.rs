//! Searches whose trials are trained with several seeds, and in several brackets.
#![cfg(unix)]

use serde_json::{Value, json};

use crate::search::{file, outputs, status, without_run_dir, world};
use crate::sweep::sweep;
use crate::world::{World, assert_same};

/// Six trials begin with two epochs, four with all six.
const SEARCH: &str = "\
seeds: [5, 2]
search:
  trials: 10
  parallel: 2
  halving: {epochs: 2, factor: 3, brackets: 2}
  parameters:
    train.optimizer.learning_rate: {kind: log, low: 0.001, high: 0.5}
    train.optimizer.momentum: {kind: linear, low: 0, high: 0.9}
";

/// The last validation accuracy that a training left.
fn last_accuracy(world: &World, folder: &str) -> f64 {
    let history = world.read(&format!("{folder}/train/history.jsonl"));
    let last: Value = serde_json::from_str(history.lines().last().unwrap()).unwrap();
    last["validation_accuracy"].as_f64().unwrap()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap()
}

#[test]
fn a_search_over_seeds_is_the_same_for_any_number_of_workers_and_after_kills() {
    let whole = world(SEARCH);
    sweep(&whole, "run", &["--jobs", "4"]).succeeded();
    let killed = world(SEARCH);
    for name in ["trial-0001-epochs-0002-seed-5", "trial-0004-epochs-0002-seed-2", "trial-0007-epochs-0006-seed-5"] {
        let mut run = killed.start(&["sweep", "run", "sweep.yaml"]);
        run.until(&format!("cell {}  {name}: runs", &name[9..10]));
        run.signal("KILL");
    }
    // Two machines at once.
    let other = killed.start(&["sweep", "run", "sweep.yaml"]);
    sweep(&killed, "run", &["--jobs", "2"]).succeeded();
    assert_eq!(other.wait().0, Some(0));
    assert_eq!(without_run_dir(status(&killed)), without_run_dir(status(&whole)));
    let (expected, found) = (outputs(&whole), outputs(&killed));
    // With each seed: six trials for two epochs, two of them for six, and four more.
    assert_eq!(expected.len(), 2 * (6 + 2 + 4));
    assert!(found.keys().eq(expected.keys()));
    found.iter().for_each(|(name, files)| assert_same(files, &expected[name]));
    let again = sweep(&whole, "run", &[]).succeeded();
    assert!(!again.stderr.contains(": runs") && !again.stderr.contains("scores test"), "{again:?}");
}

#[test]
fn a_trial_is_judged_by_the_mean_of_its_seeds_and_goes_on_with_each() {
    let world = world(SEARCH);
    let run = sweep(&world, "run", &["--jobs", "2"]).succeeded();
    let state = status(&world);
    std::fs::write(world.path("alone.yaml"), file("")).unwrap();
    let (mut best, mut compared) = (0.0_f64, 0);
    for trial in list(&state, "trials") {
        let (number, epochs) = (trial["trial"].as_u64().unwrap(), trial["epochs"].as_u64().unwrap());
        let folder = |seed: u64| format!("run/cells/trial-{number:04}-epochs-{epochs:04}-seed-{seed}");
        let [five, two] = [5, 2].map(|seed| last_accuracy(&world, &folder(seed)));
        let score = &list(trial, "outcomes").last().unwrap()["trained"];
        assert_eq!(score["score"], json!((five + two) / 2.0), "{trial}");
        assert_eq!(score["by_seed"], json!([{"seed": 5, "score": five}, {"seed": 2, "score": two}]));
        // Of two numbers, the deviation is their distance by the root of 2.
        let deviation = score["deviation"].as_f64().unwrap();
        assert!((deviation - (five - two).abs() / 2.0_f64.sqrt()).abs() < 1e-12, "{trial}");
        if epochs < 6 {
            continue;
        }
        best = best.max((five + two) / 2.0);
        let went_on = list(trial, "outcomes").len() == 2;
        assert_eq!(went_on, trial["bracket"] == json!(0), "{trial}");
        for seed in [5, 2].into_iter().filter(|_| went_on) {
            let log = world.read(&format!("{}/cell.log", folder(seed)));
            assert!(log.contains("  goes on from epoch 2 of 6\n"), "{log}");
            compared += 1;
            same_as_alone(&world, trial, seed, &folder(seed));
        }
    }
    assert_eq!(compared, 2 * 2);
    assert_eq!(state["winner"]["validation_accuracy"], json!(best));
    test_is_scored_with_each_seed(&world, &state, &run.stdout);
}

/// The training of a trial is that of `fer run` with its values and seed, which never stopped.
fn same_as_alone(world: &World, trial: &Value, seed: u64, folder: &str) {
    let alone = format!("alone-{}-{seed}", trial["trial"]);
    let values = trial["values"].as_object().unwrap().iter().map(|(name, value)| format!("--set={name}={value}"));
    let values: Vec<String> = values.chain([format!("--set=seed={seed}")]).collect();
    let mut call = vec!["run", "alone.yaml", "--run-dir", &alone];
    call.extend(values.iter().map(String::as_str));
    world.fer(&call).succeeded();
    let [found, expected] = [folder, &alone].map(|folder| {
        let mut files = world.outputs(folder);
        files.retain(|path, _| path.starts_with("train/") || path.starts_with("preprocess/"));
        files
    });
    assert!(found.contains_key("train/model.safetensors"));
    assert_same(&found, &expected);
}

fn test_is_scored_with_each_seed(world: &World, state: &Value, table: &str) {
    let runs = list(&state["winner"], "runs");
    assert_eq!(runs.iter().map(|run| run["seed"].clone()).collect::<Vec<_>>(), [json!(5), json!(2)]);
    let chosen = &state["winner"]["trial"];
    assert_eq!(state["tested"], json!([chosen, chosen]));
    let scored = outputs(world).into_iter().filter(|(_, files)| files.contains_key("evaluate/metrics.json"));
    let folders = [2, 5].map(|seed| format!("trial-{:04}-epochs-0006-seed-{seed}", chosen.as_u64().unwrap()));
    assert_eq!(scored.map(|(name, _)| name).collect::<Vec<_>>(), folders);
    let test = |run: &Value| run["metrics"]["splits"]["test"]["accuracy"].as_f64().unwrap();
    let [five, two] = [&runs[0], &runs[1]].map(test);
    let each = format!("{:.1} % with seed 5, {:.1} % with seed 2. Test served", 100.0 * five, 100.0 * two);
    let mean = format!("Its test accuracy is {:.1} % ± ", 50.0 * (five + two));
    for text in [table, &world.read("run/search.html")] {
        assert!(text.contains(&each) && text.contains(&mean), "{text}");
        assert!(text.contains("for no choice, and was scored once with each seed, for this trial."), "{text}");
        assert!(text.contains("Trial ") && text.contains("its mean validation accuracy is the highest, "), "{text}");
    }
    for seed in [5, 2] {
        assert!(table.contains(&format!("\nRun with seed {seed}: run/cells/trial-")), "{table}");
    }
}

#[test]
fn plan_tells_brackets_and_counts_all_seeds() {
    let world = world(SEARCH);
    let expected = "\
bracket  rung  trials  epochs  epochs taken over  epochs in all
      0     0       6       2                  0             24
      0     1       2       6                  1             20
      1     0       4       6                  0             48

10 trials with 2 seeds each: 92 epochs; 120 without halving
";
    assert_eq!(sweep(&world, "plan", &[]).succeeded().stdout, expected);
    let status = sweep(&world, "status", &[]);
    assert!(status.code == 1 && status.stdout.contains("2 of 10 trials are drawn"), "{status:?}");
}

#[test]
fn scores_with_other_seeds_are_not_forgotten() {
    let search =
        "search: {trials: 2, parameters: {train.optimizer.momentum: {kind: choice, values: [0.1, 0.5, 0.9]}}}\n";
    let world = world(search);
    sweep(&world, "run", &["--jobs", "2"]).succeeded();
    std::fs::write(world.path("sweep.yaml"), file(&format!("seeds: [1, 2]\n{search}"))).unwrap();
    let again = sweep(&world, "run", &["--jobs", "2"]).succeeded();
    assert!(again.stdout.contains("Test has been scored for earlier choices too: trial "), "{again:?}");
    assert!(!again.stdout.contains("scored once"), "{again:?}");
}

#[test]
fn what_is_wrong_with_seeds_and_brackets_is_told_with_its_place() {
    let told = |search: &str, more: &[&str], message: &str| {
        let parameters = "  parameters: {train.optimizer.momentum: {kind: linear, low: 0, high: 0.9}}\n";
        let world = world(&format!("{search}{parameters}"));
        let ended = sweep(&world, "plan", more);
        assert!(ended.code == 2 && ended.stderr.contains(&format!("error: sweep.yaml:{message}")), "{ended:?}");
    };
    told("seeds: [1, 2, 1]\nsearch:\n  trials: 2\n", &[], "22:15: 1 stands in this list for the second time");
    told("seeds: []\nsearch:\n  trials: 2\n", &[], "22:8: expected at least one value, found none");
    told(
        "seeds: [1]\nsearch:\n  trials: 2\n",
        &["--set=seed=3"],
        "22:1: `seed` cannot be set by `--set` and here as well",
    );
    told(
        "search:\n  trials: 6\n  halving: {epochs: 2, brackets: 3}\n",
        &[],
        "24:24: expected at most 2, one for each rung (of 2, 6 epochs), found 3",
    );
    told(
        "search:\n  trials: 3\n  halving: {epochs: 1, factor: 2, brackets: 4}\n",
        &[],
        "24:35: expected fewer brackets, or more `trials`: of 3, bracket 3 gets none; found 4 brackets",
    );
    told(
        "search:\n  trials: 3\n  halving: {epochs: 2, brackets: 0}\n",
        &[],
        "24:34: search.halving.brackets: expected a whole number from 1, found 0",
    );
}
