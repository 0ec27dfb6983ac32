//! Files that are none: pipes, devices, sockets and links to them, in every place where a file is read. Each is refused by its
//! name, and nobody waits for it.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::Duration;

use crate::world::{Ended, World};

/// Makes something in a place.
type Make = fn(&World, &str);

/// What is not a file, what it is called, and how it is made in a place.
const STRANGERS: [(&str, Make); 4] = [
    ("a pipe", |world, name| {
        assert!(Command::new("mkfifo").arg(world.path(name)).status().unwrap().success());
    }),
    ("a device", |world, name| symlink("/dev/zero", world.path(name)).unwrap()),
    ("a device", |world, name| symlink("/dev/full", world.path(name)).unwrap()),
    ("a socket", |world, name| drop(UnixListener::bind(world.path(name)).unwrap())),
];

/// Calls the program, which must have ended after a few seconds.
fn soon(world: &World, arguments: &[&str]) -> Ended {
    let mut command = assert_cmd::Command::from_std(world.command(arguments));
    let output = command.timeout(Duration::from_secs(60)).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap_or_else(|| panic!("{arguments:?} did not end"));
    Ended { code, stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn what_is_no_file_is_refused_wherever_one_is_read() {
    let world = World::ran();
    for (index, (what, make)) in STRANGERS.into_iter().enumerate() {
        let name = |ending: &str| format!("s{index}{ending}");
        for ending in [".csv", ".yaml", ".safetensors", ".json"] {
            make(&world, &name(ending));
        }
        let (csv, model, pipeline) = (name(".csv"), name(".safetensors"), name(".yaml"));
        let source = format!("--set=ingest.source.path={csv}");
        let list = format!("--set=ingest.source={{kind: manifest, path: {csv}}}");
        let votes = format!("--set=ingest.votes={{kind: fer-plus, path: {csv}}}");
        let init = format!("--set=train.init={model}");
        let calls: [(i32, &[&str]); 11] = [
            (1, &["run", "--run-dir=other", &source]),
            (1, &["plan", "--run-dir=other", &source]),
            (1, &["run", "--run-dir=other", &list]),
            (1, &["run", "--run-dir=other", &votes]),
            (1, &["run", &init]),
            (2, &["run", &pipeline]),
            (2, &["status", &pipeline]),
            (1, &["inspect", &model]),
            (1, &["evaluate", "--model", &model, "--data", "faces.csv"]),
            (1, &["evaluate", "--model", "run", "--data", &csv]),
            (1, &["predict", "--model", &model, "faces.csv"]),
        ];
        for (code, arguments) in calls {
            let ended = soon(&world, arguments);
            let told = format!("expected a file, found {what}");
            assert!(ended.code == code && ended.stderr.contains(&told), "{what}: {arguments:?}: {ended:?}");
        }
        let init = soon(&world, &["init", &csv, "--out", "new.yaml"]);
        assert!(init.code == 1 && !world.path("new.yaml").exists(), "{what}: {init:?}");
        let export = soon(&world, &["export-model", &model, "model.onnx"]);
        assert!(
            export.code == 1 && export.stderr.contains(&format!("expected a file, found {what}")),
            "{what}: {export:?}"
        );
        let ended = soon(&world, &["predict", &csv]);
        assert!(ended.code == 1, "{ended:?}");
    }
}

#[test]
fn what_is_no_file_among_pictures_is_a_bad_row() {
    let world = World::new();
    world.fer(&["run", "--only=ingest"]).succeeded();
    world.fer(&["export-images", "run/ingest/train.safetensors", "out"]).succeeded();
    for (index, class) in ["happy", "sad"].into_iter().enumerate() {
        std::fs::create_dir_all(world.path(&format!("faces/{class}"))).unwrap();
        let rows = std::fs::read_dir(world.path("out")).unwrap().map(|entry| entry.unwrap().path());
        let pictures = rows.filter(|path| path.extension().is_some_and(|ending| ending == "png"));
        for (row, path) in pictures.take(20).enumerate().filter(|(row, _)| row % 2 == index) {
            std::fs::copy(path, world.path(&format!("faces/{class}/{row}.png"))).unwrap();
        }
    }
    for (index, (_, make)) in STRANGERS.into_iter().enumerate() {
        make(&world, &format!("faces/happy/stranger{index}.png"));
        make(&world, &format!("faces/happy/nameless{index}"));
    }
    let call = |command: &'static str, on_bad_row: &str| {
        let source = "--set=ingest.source={kind: folder, path: faces}";
        let split = "--set=ingest.split={kind: stratified, train: 0.6, validation: 0.2, test: 0.2}";
        let (classes, rule) = ("--set=ingest.classes=[happy, sad]", format!("--set=ingest.on_bad_row={on_bad_row}"));
        soon(&world, &[command, "--run-dir=other", "--only=ingest", source, split, classes, &rule])
    };
    call("plan", "error").succeeded();
    let refused = call("run", "error");
    assert!(refused.code == 1 && refused.stderr.contains("(happy/stranger0.png): not a file"), "{refused:?}");
    let skipped = call("run", "skip").succeeded();
    assert!(skipped.stderr.contains("bad rows skipped: 4 ("), "{skipped:?}");
    assert!(call("run", "skip").succeeded().stderr.contains("ingest: fresh"), "what is no file has a digest too");
}

#[test]
fn a_file_of_a_run_folder_that_is_none_or_endless_is_not_read() {
    let world = World::ran();
    for name in ["run.lock.json", ".digests.json", ".state.json", "evaluate/metrics.json", ".note.txt", ".origin"] {
        let path = world.path(&format!("run/{name}"));
        let before = std::fs::read(&path).ok();
        for (_, make) in STRANGERS {
            let _ = std::fs::remove_file(&path);
            make(&world, &format!("run/{name}"));
            for command in [&["status"][..], &["runs", "."], &["plan"]] {
                let ended = soon(&world, command);
                assert!(ended.code < 2, "{name}: {command:?}: {ended:?}");
            }
        }
        std::fs::remove_file(&path).unwrap();
        // 20 GB, all of them holes.
        std::fs::File::create(&path).unwrap().set_len(20_000_000_000).unwrap();
        for command in [&["status"][..], &["runs", "."], &["plan"]] {
            let ended = soon(&world, command);
            assert!(ended.code < 2, "{name}: {command:?}: {ended:?}");
        }
        std::fs::remove_file(&path).unwrap();
        before.into_iter().for_each(|bytes| std::fs::write(&path, bytes).unwrap());
    }
    assert_eq!(world.fer(&["status"]).code, 0);
}

/// What the program was started with: the pipe has its writer already.
#[test]
fn a_pipeline_file_may_come_through_a_pipe() {
    let world = World::ran();
    let fer = env!("CARGO_BIN_EXE_fer");
    // Paths in it are relative to its folder, `/dev`.
    let plan = "\"$0\" plan --run-dir other --set \"ingest.source.path=$PWD/faces.csv\"";
    for script in [format!("cat pipeline.yaml | {plan} /dev/stdin"), format!("{plan} <(cat pipeline.yaml)")] {
        let output = Command::new("bash").args(["-c", &script, fer]).current_dir(world.path("")).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{script}: {told}");
    }
    let script = "yes '# long' | head -c 70000 | \"$0\" status /dev/stdin";
    let output = Command::new("bash").args(["-c", script, fer]).current_dir(world.path("")).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && told.contains("expected a YAML file of at most 65536 bytes"), "{told}");
}
