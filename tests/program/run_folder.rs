//! A run folder in the place of a pipeline file or a model, and what can be done with it as a whole.

use crate::world::{World, assert_same, lines};

const CHANGED: [&str; 4] = ["run", "--run-dir", "runs/a", "--set=train.batch_size=28"];

/// A world with a run in `runs/a` whose batches are not those of the pipeline file.
fn changed() -> World {
    let world = World::new();
    world.fer(&CHANGED).succeeded();
    world
}

#[test]
fn a_run_folder_stands_for_the_parameters_that_its_run_was_started_with() {
    let world = changed();
    for command in ["status", "verify", "plan"] {
        for run in ["runs/a", "runs/a/", "runs/a/config.resolved.yaml"] {
            let ended = world.fer(&[command, run]).succeeded();
            assert!(!ended.stdout.contains("parameter"), "{command} {run}: {ended:?}");
        }
    }
    let before = world.files("runs/a");
    let again = world.fer(&["run", "runs/a"]).succeeded();
    assert_eq!(lines(&again.stderr), ["ingest: fresh", "preprocess: fresh", "train: fresh", "evaluate: fresh"]);
    assert!(again.stdout.ends_with("report: runs/a/evaluate/report.html\n"), "{again:?}");
    assert!(before == world.files("runs/a"), "a file has changed");
    assert!(!world.path("runs/a/run").exists() && !world.path("run").exists());
    assert_eq!(world.fer(&["status", "--run-dir", "runs/a"]).code, 1, "the file has another batch size");
    let other = world.fer(&["run", "runs/a", "--run-dir", "runs/b", "--set=train.epochs=1"]).succeeded();
    assert!(other.stderr.contains("  epoch 1/1 "), "{other:?}");
    let batches = world.fer(&["runs", "--json"]).succeeded().json()[1]["parameters"]["train.batch_size"].clone();
    assert_eq!(batches, 28, "a new run with the parameters of another");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_goes_on_by_its_folder_alone() {
    const SLOW: [&str; 3] = [
        "--set=train.model={name: compact-cnn}",
        "--set=train.epochs=12",
        "--set=preprocess.size={height: 24, width: 24}",
    ];
    let world = World::new();
    let mut run = world.start(&[&["run", "--run-dir", "runs/a"], &SLOW[..]].concat());
    run.until("  epoch 2/");
    assert_eq!(run.signal("INT").0, Some(130));
    let status = world.fer(&["status", "runs/a"]);
    assert!(lines(&status.stdout)[2].starts_with("train       interrupted: interrupted at epoch "), "{status:?}");
    let again = world.fer(&["run", "runs/a"]).succeeded();
    assert!(again.stderr.contains(" of 12, will resume)\n  goes on from epoch "), "{again:?}");
    world.fer(&[&["run", "--run-dir", "runs/b"], &SLOW[..]].concat()).succeeded();
    assert_same(&world.outputs("runs/a"), &world.outputs("runs/b"));
}

#[test]
fn a_project_that_is_moved_as_a_whole_keeps_its_runs() {
    let world = World::new();
    std::fs::create_dir_all(world.path("here/pipelines")).unwrap();
    std::fs::copy(world.path("faces.csv"), world.path("here/faces.csv")).unwrap();
    let text = crate::world::PIPELINE
        .replace("path: faces.csv", "path: ../faces.csv")
        .replace("run_dir: run", "run_dir: ../runs/a");
    std::fs::write(world.path("here/pipelines/own.yaml"), text).unwrap();
    let run = world.fer(&["run", "here/pipelines/own.yaml"]).succeeded();
    assert!(run.stdout.ends_with("report: here/runs/a/evaluate/report.html\n"), "{run:?}");
    std::fs::rename(world.path("here"), world.path("there")).unwrap();
    world.fer(&["status", "there/runs/a"]).succeeded();
}

#[test]
fn a_folder_that_is_no_run_is_refused() {
    let world = World::new();
    std::fs::create_dir(world.path("faces")).unwrap();
    let ended = world.fer(&["run", "faces"]);
    let message = "error: faces: expected a pipeline file or a run folder, found a folder; `fer init faces` writes a pipeline file for faces in it\n";
    assert_eq!((ended.code, &*ended.stderr), (2, message));
    let world = World::ran();
    std::fs::remove_file(world.path("run/.origin")).unwrap();
    let ended = world.fer(&["run", "run"]);
    assert!(ended.code == 2 && ended.stderr.ends_with("; run that file once\n"), "{ended:?}");
}

#[test]
fn a_run_folder_stands_for_the_model_of_its_last_training() {
    let world = World::ran();
    let scores =
        |model: &str| world.fer(&["evaluate", "--model", model, "--data", "faces.csv", "--json"]).succeeded().json();
    assert_eq!(scores("run"), scores("run/train/model.safetensors"));
    world.fer(&["export-images", "run/ingest/test.safetensors", "crops"]).succeeded();
    let answers =
        |model: &str| world.fer(&["predict", "--no-detect", "crops", "--json", "--model", model]).succeeded().stdout;
    assert_eq!(answers("run"), answers("run/train/model.safetensors"));
    let untrained = World::new();
    untrained.fer(&["run", "--only", "ingest"]).succeeded();
    let ended = untrained.fer(&["evaluate", "--model", "run", "--data", "faces.csv"]);
    let message = "error: run: expected a run with a trained model, found none: unfinished\n";
    assert_eq!((ended.code, &*ended.stderr), (1, message));
}

#[test]
fn a_renamed_run_goes_on_under_its_new_name() {
    let world = changed();
    let renamed = world.fer(&["rename", "runs/a", "b"]).succeeded();
    assert_eq!(renamed.stdout, "runs/a is now runs/b\n");
    assert!(!world.path("runs/a").exists());
    world.fer(&["status", "runs/b"]).succeeded();
    world.fer(&["rename", "runs/b", "old/deep/b"]).succeeded();
    world.fer(&["status", "old/deep/b"]).succeeded();
    world.fer(&CHANGED).succeeded();
    let ended = world.fer(&["rename", "runs/a", "old/deep/b"]);
    let message = "error: old/deep/b: cannot move the run there: something is there already\n";
    assert_eq!((ended.code, &*ended.stderr), (1, message));
    world.fer(&["status", "runs/a"]).succeeded();
    let ended = world.fer(&["rename", "old", "new"]);
    assert!(ended.code == 1 && ended.stderr.starts_with("error: old: not a run folder"), "{ended:?}");
}

#[test]
fn a_run_that_is_renamed_with_its_pipeline_file_goes_on_too() {
    let world = World::new();
    std::fs::create_dir(world.path("own")).unwrap();
    let text = world.read("pipeline.yaml").replace("run_dir: run", "run_dir: .");
    std::fs::write(world.path("own/pipeline.yaml"), text).unwrap();
    std::fs::copy(world.path("faces.csv"), world.path("own/faces.csv")).unwrap();
    world.fer(&["run", "own/pipeline.yaml"]).succeeded();
    world.fer(&["rename", "own", "moved"]).succeeded();
    assert_eq!(world.fer(&["status", "moved"]).succeeded().code, 0);
}

#[test]
fn a_run_that_only_began_is_removed() {
    let world = World::new();
    std::fs::create_dir_all(world.path("sweep/cells/seed=1")).unwrap();
    std::fs::write(world.path("sweep/cells/seed=1/cell.log"), "died\n").unwrap();
    world.fer(&["rm", "sweep", "--yes"]).succeeded();
    assert!(!world.path("sweep").exists());
}

#[test]
fn a_removed_run_leaves_what_is_not_its_own() {
    let world = changed();
    world.fer(&[&CHANGED[..], &["--set=train.epochs=1", "--note=for comparison"]].concat()).succeeded();
    std::fs::write(world.path("runs/a/train/thoughts.txt"), "mine").unwrap();
    let bytes: usize = world.files("runs/a").values().map(Vec::len).sum();
    let asked = world.fer(&["rm", "runs/a"]);
    assert_eq!(asked.code, 2, "nobody can be asked: {asked:?}");
    assert!(
        asked.stderr.contains("runs/a: would be removed, ") && world.path("runs/a/train/model.safetensors").is_file()
    );
    let removed = world.fer(&["rm", "runs/a", "--yes", "--json"]).succeeded().json();
    assert_eq!(removed[0]["left"], serde_json::json!(["runs/a/train/thoughts.txt"]));
    let freed = removed[0]["bytes"].as_u64().unwrap() as usize;
    assert!(freed <= bytes - 4 && freed + 1000 > bytes, "{freed} of {bytes}");
    assert_eq!(world.files("runs"), [("a/train/thoughts.txt".to_owned(), b"mine".to_vec())].into());
    world.fer(&CHANGED).succeeded();
    std::fs::remove_file(world.path("runs/a/train/thoughts.txt")).unwrap();
    let removed = world.fer(&["rm", "runs/a", "-y"]).succeeded();
    assert!(removed.stdout.starts_with("runs/a: removed, ") && !world.path("runs/a").exists(), "{removed:?}");
    assert_eq!(world.fer(&["rm", "runs", "-y"]).code, 1);
    assert!(world.path("faces.csv").is_file());
}

#[test]
fn a_run_that_is_under_way_is_neither_removed_nor_renamed() {
    let world = World::new();
    let mut run = world.start(&["run", "--set", "train.epochs=1000000"]);
    run.until("  epoch 1/");
    let message = format!("error: run: in use by process {}; wait for it or choose another `--run-dir`\n", run.id());
    for command in [&["rm", "run", "--yes"][..], &["rename", "run", "other"], &["run", "--note", "mine"]] {
        let ended = world.fer(command);
        assert_eq!((ended.code, &*ended.stderr), (1, &*message), "{command:?}");
    }
    run.kill();
    world.fer(&["rename", "run", "other"]).succeeded();
    world.fer(&["rm", "other", "--yes"]).succeeded();
    assert!(!world.path("other").exists());
}

#[test]
fn a_sweep_is_removed_and_renamed_with_its_cells() {
    let world = World::new();
    let text = crate::world::PIPELINE.to_owned() + "seeds: [1, 2]\n";
    std::fs::write(world.path("sweep.yaml"), text).unwrap();
    world.fer(&["sweep", "run", "sweep.yaml"]).succeeded();
    world.fer(&["rename", "run", "moved/sweep"]).succeeded();
    world.fer(&["status", "moved/sweep/cells/seed=1"]).succeeded();
    let ended = world.fer(&["rename", "moved/sweep/cells/seed=1", "one"]);
    assert!(ended.code == 1 && ended.stderr.contains("the name of a cell says its values"), "{ended:?}");
    let removed = world.fer(&["rm", "moved/sweep", "--yes"]).succeeded();
    assert!(removed.stdout.starts_with("moved/sweep: removed, 2 runs, "), "{removed:?}");
    assert!(!world.path("moved/sweep").exists());
}

#[test]
fn the_report_is_opened_by_the_users_browser_or_its_path_is_told() {
    let world = World::new();
    let mut command = world.command(&["run", "--open"]);
    command.env("BROWSER", "nothing-of-this-name").env("PATH", "");
    let ended = command.output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(
        ended.status.success() && said.ends_with("no browser was found; open run/evaluate/report.html in one\n"),
        "{said}"
    );
    let ended = world.command(&["run", "--open"]).env("BROWSER", "cp %s opened.html").output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    // The browser goes on alone, and may be in the middle of it.
    let report = std::fs::read(world.path("run/evaluate/report.html")).unwrap();
    let is_opened = || std::fs::read(world.path("opened.html")).is_ok_and(|page| page == report);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !is_opened() && std::time::Instant::now() < until {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(is_opened());
}

#[test]
fn a_quiet_run_says_nothing_and_a_verbose_one_names_its_outputs() {
    let world = World::new();
    let quiet = world.fer(&["run", "--quiet"]).succeeded();
    assert!(quiet.stderr.is_empty() && quiet.stdout.contains("report: "), "{quiet:?}");
    let verbose = world.fer(&["run", "-v", "--force"]).succeeded();
    assert!(
        verbose.stderr.contains("  wrote train/model.safetensors, ") && verbose.stderr.contains("  checkpoint: "),
        "{verbose:?}"
    );
    let failed = world.fer(&["run", "-q", "--set=ingest.source.path=lost.csv"]);
    assert!(failed.code == 1 && failed.stderr.starts_with("error: ingest: lost.csv: "), "{failed:?}");
}
