//! A sweep given to an engine. `tests/cluster` has the engines themselves; here stands what needs none of them, and
//! Slurm's programs are scripts that note how they are called.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::sweep::sweep;
use crate::world::{Ended, PIPELINE, World, assert_same};

const MATRIX: &str = "matrix: {train.optimizer.learning_rate: [0.05, 0.01]}\nseeds: [1, 2]\n";

fn world(more: &str) -> World {
    let world = World::new();
    std::fs::write(world.path("sweep.yaml"), format!("{PIPELINE}{MATRIX}{more}")).unwrap();
    world
}

/// A world in which these programs are installed: scripts that note their calls in the file `calls`.
fn with_programs(world: &World, programs: &[(&str, &str)]) {
    std::fs::create_dir_all(world.path("bin")).unwrap();
    for (name, script) in programs {
        let path = world.path("bin").join(name);
        let calls = world.path("calls");
        std::fs::write(&path, format!("#!/bin/sh\necho {name} \"$@\" >> {}\n{script}\n", calls.display())).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }
}

/// Calls the program with what is installed in the world.
fn fer(world: &World, arguments: &[&str]) -> Ended {
    let mut command = world.command(arguments);
    let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value).unwrap().to_owned();
    let folders = std::iter::once(world.path("bin")).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(folders).unwrap());
    let output = assert_cmd::Command::from_std(command).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn cells(status: &Value) -> Vec<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let cells = status["cells"].as_array().unwrap().iter();
    cells.map(|cell| (text(&cell["state"]).unwrap(), text(&cell["job"]["state"]))).collect()
}

/// Waits until the first submission has ended.
fn until_ended(world: &World) {
    let start = Instant::now();
    while sweep(world, "status", &["--json"]).json()["jobs"][0]["running"] != 0 {
        assert!(start.elapsed() < Duration::from_secs(120), "it never ends");
        std::thread::sleep(Duration::from_millis(100));
    }
}

const ENGINE: &str = "\
engine:
  name: slurm
  cores: 2
  memory: 2G
  time: 4:00:00
  partition: cpu
  directives: [--constraint=avx512]
";

#[test]
fn slurm_gets_an_array_of_the_cells_that_are_not_fresh() {
    let world = world(ENGINE);
    sweep(&world, "run", &["--index", "1"]).succeeded();
    let shown = sweep(&world, "submit", &["--dry-run", "--account", "lab7", "--at-once", "5"]).succeeded().stdout;
    for line in [
        "#SBATCH --array=0-2%5",
        "#SBATCH --cpus-per-task=2",
        "#SBATCH --mem=2G",
        "#SBATCH --time=4:00:00",
        "#SBATCH --partition=cpu",
        "#SBATCH --account=lab7",
        "#SBATCH --constraint=avx512",
        "#SBATCH --requeue",
        "#SBATCH --signal=B:USR1@120",
        "cells=(0 2 3)",
    ] {
        assert!(shown.lines().any(|other| other == line), "{line}: {shown}");
    }
    assert!(shown.contains("\n$ sbatch --parsable ") && shown.contains(" --dependency=afterany:ARRAY "), "{shown}");
    assert!(!world.path("run/jobs").exists(), "nothing was done");
    let shown = sweep(&world, "submit", &["--dry-run", "--cells-per-job", "2"]).succeeded().stdout;
    assert!(shown.contains("\n#SBATCH --array=0-1\n") && shown.contains("\ncells=(0,2 3)\n"), "{shown}");
}

#[test]
fn cells_in_jobs_are_told_of_cancelled_and_not_submitted_twice() {
    let world = world("engine: {name: slurm}\n");
    let queue = "test \"$5\" = --jobs || exit 1\n\
                 printf '7|0|RUNNING|n1\\n7|1|PENDING|(Resources)\\n7|2|TIMEOUT|n2\\n7|3|PENDING|(Resources)\\n'";
    let number = "case \"$*\" in *cells.sh) echo 7;; *afterany:7*table.sh) echo '8;north';; *) exit 1;; esac";
    with_programs(&world, &[("sbatch", number), ("squeue", queue), ("sacct", "exit 1"), ("scancel", "")]);
    sweep(&world, "run", &["--index", "0"]).succeeded();
    let submitted = fer(&world, &["sweep", "submit", "sweep.yaml"]).succeeded();
    assert!(submitted.stdout.starts_with("submission 1: 3 cells in 3 jobs, slurm 7\n"), "{submitted:?}");
    let record: Value = serde_json::from_str(&world.read("run/jobs/1/submission.json")).unwrap();
    assert_eq!((&record["id"], &record["table"]), (&json!("7"), &json!("8")));
    let status = fer(&world, &["sweep", "status", "sweep.yaml", "--json"]).json();
    let told = |state: &str, job: Option<&str>| (state.to_owned(), job.map(str::to_owned));
    let expected = [
        told("fresh", None),
        told("queued", Some("running")),
        told("queued", Some("queued")),
        told("failed", Some("failed")),
    ];
    assert_eq!(cells(&status), expected);
    assert_eq!(status["cells"][1]["job"]["said"], "RUNNING n1");
    let table = fer(&world, &["sweep", "status", "sweep.yaml"]).stdout;
    assert!(table.starts_with("cells: 1 fresh, 2 queued, 1 failed\n"), "{table}");
    // The one whose job ended goes again; the others wait.
    let again = fer(&world, &["sweep", "submit", "sweep.yaml"]).succeeded();
    assert!(again.stdout.starts_with("submission 2: 1 cell in 1 job, slurm 7\n"), "{again:?}");
    assert_eq!(again.stderr, "note: cells 1-2 wait or run in a job already\n");
    fer(&world, &["sweep", "cancel", "sweep.yaml"]).succeeded();
    assert!(world.read("calls").ends_with("scancel 7 8\n"), "{}", world.read("calls"));
    // `fer rm` takes what was written for the jobs, too.
    fer(&world, &["rm", "run", "--yes"]).succeeded();
    assert!(!world.path("run").exists());
}

#[test]
fn a_line_break_in_a_path_becomes_no_line_of_a_job_file() {
    let world = world("");
    for engine in ["slurm", "hyperqueue", "snakemake"] {
        for arguments in [&["--dry-run"][..], &[]] {
            let call = ["--engine", engine, "--run-dir", "a\ntouch owned\n"];
            let ended = sweep(&world, "submit", &[&call[..], arguments].concat());
            let message = r"a\u{a}touch owned\u{a}/jobs: expected a path without line breaks";
            assert!(ended.code == 2 && ended.stderr.contains(message), "{ended:?}");
        }
    }
    assert!(!world.path("a\ntouch owned\n").exists());
}

#[test]
fn a_link_in_the_place_of_the_lock_of_jobs_is_not_followed() {
    let world = world("");
    std::fs::create_dir(world.path("victim")).unwrap();
    std::fs::create_dir_all(world.path("run/jobs")).unwrap();
    std::os::unix::fs::symlink(world.path("victim/file"), world.path("run/jobs/.lock")).unwrap();
    let ended = sweep(&world, "submit", &["--engine", "local"]);
    assert!(ended.code == 1 && ended.stderr.contains("run/jobs/.lock: cannot write it: expected a file"), "{ended:?}");
    assert_eq!(std::fs::read_dir(world.path("victim")).unwrap().count(), 0);
    let cells = sweep(&world, "run", &["--index", "0", "--one-machine"]).succeeded();
    assert!(cells.stderr.contains("done in"), "a cell needs no jobs: {cells:?}");
}

#[test]
fn an_engine_that_refuses_leaves_nothing_and_its_reason_is_told() {
    let world = world("engine: {name: slurm}\n");
    with_programs(&world, &[("sbatch", "echo 'sbatch: error: invalid partition specified: cpu' >&2; exit 1")]);
    let refused = fer(&world, &["sweep", "submit", "sweep.yaml", "--partition", "cpu"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("sbatch: ended with exit status: 1: sbatch: error: invalid partition"),
        "{refused:?}"
    );
    assert!(!world.path("run/jobs/1").exists());
    let hq = sweep(&world, "submit", &["--engine", "hyperqueue", "--partition", "cpu"]);
    assert_eq!(hq.code, 1);
    assert!(
        hq.stderr.starts_with("note: engine hyperqueue does not use `partition`\nerror: hq: cannot start it"),
        "{hq:?}"
    );
}

#[test]
fn what_was_submitted_stays_known_where_the_engine_does_not_say_its_number() {
    let world = world("engine: {name: slurm}\n");
    let banner = "case \"$*\" in *table.sh) echo queued;; *) printf 'Dear user,\\nwelcome.\\n7;north\\n';; esac";
    with_programs(&world, &[("sbatch", banner), ("squeue", "echo '7|0|RUNNING|n1'")]);
    let submitted = fer(&world, &["sweep", "submit", "sweep.yaml"]);
    assert!(submitted.stdout.starts_with("submission 1: 4 cells in 4 jobs, slurm 7\n"), "{submitted:?}");
    let unclear =
        "error: sbatch: expected a job's number, found \"queued\"; the cells are submitted, and what prints the table";
    assert!(submitted.code == 1 && submitted.stderr.contains(unclear), "{submitted:?}");
    assert!(world.path("run/jobs/1/submission.json").is_file());
    with_programs(&world, &[("sbatch", "echo Submitted."), ("squeue", "")]);
    let unclear = fer(&world, &["sweep", "submit", "sweep.yaml"]);
    assert!(unclear.code == 1 && unclear.stderr.contains("slurm took the cells"), "{unclear:?}");
    assert!(unclear.stderr.contains("expected a job's number, found \"Submitted.\""), "{unclear:?}");
    assert!(world.path("run/jobs/2/cells.sh").is_file() && !world.path("run/jobs/2/submission.json").exists());
    with_programs(&world, &[("hq", "echo thank you")]);
    let unclear = fer(&world, &["sweep", "submit", "sweep.yaml", "--engine", "hyperqueue"]);
    assert!(unclear.code == 1 && unclear.stderr.contains("hyperqueue took the cells"), "{unclear:?}");
    assert!(world.path("run/jobs/3/job.toml").is_file());
}

#[test]
fn an_engine_that_does_not_answer_keeps_no_other_from_being_cancelled() {
    let world = world("");
    let number = "case \"$*\" in *table.sh) echo 8;; *) echo 7;; esac";
    let hq = "case \"$*\" in *submit-file*) echo '{\"id\": 3}';; *) echo 'no server' >&2; exit 1;; esac";
    let programs =
        [("sbatch", number), ("squeue", "echo '7|0|RUNNING|n1'"), ("sacct", "exit 1"), ("scancel", ""), ("hq", hq)];
    with_programs(&world, &programs);
    std::fs::write(world.path("one.yaml"), world.read("sweep.yaml").replace("seeds: [1, 2]", "seeds: [1]")).unwrap();
    fer(&world, &["sweep", "submit", "one.yaml", "--engine", "hyperqueue"]).succeeded();
    let text = world.read("sweep.yaml").replace("seeds: [1, 2]", "seeds: [2]");
    std::fs::write(world.path("sweep.yaml"), text).unwrap();
    fer(&world, &["sweep", "submit", "sweep.yaml", "--engine", "slurm"]).succeeded();
    let cancelled = fer(&world, &["sweep", "cancel", "sweep.yaml"]);
    assert_eq!((cancelled.code, &*cancelled.stdout), (1, "submission 2: asked slurm to end 7: 1 of 2 jobs\n"));
    let told = "error: submission 1: hyperqueue tells nothing of it: hq: ended with exit status: 1: no server\n";
    assert_eq!(cancelled.stderr, told);
    assert!(world.read("calls").ends_with("scancel 7 8\n"), "{}", world.read("calls"));
}

#[test]
fn what_the_block_cannot_mean_is_refused_with_its_place() {
    for (block, expected) in [
        ("engine: {name: slrum}", "slrum"),
        ("engine: {memory: 8}", "expected a number with its unit, as `8G` or `500M`, found `8`"),
        ("engine: {time: soon}", "expected a time as Slurm writes it: minutes, minutes:seconds, hours:minutes:seconds"),
        ("engine: {partition: [cpu]}", "sweep.yaml:23:21: engine.partition: expected a text, found [\"cpu\"]"),
        ("engine: {directives: [7]}", "expected a text, found 7"),
        ("engine: {cores: 0}", "expected a whole number from 1"),
        ("engine: {partitions: cpu}", "`partition`"),
    ] {
        let ended = sweep(&world(&format!("{block}\n")), "submit", &["--dry-run"]);
        assert!(ended.code == 2 && ended.stderr.contains(expected), "{block}: {ended:?}");
        assert!(ended.stderr.contains("sweep.yaml:"), "{ended:?}");
    }
    let short = sweep(&world("engine: {name: slurm, time: 3}\n"), "submit", &["--dry-run"]);
    assert!(short.code == 2 && short.stderr.contains("sweep.yaml:23:29: expected more than 4 minutes"), "{short:?}");
    let short = sweep(&world("engine: {name: slurm, time: 30}\n"), "submit", &["--dry-run", "--time", "3"]);
    assert!(short.code == 2 && short.stderr.starts_with("error: --time: expected more than 4 minutes"), "{short:?}");
    let none = sweep(&world(""), "submit", &[]);
    assert!(none.code == 2 && none.stderr.starts_with("error: sweep.yaml: expected an engine"), "{none:?}");
    let world = World::new();
    std::fs::write(world.path("pipeline.yaml"), format!("{PIPELINE}engine: {{name: slurm}}\n")).unwrap();
    let plain = world.fer(&["plan"]);
    assert!(plain.code == 2 && plain.stderr.contains("`engine` is for a sweep"), "{plain:?}");
}

#[test]
fn a_process_of_this_machine_is_told_which_cells_are_its_own() {
    let world = world("");
    sweep(&world, "run", &["--index", "1"]).succeeded();
    let shown = sweep(&world, "submit", &["--engine", "local", "--dry-run"]).succeeded().stdout;
    assert!(shown.contains(" --index 0,2-3 --submitted ") && shown.contains(" --one-machine "), "{shown}");
    let submitted = sweep(&world, "submit", &["--engine", "local", "--cells-per-job", "3"]).succeeded();
    assert!(submitted.stdout.starts_with("submission 1: 3 cells in 3 jobs, local "), "{submitted:?}");
    assert_eq!(submitted.stderr, "note: engine local does not use `cells_per_job`\n");
    until_ended(&world);
    // Of all cells, that which was fresh before too.
    assert_eq!(world.read("run/jobs/1/table.txt"), sweep(&world, "run", &[]).succeeded().stdout);
    let log = world.read("run/jobs/1/sweep.log");
    assert!(log.contains("cell 0 ") && !log.contains("cell 1 "), "{log}");
}

#[test]
fn processes_of_this_machine_go_on_by_themselves_and_leave_the_table() {
    let world = world("");
    let alone = self::world("");
    sweep(&alone, "run", &[]).succeeded();
    let submitted = sweep(&world, "submit", &["--engine", "local", "--at-once", "2"]).succeeded();
    assert!(submitted.stdout.starts_with("submission 1: 4 cells in 4 jobs, local "), "{submitted:?}");
    until_ended(&world);
    assert_eq!(sweep(&world, "status", &[]).code, 0);
    assert_eq!(world.read("run/jobs/1/table.txt"), sweep(&alone, "run", &[]).succeeded().stdout);
    for seed in [1, 2] {
        let folder = format!("run/cells/learning_rate=0.05,seed={seed}");
        let files = |world: &World| {
            let mut files = world.outputs(&folder);
            files.remove("cell.log");
            files
        };
        assert_same(&files(&world), &files(&alone));
    }
    let nothing = sweep(&world, "submit", &["--engine", "local"]).succeeded();
    assert_eq!(nothing.stdout, "every cell is fresh, or waits or runs in a job\n");
    assert_eq!(sweep(&world, "cancel", &[]).succeeded().stdout, "no job of this sweep waits or runs\n");
}

#[test]
fn a_job_runs_its_cells_and_no_others_that_have_come_in_their_place() {
    let world = world("");
    let script =
        sweep(&world, "submit", &["--engine", "hyperqueue", "--dry-run", "--cells-per-job", "2"]).succeeded().stdout;
    let script = script.split("# ").find(|file| file.contains("/cells.sh\n")).map(|_| script.as_str()).unwrap();
    let begin = script.find("#!/bin/bash").unwrap();
    let end = script[begin..].find("\n\n#").unwrap() + begin;
    std::fs::create_dir_all(world.path("run/jobs/1")).unwrap();
    std::fs::write(world.path("job.sh"), &script[begin..end]).unwrap();
    let run = |task: &str| {
        let status = std::process::Command::new("bash").arg(world.path("job.sh")).arg(task).status().unwrap();
        (status.code(), world.read(&format!("run/jobs/1/cells-{task}.log")))
    };
    let (code, log) = run("0");
    assert_eq!(code, Some(0), "{log}");
    let done = |name: &str| Path::new(&world.path("run/cells")).join(name).join("evaluate/metrics.json").is_file();
    assert!(done("learning_rate=0.05,seed=1") && done("learning_rate=0.05,seed=2"));
    assert!(!done("learning_rate=0.01,seed=1"));
    let text = world.read("sweep.yaml").replace("[0.05, 0.01]", "[0.05, 0.02]");
    std::fs::write(world.path("sweep.yaml"), text).unwrap();
    let (code, log) = run("1");
    assert_eq!(code, Some(1));
    assert!(
        log.ends_with("cells 2-3 are others than when this job was submitted: cancel it, and submit again\n"),
        "{log}"
    );
}

#[test]
fn some_cells_are_named_as_ranges() {
    let world = world("");
    sweep(&world, "run", &["--index", "3,0-1"]).succeeded();
    let status = sweep(&world, "status", &["--json"]).json();
    let states: Vec<String> = cells(&status).into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["fresh", "fresh", "missing", "fresh"]);
    let beyond = sweep(&world, "run", &["--index", "2-4"]);
    assert_eq!((beyond.code, &*beyond.stderr), (2, "error: the sweep has no cell 4; it has 4, counted from 0\n"));
    let wrong = sweep(&world, "run", &["--index", "2-1"]);
    assert!(
        wrong.code == 2 && wrong.stderr.contains("expected cells such as 3, 0-3 or 0-3,7, found `2-1`"),
        "{wrong:?}"
    );
}
