//! Searches: trials that follow from one another, stop early, and go on as if they had not.
#![cfg(unix)]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::sweep::sweep;
use crate::world::{Ended, PIPELINE, Running, World, assert_same};

const SEARCH: &str = "\
search:
  trials: 13
  parallel: 2
  halving: {epochs: 2, factor: 3}
  parameters:
    train.optimizer.learning_rate: {kind: log, low: 0.001, high: 0.5}
    train.schedule.warmup_epochs: {kind: int, low: 0, high: 2}
    train.optimizer.momentum: {kind: linear, low: 0, high: 0.9}
";

/// The chain of [`PIPELINE`] with a schedule that can be prolonged, six epochs, and this search.
pub(crate) fn file(search: &str) -> String {
    let chain = PIPELINE.replace("epochs: 2\n", "epochs: 6\n      schedule: {name: stable, cooldown: 0.4}\n");
    format!("{chain}{search}")
}

pub(crate) fn world(search: &str) -> World {
    let world = World::new();
    std::fs::write(world.path("sweep.yaml"), file(search)).unwrap();
    world
}

pub(crate) fn status(world: &World) -> Value {
    sweep(world, "status", &["--json"]).json()
}

/// What every trial leaves, but for logs and times.
pub(crate) fn outputs(world: &World) -> BTreeMap<String, BTreeMap<String, Vec<u8>>> {
    let folders = std::fs::read_dir(world.path("run/cells")).unwrap().flatten();
    let names = folders.filter_map(|folder| folder.file_name().into_string().ok());
    let trials = names.filter(|name| !name.starts_with('.')).map(|name| {
        let mut files = world.outputs(&format!("run/cells/{name}"));
        files.remove("cell.log");
        (name, files)
    });
    trials.collect()
}

#[test]
fn a_search_is_the_same_for_any_number_of_workers_and_after_kills() {
    let whole = world(SEARCH);
    let table = sweep(&whole, "run", &[]).succeeded().stdout;
    let expected = status(&whole);
    assert_eq!(sweep(&whole, "status", &[]).code, 0);
    // 13 trials of two epochs; four more of them from epoch 1 to epoch 6.
    assert_eq!((&expected["epochs"], &expected["full_epochs"]), (&json!(13 * 2 + 4 * 5), &json!(13 * 6)));
    let several = world(SEARCH);
    assert_eq!(without_paths(&sweep(&several, "run", &["--jobs", "4"]).succeeded().stdout), without_paths(&table));
    let killed = world(SEARCH);
    for trial in [2, 7, 11] {
        let mut run = killed.start(&["sweep", "run", "sweep.yaml", "--jobs", "2"]);
        run.until(&format!("cell {trial}  trial-{trial:04}-epochs-0002: runs"));
        run.signal("KILL");
    }
    // Two machines at once.
    let other = killed.start(&["sweep", "run", "sweep.yaml"]);
    sweep(&killed, "run", &[]).succeeded();
    assert_eq!(other.wait().0, Some(0));
    let expected_outputs = outputs(&whole);
    assert_eq!(expected_outputs.len(), 13 + 4);
    for world in [&several, &killed] {
        assert_eq!(without_run_dir(status(world)), without_run_dir(expected.clone()));
        let found = outputs(world);
        assert!(found.keys().eq(expected_outputs.keys()));
        found.iter().for_each(|(name, files)| assert_same(files, &expected_outputs[name]));
    }
    let again = sweep(&whole, "run", &[]).succeeded();
    assert_eq!(again.stdout, table);
    assert!(!again.stderr.contains(": runs"), "{again:?}");
}

pub(crate) fn without_run_dir(mut state: Value) -> Value {
    let runs = state["winner"]["runs"].as_array_mut().unwrap();
    runs.iter_mut().for_each(|run| drop(run["run_dir"].take()));
    state
}

fn without_paths(table: &str) -> Vec<&str> {
    table.lines().filter(|line| !line.starts_with("Run: ") && !line.starts_with("Report: ")).collect()
}

#[test]
fn a_trial_that_went_on_is_the_run_that_never_stopped_and_test_is_scored_for_the_chosen_one_alone() {
    let world = world(SEARCH);
    let run = sweep(&world, "run", &["--jobs", "2"]).succeeded();
    let state = status(&world);
    let trials = state["trials"].as_array().unwrap();
    let went_on: Vec<&Value> = trials.iter().filter(|trial| trial["outcomes"].as_array().unwrap().len() == 2).collect();
    assert_eq!(went_on.len(), 4);
    let chosen = &state["winner"]["trial"];
    std::fs::write(world.path("alone.yaml"), file("")).unwrap();
    for trial in went_on {
        let folder = format!("run/cells/trial-{:04}-epochs-0006", trial["trial"].as_u64().unwrap());
        let log = world.read(&format!("{folder}/cell.log"));
        assert!(log.contains("  goes on from epoch 2 of 6\n  epoch 2/6 "), "{log}");
        let values = trial["values"].as_object().unwrap();
        let values: Vec<String> = values.iter().map(|(name, value)| format!("--set={name}={value}")).collect();
        let alone = format!("alone-{}", trial["trial"]);
        let mut call = vec!["run", "alone.yaml", "--run-dir", &alone];
        call.extend(values.iter().map(String::as_str));
        world.fer(&call).succeeded();
        let (mut found, mut expected) = (world.outputs(&folder), world.outputs(&alone));
        let is_chosen = trial["trial"] == *chosen;
        assert_eq!(found.contains_key("evaluate/metrics.json"), is_chosen);
        expected.retain(|path, _| is_chosen || !path.starts_with("evaluate/"));
        for files in [&mut found, &mut expected] {
            // The run folder's name stands in them.
            for path in ["config.resolved.yaml", "evaluate/report.html", "cell.log"] {
                files.remove(path);
            }
        }
        assert_same(&found, &expected);
    }
    assert_eq!(state["tested"], json!([chosen]));
    let best = trials.iter().filter_map(|trial| trial["outcomes"][1]["trained"]["score"].as_f64()).fold(0.0, f64::max);
    assert_eq!(state["winner"]["validation_accuracy"], json!(best));
    let metrics: Value = serde_json::from_str(
        &world.read(&format!("run/cells/trial-{:04}-epochs-0006/evaluate/metrics.json", chosen.as_u64().unwrap())),
    )
    .unwrap();
    assert_eq!(metrics["splits"]["validation"]["accuracy"], json!(best));
    let choice =
        format!("Trial {chosen} was chosen among 13: its validation accuracy is the highest, {:.1} %.", 100.0 * best);
    let report = world.read("run/search.html");
    for text in [&run.stdout, &report] {
        assert!(text.contains(&choice) && text.contains("46 epochs; 78 without halving"), "{text}");
        assert!(text.contains("Test served for no choice, and was scored once, for this trial."), "{text}");
    }
    // A line a trial, that of the chosen one in another colour.
    let lines = ["first-soft", "second"].map(|ink| report.matches(&format!("stroke=\"var(--{ink})\"")).count());
    assert_eq!(lines, [12, 1]);
    assert!(report.contains("Importance of parameters") && report.contains("train.schedule.warmup_epochs"));
}

#[test]
fn values_that_let_a_training_diverge_count_as_the_worst() {
    let search = "search: {trials: 8, seed: 3, sampler: random, parameters: {train.optimizer.learning_rate: {kind: choice, \
                  values: [0.01, 1e38]}}}\n";
    let world = world(search);
    let run = sweep(&world, "run", &["--jobs", "2"]).succeeded();
    assert!(run.stderr.contains(": counts as the worst: train: "), "{run:?}");
    let state = status(&world);
    let trials = state["trials"].as_array().unwrap();
    let failed: Vec<&Value> = trials.iter().filter(|trial| trial["outcomes"][0]["failed"].is_string()).collect();
    assert!(!failed.is_empty() && failed.len() < 8, "{trials:?}");
    assert!(failed.iter().all(|trial| trial["rank"].as_u64().unwrap() as usize > 8 - failed.len()));
    assert_eq!(state["winner"]["runs"][0]["metrics"]["splits"].as_object().unwrap().len(), 2);
    let again = sweep(&world, "run", &[]).succeeded();
    assert!(!again.stderr.contains("runs"), "{again:?}");
}

#[test]
fn a_search_of_which_no_trial_could_be_trained_ends_with_1() {
    let search = "search: {trials: 2, sampler: random, parameters: {train.optimizer.learning_rate: {kind: choice, values: \
                  [1e37, 1e38]}}}\n";
    let world = world(search);
    let run = sweep(&world, "run", &["--jobs", "2"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("None of the 2 trials could be trained."), "{run:?}");
    assert!(run.stderr.ends_with("error: no trial was trained to the end, so none was chosen\n"), "{run:?}");
    assert_eq!(sweep(&world, "status", &[]).code, 1);
    assert!(world.path("run/search.html").is_file());
}

#[test]
fn a_search_that_grew_tells_of_all_scores_on_test() {
    let search = "search: {trials: 3, halving: {epochs: 2, factor: 3}, parameters: {train.optimizer.momentum: {kind: choice, \
                  values: [0.1, 0.5, 0.9]}}}\n";
    let world = world(search);
    let first = sweep(&world, "run", &["--jobs", "2"]).succeeded();
    assert!(first.stdout.contains("was scored once, for this trial."), "{first:?}");
    let chosen = status(&world)["winner"]["trial"].clone();
    // The same trial is chosen, whose shorter training was scored before.
    let longer = sweep(&world, "run", &["--jobs", "2", "--set=train.epochs=7"]).succeeded();
    let state = sweep(&world, "status", &["--json", "--set=train.epochs=7"]).json();
    assert_eq!((&state["winner"]["trial"], &state["tested"]), (&chosen, &json!([chosen, chosen])));
    let earlier = format!("Test has been scored for earlier choices too: trial {chosen}. Whoever chooses");
    assert!(longer.stdout.contains(&earlier) && !longer.stdout.contains("scored once"), "{longer:?}");
    // Nor is it forgotten where it is no trial any more.
    let (few, epochs) = ("--set=train.optimizer.momentum=0.5", "--set=train.epochs=7");
    let text = world.read("sweep.yaml").replace("train.optimizer.momentum:", "train.optimizer.weight_decay:");
    std::fs::write(world.path("sweep.yaml"), text.replace("[0.1, 0.5, 0.9]", "[0.0, 1e-5, 1e-4]")).unwrap();
    let state = sweep(&world, "status", &["--json", few, epochs]).json();
    assert_eq!((&state["winner"], &state["tested"]), (&Value::Null, &json!([chosen, chosen])));
}

fn refusal(search: &str) -> Ended {
    let ended = sweep(&world(search), "run", &[]);
    assert_eq!(ended.code, 2, "{ended:?}");
    ended
}

#[test]
fn what_is_wrong_with_a_search_is_told_with_its_place() {
    let told = |parameters: &str, more: &str, place: &str, message: &str| {
        let ended = refusal(&format!("search:\n  trials: 4\n{more}  parameters:\n    {parameters}\n"));
        let line = format!("error: sweep.yaml:{place}: {message}");
        assert!(ended.stderr.contains(&line), "expected {line}\nfound {}", ended.stderr);
    };
    let rate = "train.optimizer.learning_rate: {kind: log, low: 0.01, high: 0.1}";
    told(
        "train.epochs: {kind: int, low: 4, high: 2}",
        "",
        "25:45",
        "expected a number above `low`, which is 4, found 2",
    );
    told(
        "train.epochs: {kind: int, low: 0, high: 2}",
        "",
        "25:36",
        "train.params.epochs: expected a whole number from 1, found 0",
    );
    told("train.lr: {kind: log, low: 0.1, high: 1}", "", "25:5", "unknown key `lr` in train.params");
    told(
        "trian.epochs: {kind: int, low: 1, high: 2}",
        "",
        "25:5",
        "the chain has no stage `trian`; did you mean `train`?",
    );
    told("train.epochs: {kind: even, low: 1, high: 2}", "", "25:26", "search.parameters.train.epochs.kind: ");
    told("seed: {kind: int, low: 1, high: 2}", "", "25:5", "a search draws no seeds: `seeds`, beside");
    told(
        "train.epochs: {kind: int, low: 1, high: 2, when: {train.shuffle: [true]}}",
        "",
        "25:55",
        "expected a parameter of this search with `kind: choice`, found `train.shuffle`",
    );
    told(rate, "  halving: {epochs: 9}\n", "24:13", "expected at most 6, the `epochs` of `train`, found 9");
    told(rate, "  halving: {epochs: 1, factor: 1}\n", "24:24", "expected a whole number from 2, found 1");
    told(
        rate,
        "  halving: {epochs: 2, factor: 5}\n",
        "24:24",
        "expected at most 4, the `trials`, of which one in so many",
    );
    told(rate, "  halving: {epochs: 1}\n", "24:13", "expected more epochs: of 1, none is left");
    told(rate, "  trails: 3\n", "24:3", "unknown key `trails` in search; did you mean `trials`?");
    told(
        "train.schedule: {kind: choice, values: [{name: stable}, {name: cosine}]}",
        "  halving: {epochs: 2}\n",
        "26:61",
        "a trial could not go on from where it stopped: every rate of its schedule depends on epochs",
    );
    let both = refusal(
        "matrix:\n  train.epochs: [1]\nsearch: {trials: 1, parameters: {train.epochs: {kind: int, low: 1, high: 2}}}\n",
    );
    assert!(both.stderr.contains("expected `search`, or `search` and `seeds`; `matrix`"), "{both:?}");
    let engine = refusal(&format!("{SEARCH}engine: {{name: local}}\n"));
    assert!(engine.stderr.contains("sweep.yaml:30:1: `engine` is for the cells of a sweep"), "{engine:?}");
    let world = world(SEARCH);
    for command in ["submit", "cancel"] {
        let ended = sweep(&world, command, &[]);
        assert!(
            ended.code == 2 && ended.stderr.contains("`fer sweep submit` and `--cell` are for `matrix`"),
            "{ended:?}"
        );
    }
    let run = world.fer(&["run", "sweep.yaml"]);
    assert!(
        run.code == 2 && run.stderr.contains("`search` makes a search of this file: `fer sweep run sweep.yaml`"),
        "{run:?}"
    );
    let cell = world.fer(&["plan", "sweep.yaml", "--cell", "1"]);
    assert!(cell.code == 2 && cell.stderr.contains("`search` makes a search of this file"), "{cell:?}");
    let index = sweep(&world, "run", &["--index", "1"]);
    assert!(index.code == 2 && index.stderr.contains("--index is for a sweep with `matrix`"), "{index:?}");
    let indices = sweep(&world, "plan", &["--indices"]);
    assert!(indices.code == 2 && indices.stderr.contains("--indices is for a sweep with `matrix`"), "{indices:?}");
}

#[test]
fn plan_tells_the_rungs_and_their_epochs() {
    let world = world(SEARCH);
    let expected = "\
rung  trials  epochs  epochs taken over  epochs in all
   0      13       2                  0             26
   1       4       6                  1             20

13 trials: 46 epochs; 78 without halving
";
    assert_eq!(sweep(&world, "plan", &[]).succeeded().stdout, expected);
    assert!(!world.path("run").exists());
    let status = sweep(&world, "status", &[]);
    assert_eq!(status.code, 1);
    assert!(status.stdout.contains("2 of 13 trials are drawn"), "{status:?}");
    assert!(status.stdout.contains("Planned: 46 epochs; 78 without halving.") && !status.stdout.contains("Trained"));
    let states = status.stdout.lines().filter(|line| line.ends_with("  waiting")).count();
    assert_eq!(states, 2, "as many as may be under way: {status:?}");
}

#[test]
fn what_trials_take_over_is_told_as_a_range_where_it_depends_on_their_values() {
    let search = "search: {trials: 4, halving: {epochs: 3, factor: 2}, parameters: {train.schedule.cooldown: {kind: linear, \
                  low: 0.2, high: 0.6}}}\n";
    let world = world(search);
    let plan = sweep(&world, "plan", &["--json"]).json();
    let bounds = [&plan[1]["taken_over"], &plan[1]["taken_over_at_most"]].map(|number| number.as_u64().unwrap());
    assert!(bounds[0] < bounds[1], "{plan}");
    let shown = sweep(&world, "plan", &[]).succeeded().stdout;
    let [taken_over, epochs] = [bounds, bounds.map(|taken| 2 * (6 - taken))];
    assert!(shown.contains(&format!("{} to {}", taken_over[0], taken_over[1])), "{shown}");
    assert!(shown.contains(&format!("{} to {}", epochs[1], epochs[0])), "{shown}");
    assert!(
        shown.contains(&format!("4 trials: {} to {} epochs; 24 without", 12 + epochs[1], 12 + epochs[0])),
        "{shown}"
    );
}

/// A search of two trials that take too long, one at a time, of which the first has begun to train.
fn under_way() -> (World, Running) {
    let search =
        "search: {trials: 2, parallel: 2, parameters: {train.optimizer.momentum: {kind: linear, low: 0, high: 0.9}}}\n";
    let world = world(search);
    let mut run = world.start(&["sweep", "run", "sweep.yaml", "--one-machine", "--set=train.epochs=1000000"]);
    let state = world.path("run/cells/trial-0000/.state.json");
    run.until_seen(|| std::fs::read_to_string(&state).is_ok_and(|text| text.contains("\"epoch\":")));
    (world, run)
}

#[test]
fn a_schedulers_signal_ends_a_search_with_its_exit_code_and_status_tells_of_each_trial() {
    let (world, run) = under_way();
    let told = || sweep(&world, "status", &["--set=train.epochs=1000000"]).stdout;
    let status = told();
    assert!(status.contains("  running, epoch ") && status.contains("  waiting\n"), "{status}");
    let (code, said) = run.signal("TERM");
    assert!(code == Some(75) && said.contains("interrupted; `fer sweep run` goes on from here"), "{code:?}: {said}");
    let status = told();
    assert!(status.contains("  interrupted at epoch ") && !status.contains("under way"), "{status}");
}

#[test]
fn a_trial_that_somebody_else_stops_ends_the_search() {
    let (world, run) = under_way();
    let holder = world.read("run/cells/trial-0000/.writer");
    let process = holder.strip_prefix("process ").unwrap().split(' ').next().unwrap();
    assert!(std::process::Command::new("kill").args(["-INT", process]).status().unwrap().success());
    let (code, said) = run.wait();
    assert!(code == Some(1) && said.contains(": was stopped, though nobody stopped the search"), "{code:?}: {said}");
}

#[test]
fn one_trial_is_told_of_as_one_and_rm_takes_all_of_a_search() {
    let search = "search: {trials: 1, parameters: {train.optimizer.momentum: {kind: choice, values: [0.5]}}}\n";
    let world = world(search);
    let run = sweep(&world, "run", &["--one-machine"]).succeeded();
    assert!(
        run.stdout.contains("Trial 0 is the only one: its validation accuracy is ")
            && run.stderr.contains("trial-0000: scores test"),
        "{run:?}"
    );
    assert!(!run.stdout.contains("highest") && !run.stdout.contains("chosen among"), "{run:?}");
    assert!(sweep(&world, "plan", &[]).stdout.contains("\n1 trial"));
    assert!(world.path("run/search.html").is_file());
    world.fer(&["rm", "run", "--yes"]).succeeded();
    assert!(!world.path("run").exists());
}
