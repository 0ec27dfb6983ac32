use serde_json::{Value, json};

use crate::world::{World, lines};

const OTHER: [&str; 4] = ["run", "--run-dir", "runs/b", "--set=train.optimizer.learning_rate=0.01"];

/// A world with two finished runs: `runs/a`, and `runs/b` with another learning rate.
fn two_runs() -> World {
    let world = World::new();
    world.fer(&["run", "--run-dir", "runs/a"]).succeeded();
    world.fer(&OTHER).succeeded();
    world
}

fn metrics(world: &World, run: &str) -> Value {
    serde_json::from_str(&world.read(&format!("{run}/evaluate/metrics.json"))).unwrap()
}

fn percent(share: &Value) -> String {
    format!("{:.1} %", 100.0 * share.as_f64().unwrap())
}

/// The words of the line that begins with `start`.
#[track_caller]
fn words<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    let line = text.lines().find(|line| line.trim_start().starts_with(start));
    line.unwrap_or_else(|| panic!("no line {start}: {text}"))
        .split("  ")
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect()
}

#[test]
fn diff_tells_parameters_data_and_scores() {
    let world = two_runs();
    let text = world.fer(&["diff", "runs/a", "runs/b"]).succeeded().stdout;
    let found = lines(&text);
    assert_eq!(found[0], "parameters");
    assert_eq!(words(&text, "train.optimizer.learning_rate"), ["train.optimizer.learning_rate", "0.05", "0.01"]);
    assert_eq!(&found[3..6], ["", "data: no difference", ""], "{text}");
    let [a, b] = ["runs/a", "runs/b"].map(|run| metrics(&world, run)["splits"]["test"]["accuracy"].clone());
    assert_eq!(words(&text, "test accuracy")[..3], ["test accuracy", &percent(&a), &percent(&b)], "{text}");
}

#[test]
fn diff_as_json_holds_every_score_and_the_images_in_common() {
    let world = two_runs();
    let diff = world.fer(&["diff", "runs/a", "runs/b", "--json"]).succeeded().json();
    let change = json!([{"name": "train.optimizer.learning_rate", "from": 0.05, "to": 0.01}]);
    assert_eq!((&diff["parameters"], &diff["data"]), (&change, &json!([])));
    let [a, b] = ["runs/a", "runs/b"].map(|run| metrics(&world, run)["splits"]["validation"].clone());
    let scores = diff["scores"].as_array().unwrap();
    let find = |score: &str| {
        scores.iter().find(|entry| entry["split"] == "validation" && entry["score"] == score).unwrap().clone()
    };
    for name in ["n", "loss", "accuracy", "balanced_accuracy", "macro_f1", "ece"] {
        let [a, b] = [&a, &b].map(|scores| scores[name].as_f64().unwrap());
        let of = json!({"stage": "evaluate", "split": "validation", "score": name});
        let found = find(name);
        assert!(of.as_object().unwrap().iter().all(|(key, value)| found[key] == *value), "{found}");
        assert_eq!([&found["from"], &found["to"], &found["change"]], [&json!(a), &json!(b), &json!(b - a)]);
    }
    assert_eq!(find("recall.happy")["to"], b["per_class"][3]["recall"]);
    let pair = &diff["paired"]["validation"];
    let count = |value: &Value| value.as_f64().unwrap();
    assert_eq!(pair["images"], 14);
    let gained = count(&pair["only_second"]) - count(&pair["only_first"]);
    assert_eq!(gained, ((count(&b["accuracy"]) - count(&a["accuracy"])) * 14.0).round());
}

#[test]
fn diff_prints_markdown() {
    let world = two_runs();
    let text = world.fer(&["diff", "runs/a", "runs/b", "--md"]).succeeded().stdout;
    let start = "### parameters\n\n|  | runs/a | runs/b |\n| --- | --- | --- |\n\
                 | train.optimizer.learning_rate | 0.05 | 0.01 |\n\n### data\n\nno difference\n\n### scores\n\n";
    assert!(text.starts_with(start), "{text}");
    assert_eq!(world.fer(&["diff", "runs/a", "runs/b", "--md", "--json"]).code, 2);
}

#[test]
fn diff_tells_other_data_and_then_compares_no_images() {
    let world = two_runs();
    let shorter: Vec<String> = world.read("faces.csv").lines().take(120).map(str::to_owned).collect();
    std::fs::write(world.path("faces.csv"), shorter.join("\n") + "\n").unwrap();
    world.fer(&OTHER).succeeded();
    let diff = world.fer(&["diff", "runs/a", "runs/b", "--json"]).succeeded().json();
    let names: Vec<&str> =
        diff["data"].as_array().unwrap().iter().map(|change| change["name"].as_str().unwrap()).collect();
    assert!(names.starts_with(&["ingest.source"]) && names.contains(&"train images"), "{diff}");
    let train = diff["data"].as_array().unwrap().iter().find(|change| change["name"] == "train images").unwrap();
    assert_eq!(train["from"], 112);
    assert!(train["to"].as_u64().unwrap() < 112);
    assert_eq!(diff["paired"], json!({}));
}

#[test]
fn an_artifact_that_was_put_in_place_is_told_as_data() {
    let world = two_runs();
    let elsewhere = ["run", "--run-dir", "elsewhere", "--only", "ingest"];
    world.fer(&elsewhere).succeeded();
    std::fs::write(world.path("params.yaml"), "equalization: none").unwrap();
    let out = ["stage", "preprocess", "--params", "params.yaml", "--in", "elsewhere", "--out", "runs/b/preprocess"];
    world.fer(&out).succeeded();
    world.fer(&[&OTHER[..], &["--from", "train"]].concat()).succeeded();
    let diff = world.fer(&["diff", "runs/a", "runs/b", "--json"]).succeeded().json();
    let names: Vec<&Value> = diff["data"].as_array().unwrap().iter().map(|change| &change["name"]).collect();
    let expected = ["test", "train", "validation"].map(|split| json!(format!("preprocess/{split}.safetensors")));
    assert_eq!(names, expected.iter().collect::<Vec<_>>(), "{diff}");
}

#[test]
fn what_is_no_run_is_refused() {
    let world = World::ran();
    let ended = world.fer(&["diff", "run", "."]);
    let message = "error: .: not a run folder: expected run.lock.json or config.resolved.yaml in it, found neither\n";
    assert_eq!((ended.code, &*ended.stderr, &*ended.stdout), (1, message, ""));
}

#[test]
fn runs_are_listed_with_their_scores_and_what_differs() {
    let world = two_runs();
    world.fer(&["run", "--run-dir", "runs/deep/c", "--only", "ingest", "--set=seed=8"]).succeeded();
    let text = world.fer(&["runs"]).succeeded().stdout;
    let found = lines(&text);
    assert_eq!(found.len(), 4, "{text}");
    assert!(
        found[0].starts_with("run          validation accuracy  macro F1  test accuracy  macro F1  state  "),
        "{text}"
    );
    let accuracy = percent(&metrics(&world, "runs/a")["splits"]["validation"]["accuracy"]);
    assert!(found[1].starts_with("runs/a") && found[1].contains(&accuracy), "{text}");
    assert!(found[1].ends_with("  seed=7 train.optimizer.learning_rate=0.05"), "{text}");
    assert!(found[2].ends_with("  seed=7 train.optimizer.learning_rate=0.01"), "{text}");
    let unfinished: Vec<&str> = found[3].split_whitespace().collect();
    assert_eq!(unfinished[..5], ["runs/deep/c", "–", "–", "–", "–"], "{text}");
    assert!(
        found[3].ends_with("seed=8 train.optimizer.learning_rate=0.05"),
        "what it has not run, it is to run: {text}"
    );
    let markdown = world.fer(&["runs", "runs/deep", "--md"]).succeeded().stdout;
    assert!(markdown.starts_with("| run | state | differs in |\n| --- | --- | --- |\n| runs/deep/c | "), "{markdown}");
}

#[test]
fn runs_as_json_hold_parameters_data_and_metrics() {
    let world = two_runs();
    let runs = world.fer(&["runs", "--json"]).succeeded().json();
    assert_eq!(runs.as_array().unwrap().len(), 2);
    let run = &runs[1];
    assert_eq!((&run["path"], &run["metrics_are_current"]), (&json!("runs/b"), &json!(true)));
    assert_eq!(run["parameters"]["train.optimizer.learning_rate"], 0.01);
    assert_eq!((&run["data"]["train images"], &run["data"]["classes"][3]), (&json!(112), &json!("happy")));
    assert_eq!(run["metrics"], metrics(&world, "runs/b"));
}

#[test]
fn a_stage_that_ran_with_another_seed_is_told_with_it() {
    let world = two_runs();
    world.fer(&["run", "--run-dir", "runs/a", "--only", "ingest", "--set=seed=8"]).succeeded();
    let parameters = world.fer(&["runs", "--json"]).succeeded().json()[0]["parameters"].clone();
    assert_eq!([&parameters["seed"], &parameters["train.seed"]], [8, 7]);
    assert_eq!(parameters.get("ingest.seed"), None);
}

#[test]
fn scores_of_an_earlier_model_are_marked() {
    let world = two_runs();
    world.fer(&[&OTHER[..], &["--only", "train", "--set=train.epochs=3"]].concat()).succeeded();
    let text = world.fer(&["runs"]).succeeded().stdout;
    assert!(!lines(&text)[1].contains('*') && lines(&text)[2].contains(" % * "), "{text}");
    assert!(text.ends_with("\n\n* scores of an earlier model; `fer run` renews them\n"), "{text}");
    let text = world.fer(&["diff", "runs/a", "runs/b"]).succeeded().stdout;
    assert!(text.ends_with("\nruns/b: its scores are of an earlier model; `fer run` renews them\n"), "{text}");
}

#[test]
fn a_run_that_cannot_be_read_does_not_hide_the_others() {
    let world = two_runs();
    std::fs::write(world.path("runs/a/run.lock.json"), "{").unwrap();
    let ended = world.fer(&["runs"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.starts_with("error: runs/a/run.lock.json: "), "{ended:?}");
    assert!(lines(&ended.stdout)[1].starts_with("runs/b"), "{ended:?}");
}

#[test]
fn a_folder_without_runs_is_said_to_have_none() {
    let world = World::new();
    std::fs::create_dir(world.path("runs")).unwrap();
    let ended = world.fer(&["runs"]).succeeded();
    assert_eq!((&*ended.stdout, &*ended.stderr), ("", "runs: no runs in this folder or below\n"));
    assert_eq!(world.fer(&["runs", "--json"]).succeeded().json(), json!([]));
    assert_eq!(world.fer(&["runs", "nowhere"]).code, 1);
}
