//! `fer serve --runs`: runs as they go, seen over HTTP, and nothing else of the disk.
#![cfg(all(unix, feature = "serve", feature = "faces"))]

use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::service::Service;
use crate::world::{PIPELINE, World};

pub(crate) const RUNS: &str = "--runs=runs";

/// Two runs of two and three epochs below `runs/`.
pub(crate) fn two() -> World {
    let world = World::new();
    world.fer(&["run", "--run-dir=runs/short", "--note=the <first>"]).succeeded();
    world.fer(&["run", "--run-dir=runs/deep/long", "--set=train.epochs=3"]).succeeded();
    world
}

fn list(service: &Service) -> Value {
    let answer = service.get("/v1/runs", "");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn names(rows: &Value) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

#[test]
fn runs_are_listed_with_state_scores_and_what_differs() {
    let world = two();
    world.fer(&["run", "--run-dir=runs/lost", "--set=ingest.source.path=lost.csv"]);
    let before = world.files("runs");
    let service = Service::start(&world, &[RUNS]);
    let listed = list(&service);
    assert_eq!(names(&listed["runs"]), ["deep/long", "lost", "short"], "{listed}");
    let told = world.fer(&["runs", "--json"]).succeeded().json();
    for (row, told) in listed["runs"].as_array().unwrap().iter().zip(told.as_array().unwrap()) {
        for same in ["state", "finished", "note", "message"] {
            assert_eq!(row.get(same), told.get(same), "{same} of {row}");
        }
    }
    let short = &listed["runs"][2];
    assert_eq!((&short["differs"]["train.epochs"], &short["note"]), (&json!(2), &json!("the <first>")));
    assert!(listed["runs"][1]["message"].as_str().unwrap().starts_with("ingest: lost.csv: cannot read the file"));
    let metrics: Value = serde_json::from_str(&world.read("runs/short/evaluate/metrics.json")).unwrap();
    let scores = &short["evaluations"][0]["splits"][0];
    assert_eq!(scores["split"], "validation");
    for score in ["n", "accuracy", "accuracy_ci95", "macro_f1", "ece"] {
        assert_eq!(scores[score], metrics["splits"]["validation"][score], "{score}");
    }
    let run = service.get("/v1/runs/run?run=deep%2Flong", "").json();
    assert_eq!((&run["parameters"]["train.epochs"], &run["reports"]), (&json!(3), &json!(["evaluate"])));
    assert_eq!((&run["parameters"], &run["data"]), (&told[0]["parameters"], &told[0]["data"]));
    let curves = service.get("/v1/runs/curves?run=short", "").json();
    let lines: Vec<Value> =
        world.read("runs/short/train/history.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(curves["trainings"], json!([{"stage": "train", "is_live": false, "epochs": lines}]));
    let log = service.get("/v1/runs/log?run=short", "").problem(404);
    assert_eq!(log, "expected a cell of a sweep, which has a log, found a run without one");
    assert!(before == world.files("runs"), "watching changes nothing");
}

#[test]
fn two_runs_stand_side_by_side_as_in_diff() {
    let world = two();
    let service = Service::start(&world, &[RUNS]);
    let answer = service.get("/v1/runs/diff?from=short&to=deep/long", "").json();
    let told = world.fer(&["diff", "runs/short", "runs/deep/long", "--json"]).succeeded().json();
    for same in ["versions", "parameters", "data", "scores"] {
        assert_eq!(answer[same], told[same], "{same}");
    }
    assert_eq!((&answer["from"]["name"], &answer["to"]["name"]), (&json!("short"), &json!("deep/long")));
    let pair = &answer["paired"][0];
    let expected = &told["paired"]["validation"];
    assert_eq!((&pair["images"], &pair["p_value"]), (&expected["images"], &expected["p_value"]));
    let half = service.get("/v1/runs/diff?from=short", "").problem(400);
    assert_eq!(half, "expected `from=NAME&to=NAME`: missing field `to`");
    let other = service.get("/v1/runs?all=1", "").problem(400);
    assert!(other.starts_with("expected no query: all: unknown field `all`"), "{other}");
    assert!(service.get("/v1/runs/diff?from=short&to=none", "").problem(404).contains("found `none`"));
}

#[test]
fn a_training_is_watched_as_it_grows_and_as_it_ends() {
    let world = World::new();
    std::fs::create_dir(world.path("runs")).unwrap();
    let service = Service::start(&world, &[RUNS]);
    assert_eq!(list(&service), json!({"runs": [], "sweeps": [], "problems": []}));
    let mut training = world.start(&["run", "--run-dir=runs/under-way", "--set=train.epochs=1000000"]);
    let epochs = || {
        let answer = service.get("/v1/runs/curves?run=under-way", "");
        let trainings = if answer.status == 200 { answer.json()["trainings"].clone() } else { json!([]) };
        let live = trainings[0]["is_live"] == true;
        if live { trainings[0]["epochs"].as_array().unwrap().len() } else { 0 }
    };
    training.until_seen(|| epochs() >= 2);
    let seen = epochs();
    training.until_seen(|| epochs() > seen);
    let row = &list(&service)["runs"][0];
    assert_eq!((&row["state"], &row["name"]), (&json!("running"), &json!("under-way")), "{row}");
    assert_eq!((&row["activity"]["stage"], &row["activity"]["epochs"]), (&json!("train"), &json!(1_000_000)), "{row}");
    assert_eq!(training.signal("INT").0, Some(130));
    let row = &list(&service)["runs"][0];
    assert_eq!(row["state"], "interrupted", "{row}");
    assert!(epochs() > seen, "its curves stay");
    // A process that is killed changes no file.
    let mut training = world.start(&["run", "--run-dir=runs/under-way", "--set=train.epochs=1000000"]);
    // Killed before it has said what it is at, it would be one that has not begun.
    training.until_seen(|| {
        let row = list(&service)["runs"][0].clone();
        row["state"] == "running" && row["activity"]["stage"] == "train"
    });
    training.kill();
    assert_eq!(list(&service)["runs"][0]["state"], "interrupted");
}

#[test]
fn a_sweep_has_its_cells_its_table_and_their_logs() {
    let world = World::new();
    let matrix = "matrix:\n  train.optimizer.learning_rate: [0.05, 0.01]\n  seeds: [1, 2]\n";
    std::fs::write(world.path("sweep.yaml"), format!("{PIPELINE}{matrix}")).unwrap();
    world.fer(&["sweep", "run", "sweep.yaml", "--run-dir=runs/rates", "--jobs=2"]).succeeded();
    std::fs::create_dir(world.path("runs/rates/cells/broken")).unwrap();
    std::fs::write(world.path("runs/rates/cells/broken/run.lock.json"), "{").unwrap();
    let service = Service::start(&world, &[RUNS]);
    let listed = list(&service);
    assert_eq!(listed["sweeps"], json!([{"name": "rates", "states": {"finished": 4, "unreadable": 1}}]));
    assert_eq!((names(&listed["runs"]), names(&listed["problems"])), (vec![], vec!["rates/cells/broken"]));
    let sweep = service.get("/v1/runs/sweep?sweep=rates", "").json();
    let told = world.fer(&["sweep", "status", "sweep.yaml", "--run-dir=runs/rates", "--json"]).succeeded().json();
    // The order is another: that of names here, that of the matrix there.
    let sorted = |combinations: &Value| {
        let mut combinations = combinations.as_array().unwrap().clone();
        combinations.sort_by_key(|combination| combination["values"].to_string());
        combinations
    };
    assert_eq!(sorted(&sweep["combinations"]), sorted(&told["combinations"]));
    assert_eq!(sweep["parameters"], json!(["train.optimizer.learning_rate"]));
    let cell = &sweep["cells"][0];
    assert_eq!(cell["name"], "rates/cells/learning_rate=0.01,seed=1");
    assert_eq!((&cell["differs"], &cell["seed"]), (&json!({"train.optimizer.learning_rate": 0.01}), &json!(1)));
    assert_eq!(names(&sweep["problems"]), ["rates/cells/broken"]);
    let path = "/v1/runs/log?run=rates/cells/learning_rate%3D0.01,seed%3D1";
    let log = service.get(path, "").json();
    assert_eq!(
        (log["text"].as_str().unwrap(), &log["is_whole"]),
        (&*world.read("runs/rates/cells/learning_rate=0.01,seed=1/cell.log"), &json!(true))
    );
    let run = service.get(&path.replace("/log", "/run"), "").json();
    assert_eq!((&run["sweep"], &run["has_log"]), (&json!("rates"), &json!(true)));
    assert!(service.get("/v1/runs/sweep?sweep=.", "").problem(404).contains("expected the name of a sweep"));
}

#[test]
fn folds_count_as_seeds_do_without_the_sweeps_file() {
    let world = World::new();
    let split = "split: {kind: folds, folds: 3, fold: all, pool: true, validation: 0.1}";
    std::fs::write(world.path("sweep.yaml"), PIPELINE.replace("split: {kind: usage}", split)).unwrap();
    world.fer(&["sweep", "run", "sweep.yaml", "--run-dir=runs/folds", "--jobs=2"]).succeeded();
    let told = world.fer(&["sweep", "status", "sweep.yaml", "--run-dir=runs/folds", "--json"]).succeeded().json();
    let service = Service::start(&world, &[RUNS]);
    let sweep = service.get("/v1/runs/sweep?sweep=folds", "").json();
    assert_eq!((&sweep["combinations"], &sweep["combinations"][0]["n"]), (&told["combinations"], &json!(3)));
}

#[test]
fn what_cannot_be_read_is_a_row_that_says_so() {
    let world = two();
    let broken = |name: &str| {
        let folder = world.path("runs").join(name);
        std::fs::create_dir_all(folder.join("evaluate")).unwrap();
        std::fs::copy(world.path("runs/short/run.lock.json"), folder.join("run.lock.json")).unwrap();
        std::fs::copy(world.path("runs/short/config.resolved.yaml"), folder.join("config.resolved.yaml")).unwrap();
        folder
    };
    std::fs::write(broken("a-lock").join("run.lock.json"), "{\"version\": 1, ").unwrap();
    std::fs::write(broken("b-scores").join("evaluate/metrics.json"), "no scores").unwrap();
    std::fs::write(broken("c-config").join("config.resolved.yaml"), "{").unwrap();
    std::fs::write(world.path("secret.json"), "{\"splits\": {}}").unwrap();
    symlink(world.path("secret.json"), broken("d-link").join("evaluate/metrics.json")).unwrap();
    std::fs::remove_dir_all(broken("e-folder").join("evaluate")).unwrap();
    symlink(world.path("runs/short/evaluate"), world.path("runs/e-folder/evaluate")).unwrap();
    let pipe = broken("f-pipe").join(".state.json");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let large = std::fs::File::create(broken("g-large").join("evaluate/metrics.json")).unwrap();
    large.set_len(65 << 20).unwrap();
    // A link to a run is no run, and neither is one in a hidden folder.
    symlink(world.path("runs/short"), world.path("runs/link")).unwrap();
    std::fs::rename(broken("hidden"), world.path("runs/.hidden")).unwrap();
    let service = Service::start(&world, &[RUNS]);
    let listed = list(&service);
    assert_eq!(names(&listed["runs"]), ["deep/long", "short"], "{listed}");
    let expected = [
        ("a-lock", "run.lock.json: EOF while parsing"),
        ("b-scores", "not the scores of a run"),
        ("c-config", "config.resolved.yaml"),
        ("d-link", "evaluate/metrics.json: expected a file or a folder, found a link"),
        ("e-folder", "evaluate: expected a file or a folder, found a link"),
        ("f-pipe", ".state.json: expected a file or a folder, found a link or a device"),
        ("g-large", "evaluate/metrics.json: expected at most 64 MiB, found 68157440 bytes"),
    ];
    let problems = listed["problems"].as_array().unwrap();
    assert_eq!(names(&listed["problems"]), expected.map(|(name, _)| name), "{listed}");
    for (problem, (name, part)) in problems.iter().zip(expected) {
        let told = problem["problem"].as_str().unwrap();
        assert!(told.contains(part) && !told.contains(world.path("").to_str().unwrap()), "{told}");
        assert!(service.get(&format!("/v1/runs/run?run={name}"), "").problem(422).contains(part), "{name}");
    }
    // One that is mended is a run.
    std::fs::copy(world.path("runs/short/run.lock.json"), world.path("runs/a-lock/run.lock.json")).unwrap();
    assert!(names(&list(&service)["runs"]).contains(&"a-lock"));
}

#[test]
fn what_is_shown_is_so_large_and_no_larger() {
    let world = two();
    let service = Service::start(&world, &[RUNS]);
    let of_length = |path: &str, length: u64| {
        let path = world.path("runs/short").join(path);
        std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap().set_len(length).unwrap();
    };
    // Holes are appended, which take no room.
    of_length("evaluate/report.html", 64 << 20);
    assert_eq!(service.get("/v1/runs/report?run=short&stage=evaluate", "").body.len(), 64 << 20);
    of_length("evaluate/report.html", (64 << 20) + 1);
    let told = service.get("/v1/runs/report?run=short&stage=evaluate", "").problem(404);
    assert!(told.contains("expected at most 67108864 bytes, found 67108865"), "{told}");
    of_length("evaluate/predictions-validation.safetensors", 256 << 20);
    assert_eq!(names(&list(&service)["runs"]), ["deep/long", "short"]);
    of_length("evaluate/predictions-validation.safetensors", (256 << 20) + 1);
    let told = &list(&service)["problems"][0];
    let expected =
        "evaluate/predictions-validation.safetensors: expected at most 256 MiB, found 268435457 bytes".to_owned();
    assert_eq!((&told["name"], &told["problem"]), (&json!("short"), &json!(expected)));
    of_length("evaluate/predictions-validation.safetensors", 0);
    let log = "line\n".repeat((256 << 10) / 5) + "ends";
    assert_eq!(log.len(), 256 << 10);
    std::fs::write(world.path("runs/short/cell.log"), &log).unwrap();
    let found = service.get("/v1/runs/log?run=short", "").json();
    assert_eq!((found["text"].as_str().unwrap(), &found["is_whole"]), (&*log, &json!(true)));
    std::fs::write(world.path("runs/short/cell.log"), format!("x{log}")).unwrap();
    let found = service.get("/v1/runs/log?run=short", "").json();
    // Where it begins, nothing but its length tells whether it is in a line.
    assert_eq!((found["text"].as_str().unwrap(), &found["is_whole"]), (&log[5..], &json!(false)));
}

#[test]
fn so_many_runs_are_listed_and_no_more() {
    let world = World::new();
    world.fer(&["run", "--run-dir=runs/0000"]).succeeded();
    let copy = |number: usize| {
        let folder = world.path("runs").join(format!("{number:04}"));
        std::fs::create_dir(&folder).unwrap();
        for file in ["run.lock.json", "config.resolved.yaml"] {
            std::fs::copy(world.path("runs/0000").join(file), folder.join(file)).unwrap();
        }
    };
    (1..2000).for_each(copy);
    let service = Service::start(&world, &[RUNS]);
    let listed = list(&service);
    assert_eq!((listed["runs"].as_array().unwrap().len(), &listed["problems"]), (2000, &json!([])));
    copy(2000);
    let listed = list(&service);
    assert_eq!(listed["runs"].as_array().unwrap().len(), 2000);
    let told = "expected at most 2000 runs, found 1 more, which are not listed";
    assert_eq!(listed["problems"], json!([{"name": ".", "problem": told}]));
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let world = two();
    world.fer(&["run", "--run-dir=outside"]).succeeded();
    symlink(world.path("outside"), world.path("runs/link")).unwrap();
    let script = "<img src=x onerror=alert(1)>";
    std::fs::rename(world.path("runs/deep/long"), world.path("runs/deep").join(script)).unwrap();
    let service = Service::start(&world, &[RUNS]);
    assert_eq!(names(&list(&service)["runs"]), [format!("deep/{script}").as_str(), "short"]);
    let whole = world.path("outside");
    let (whole, long) = (whole.to_str().unwrap(), "x".repeat(5000));
    for name in [
        "..",
        "../outside",
        "..%2Foutside",
        "%2e%2e%2foutside",
        "short/../../outside",
        whole,
        "link",
        "./short",
        "short/",
        "short/train",
        "",
        "%00",
        "short%00",
        "%ff",
        ".store",
        &long,
        "..%5Coutside",
        "short%0d%0ax:y",
    ] {
        for path in
            ["run?run=", "curves?run=", "log?run=", "report?stage=evaluate&run=", "diff?to=short&from=", "sweep?sweep="]
        {
            let answer = service.get(&format!("/v1/runs/{path}{name}"), "");
            assert!([400, 404].contains(&answer.status), "{path}{name}: {answer:?}");
            answer.problem(answer.status);
        }
    }
    for stage in ["..", "%2e%2e", "../short/evaluate", "train", "evaluate/", "none"] {
        let answer = service.get(&format!("/v1/runs/report?run=short&stage={stage}"), "");
        assert!([400, 404].contains(&answer.status), "{stage}: {answer:?}");
    }
    // The run's own report in the place of which there is a link now.
    std::fs::rename(world.path("runs/short/evaluate/report.html"), world.path("report.html")).unwrap();
    symlink(world.path("report.html"), world.path("runs/short/evaluate/report.html")).unwrap();
    assert!(service.get("/v1/runs/report?run=short&stage=evaluate", "").problem(422).contains("found a link"));
    for file in ["../Cargo.toml", "..%2fCargo.toml", "index.html", "none.js"] {
        assert_eq!(service.get(&format!("/runs/{file}"), "").status, 404, "{file}");
    }
}

#[test]
fn a_link_in_the_place_of_checkpoints_is_nobodys_affair_and_one_in_that_of_cells_is_told() {
    let world = two();
    std::fs::create_dir_all(world.path("room/one")).unwrap();
    let checkpoints = world.path("runs/short/train/checkpoints");
    let _ = std::fs::remove_dir_all(&checkpoints);
    symlink(world.path("room"), &checkpoints).unwrap();
    std::fs::create_dir(world.path("runs/rates")).unwrap();
    symlink(world.path("room"), world.path("runs/rates/cells")).unwrap();
    symlink(world.path("pipeline.yaml"), world.path("runs/short/cell.log")).unwrap();
    let service = Service::start(&world, &[RUNS]);
    let listed = list(&service);
    assert_eq!(names(&listed["runs"]), ["deep/long", "short"], "{listed}");
    let expected = "rates/cells: cannot list the cells: expected a folder, found a link, which is not followed";
    assert_eq!(listed["problems"], json!([{"name": ".", "problem": expected}]));
    let told = world.fer(&["runs"]);
    assert!(told.code == 1 && told.stderr.contains("found a link, which is not followed"), "{told:?}");
    let log = service.get("/v1/runs/log?run=short", "").problem(422);
    assert_eq!(log, "short: cell.log: expected a file, found a link, which is not followed");
}

#[test]
fn without_a_folder_of_runs_there_are_none() {
    let world = World::new();
    let service = Service::start(&world, &[]);
    let told = "expected a service that was started with --runs DIR, found one without";
    for address in ["/runs", "/v1/runs", "/v1/runs/run?run=any"] {
        assert_eq!(service.get(address, "").problem(404), told, "{address}");
    }
    assert_eq!(service.get("/v1/models", "").json()["has_runs"], false);
    let wrong = world.fer(&["serve", "--listen=127.0.0.1:0", "--runs=nowhere"]);
    assert!(wrong.code == 1 && wrong.stderr.contains("nowhere: expected a folder of runs"), "{wrong:?}");
    let described = service.get("/openapi.json", "").json();
    let one = &described["paths"]["/v1/runs/run"]["get"];
    assert_eq!((&one["parameters"][0]["name"], &one["parameters"][0]["required"]), (&json!("run"), &json!(true)));
    let reference = one["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].as_str().unwrap();
    let schema = described.pointer(reference.strip_prefix('#').unwrap()).unwrap();
    assert!(schema["properties"]["parameters"].is_object(), "{schema}");
}
