//! Signals that end a program by default: of a terminal that closes, and of a limit on files.
#![cfg(unix)]

use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::world::{Running, World};

/// A training that is under way, and lasts until it is told to end.
fn training(world: &World) -> Running {
    // Where the tests run under `nohup`, programs would inherit that HUP is ignored. What is handled here, they have by default.
    signal_hook::flag::register(signal_hook::consts::SIGHUP, Arc::default()).unwrap();
    let mut run = world.start(&["run", "--set=train.epochs=1000000"]);
    run.until("  epoch 2/");
    run
}

/// Sends a signal; the program may have ended.
fn send(run: &Running, name: &str) {
    let id = run.id().to_string();
    Command::new("kill").args([&format!("-{name}"), &id]).stderr(Stdio::null()).status().unwrap();
}

#[test]
fn a_terminal_that_closes_leaves_a_checkpoint() {
    let world = World::new();
    let run = training(&world);
    // A shell and its terminal both tell.
    send(&run, "HUP");
    let (code, told) = run.signal("HUP");
    assert!(code == Some(130) && told.contains("the next run goes on from here"), "{told}");
    let status = world.fer(&["status", "--set=train.epochs=1000000"]);
    assert!(status.stdout.contains("interrupted at epoch"), "{status:?}");
}

#[test]
fn the_first_signal_says_how_the_program_ends() {
    for (first, second, expected) in [("INT", "TERM", 130), ("HUP", "TERM", 130), ("TERM", "HUP", 75)] {
        let world = World::new();
        let run = training(&world);
        send(&run, first);
        // What arrives in the same moment has no order.
        std::thread::sleep(std::time::Duration::from_millis(20));
        send(&run, second);
        let (code, told) = run.wait();
        assert!(code == Some(expected) && told.contains("the next run goes on"), "{first}, {second}: {code:?} {told}");
    }
}

#[test]
fn a_program_that_outlives_its_terminal_is_let_be() {
    let world = World::new();
    let script = "trap '' HUP; exec \"$0\" run --set train.epochs=3000";
    let fer = env!("CARGO_BIN_EXE_fer");
    let mut shell = Command::new("sh");
    let child = shell.args(["-c", script, fer]).current_dir(world.path("")).stdin(Stdio::null()).stderr(Stdio::null());
    let mut child = child.stdout(Stdio::null()).spawn().unwrap();
    while !world.path("run/.state.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_limit_on_files_is_an_error_as_a_full_disk_is() {
    let world = World::ran();
    let script = "ulimit -f 100; exec \"$0\" run --set preprocess.equalization=none";
    let fer = env!("CARGO_BIN_EXE_fer");
    let output = Command::new("sh").args(["-c", script, fer]).current_dir(world.path("")).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.ends_with("cannot write the file: File too large (os error 27)\n"), "{told}");
    assert_eq!(world.fer(&["status"]).code, 0);
}
