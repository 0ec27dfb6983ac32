//! What the world does to a run: full disks, folders that cannot be written, files that cannot be read. Each time the
//! error is clear and what was there stays.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::world::{Ended, World, lines};

const FER: &str = env!("CARGO_BIN_EXE_fer");
const OTHER_FEATURES: &str = "--set=preprocess.equalization=none";
const NETWORK: [&str; 3] =
    ["--set=train.model={name: compact-cnn}", "--set=preprocess.size={height: 24, width: 24}", "--set=train.epochs=12"];

/// Runs a command in the world's folder.
fn ended(world: &World, command: &mut Command) -> Ended {
    let output = command.current_dir(world.path("")).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Calls the program where no file can grow beyond some 50 to 100 kB: to the program, a disk that is full.
fn on_a_full_disk(world: &World, arguments: &[&str]) -> Ended {
    let limited = "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\"";
    ended(world, Command::new("sh").args(["-c", limited, FER]).args(arguments))
}

/// Nothing has changed that anybody reads, and nothing half lies about.
#[track_caller]
fn assert_intact(world: &World, before: &std::collections::BTreeMap<String, Vec<u8>>) {
    let after = world.files("run");
    let is_read = |path: &&String| !path.starts_with('.') && *path != "config.resolved.yaml";
    for path in before.keys().filter(is_read) {
        assert!(after.get(path) == before.get(path), "{path}");
    }
    let half: Vec<&String> =
        after.keys().filter(|path| path.contains(".writing-") || path.contains(".partial")).collect();
    assert!(half.is_empty(), "{half:?}");
    assert_eq!(world.fer(&["status"]).code, 0);
    assert_eq!(world.fer(&["verify"]).code, 0);
}

#[test]
fn a_full_disk_is_told_and_costs_nothing_that_was_there() {
    let world = World::ran();
    let before = world.files("run");
    let full = on_a_full_disk(&world, &["run", OTHER_FEATURES]);
    assert_eq!(full.code, 1, "{full:?}");
    let message = full.stderr.lines().last().unwrap();
    assert!(message.starts_with("error: preprocess: run/.preprocess.partial/"), "{full:?}");
    assert!(message.ends_with(".safetensors: cannot write the file: File too large (os error 27)"), "{full:?}");
    assert_intact(&world, &before);
    world.fer(&["run", OTHER_FEATURES]).succeeded();
}

#[test]
fn a_training_on_a_full_disk_keeps_the_checkpoints_that_it_has() {
    let world = World::new();
    let call = |first: &[&'static str]| [first, &NETWORK].concat();
    let mut run = world.start(&call(&["run"]));
    run.until("  epoch 3/");
    assert_eq!(run.signal("INT").0, Some(130));
    let plan = world.fer(&call(&["plan"])).succeeded();
    let told = plan.stdout.split("interrupted at ").nth(1).and_then(|told| told.split(',').next()).unwrap();
    let full = on_a_full_disk(&world, &call(&["run", "--checkpoint-epochs", "1"]));
    assert_eq!(full.code, 1, "{full:?}");
    let message = full.stderr.lines().last().unwrap();
    assert!(message.starts_with("error: train: after epoch "), "{full:?}");
    assert!(message.contains(": run/train/checkpoints/"), "{full:?}");
    assert!(message.ends_with(": cannot write the file: File too large (os error 27)"), "{full:?}");
    let resumed = world.fer(&call(&["run"])).succeeded();
    assert!(resumed.stderr.contains(&format!("  goes on from {told}\n")), "{told}: {resumed:?}");
    let whole = World::new();
    whole.fer(&call(&["run"])).succeeded();
    crate::world::assert_same(&world.outputs("run"), &whole.outputs("run"));
}

/// A disk that is full in earnest, where this system lets a test mount one.
#[test]
fn a_small_disk_that_fills_up() {
    let world = World::new();
    fs::create_dir(world.path("run")).unwrap();
    let script = "mount -t tmpfs -o size=3m none run && echo mounted || exit 0
        \"$0\" run; echo \"first $?\"; \"$0\" run \"$1\"; echo \"second $?\"
        \"$0\" status; echo \"status $?\"; \"$0\" verify >&2; echo \"verify $?\"; find run -name '.writing-*' -o -name '*.partial'";
    let mut unshare = Command::new("unshare");
    unshare.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, FER, OTHER_FEATURES]);
    let spawned = unshare.current_dir(world.path("")).stdin(Stdio::null()).output();
    let (told, errors) = spawned.map_or_else(
        |error| (String::new(), error.to_string()),
        |output| (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap()),
    );
    if !told.starts_with("mounted\n") {
        let _ = writeln!(std::io::stderr(), "skipped: no file system can be mounted here: {errors}");
        return;
    }
    let codes: Vec<&str> =
        told.lines().filter(|line| line.split(' ').nth(1).is_some_and(|code| code.parse::<u8>().is_ok())).collect();
    assert_eq!(codes, ["first 0", "second 1", "status 0", "verify 0"], "{told}{errors}");
    assert!(errors.contains("cannot write the file: No space left on device (os error 28)\n"), "{errors}");
    assert!(told.ends_with("verify 0\n"), "nothing half lies about: {told}");
}

/// Calls the program as somebody without rights beyond those of files: for root, as nobody.
fn without_privileges(world: &World, arguments: &[&str]) -> Ended {
    let mut command = Command::new(FER);
    command.args(arguments);
    if is_root(world) {
        fs::set_permissions(world.path(""), Permissions::from_mode(0o755)).unwrap();
        command.uid(65534).gid(65534);
    }
    ended(world, &mut command)
}

fn is_root(world: &World) -> bool {
    fs::metadata(world.path("")).unwrap().uid() == 0
}

/// Gives a folder and all below it to whom [`without_privileges`] runs as.
fn hand_over(world: &World, path: &Path) {
    if is_root(world) {
        chown(path, Some(65534), Some(65534)).unwrap();
        for entry in fs::read_dir(path).into_iter().flatten() {
            hand_over(world, &entry.unwrap().path());
        }
    }
}

#[test]
fn a_run_folder_that_cannot_be_written_is_told_and_can_still_be_read() {
    let world = World::ran();
    hand_over(&world, &world.path("run"));
    fs::set_permissions(world.path("run"), Permissions::from_mode(0o555)).unwrap();
    fs::set_permissions(world.path("run/.writer"), Permissions::from_mode(0o444)).unwrap();
    let before = world.files("run");
    let run = without_privileges(&world, &["run", OTHER_FEATURES]);
    let message = "error: run: cannot write in the run folder: Permission denied (os error 13)\n";
    assert_eq!((run.code, &*run.stderr), (1, message));
    for command in [&["status"][..], &["plan"], &["verify"], &["gc", "--dry-run"]] {
        without_privileges(&world, command).succeeded();
    }
    assert!(before == world.files("run"), "a file has changed");
    fs::set_permissions(world.path("run"), Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn who_may_only_read_sees_a_run_under_way_and_cannot_hold_its_folder() {
    let world = World::new();
    let mut run = world.start(&["run", "--set=train.epochs=1000000"]);
    run.until("  epoch 2/");
    let is_other = is_root(&world);
    let status = without_privileges(&world, &["status", "--set=train.epochs=1000000"]);
    assert!(status.stdout.contains(&format!("process {}", run.id())), "{status:?}");
    run.kill();
    let status = without_privileges(&world, &["status", "--set=train.epochs=1000000"]);
    assert!(!status.stdout.contains("running"), "{status:?}");
    let mut flock = Command::new("flock");
    flock.args(["--shared", "--nonblock", "run/.writer", "true"]);
    if is_other {
        assert_ne!(ended(&world, flock.uid(65534).gid(65534)).code, 0, "a reader holds the lock");
    }
}

#[test]
fn a_stage_folder_that_cannot_be_written_is_told() {
    let world = World::ran();
    let before = world.files("run");
    hand_over(&world, &world.path("run"));
    fs::set_permissions(world.path("run/preprocess"), Permissions::from_mode(0o555)).unwrap();
    let run = without_privileges(&world, &["run", OTHER_FEATURES]);
    assert_eq!(run.code, 1, "{run:?}");
    let message = run.stderr.lines().last().unwrap();
    assert_eq!(message, "error: run/preprocess: cannot write in the folder: Permission denied (os error 13)");
    fs::set_permissions(world.path("run/preprocess"), Permissions::from_mode(0o755)).unwrap();
    assert_intact(&world, &before);
}

#[test]
fn a_source_that_may_not_be_read_is_told() {
    let world = World::ran();
    let before = world.files("run");
    hand_over(&world, &world.path("run"));
    let mut text = world.read("faces.csv");
    text.push('\n');
    fs::write(world.path("faces.csv"), text).unwrap();
    fs::set_permissions(world.path("faces.csv"), Permissions::from_mode(0o000)).unwrap();
    for command in ["run", "status"] {
        let ended = without_privileges(&world, &[command]);
        let message = "error: ingest: faces.csv: cannot read the file: Permission denied (os error 13)";
        assert_eq!((ended.code, ended.stderr.lines().last()), (1, Some(message)));
    }
    let after = world.files("run");
    assert!(before.iter().filter(|(path, _)| !path.starts_with('.')).all(|(path, bytes)| after[path] == *bytes));
    fs::set_permissions(world.path("faces.csv"), Permissions::from_mode(0o644)).unwrap();
    let verify = world.fer(&["verify"]);
    let others: Vec<&str> = verify.stdout.lines().filter(|line| !line.starts_with("ok ")).collect();
    assert_eq!(others, ["changed     ingest.source"]);
}

#[test]
fn inputs_that_vanish_are_named_and_what_was_made_from_them_stays() {
    let world = World::ran();
    let before = world.files("run");
    fs::remove_file(world.path("faces.csv")).unwrap();
    for command in ["run", "status"] {
        let ended = world.fer(&[command]);
        assert_eq!(ended.code, 1);
        assert!(ended.stderr.starts_with("error: ingest: faces.csv: cannot read the file: No such file"), "{ended:?}");
    }
    fs::remove_file(world.path("run/preprocess/train.safetensors")).unwrap();
    let ended = world.fer(&["run", "--from", "train", OTHER_FEATURES]);
    let message = "error: train: input run/preprocess/train.safetensors is missing; run `preprocess` first or put the \
                   file there";
    assert_eq!((ended.code, lines(&ended.stderr)), (1, vec![message]));
    let after = world.files("run");
    for path in ["train/model.safetensors", "evaluate/metrics.json", "run.lock.json"] {
        assert!(before[path] == after[path], "{path}");
    }
}
