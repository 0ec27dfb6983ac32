//! Files that change where nobody looks: in place behind their times, while a stage reads them, or with the run folder.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::world::World;

/// Writes other bytes into a file, in place: its size, its inode and the time of its modification stay.
fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let before = fs::metadata(path).unwrap();
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
    fs::File::options().append(true).open(path).unwrap().set_modified(before.modified().unwrap()).unwrap();
    let after = fs::metadata(path).unwrap();
    let told = |file: &fs::Metadata| (file.len(), file.ino(), file.mtime(), file.mtime_nsec());
    assert_eq!(told(&before), told(&after));
}

/// Gives the first row of the source another label.
fn other_label(bytes: &mut [u8]) {
    let first = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    bytes[first] = if bytes[first] == b'0' { b'1' } else { b'0' };
}

#[test]
fn a_source_that_is_changed_behind_its_times_is_read_again() {
    let world = World::ran();
    assert_eq!(world.fer(&["status"]).code, 0);
    change(&world.path("faces.csv"), |bytes| other_label(bytes));
    assert_eq!(world.fer(&["status"]).code, 1);
    let ended = world.fer(&["run"]).succeeded();
    assert!(ended.stderr.contains("ingest: runs (input source changed)"), "{ended:?}");
    let lock: serde_json::Value = serde_json::from_str(&world.read("run/run.lock.json")).unwrap();
    let own = fer_artifact::Digest::of_file(&world.path("faces.csv")).unwrap();
    assert_eq!(lock["stages"]["ingest"]["inputs"]["source"], own.to_string());
}

#[test]
fn an_output_that_is_changed_behind_its_times_is_made_again() {
    let world = World::ran();
    let before = world.outputs("run");
    change(&world.path("run/preprocess/train.safetensors"), |bytes| *bytes.last_mut().unwrap() ^= 1);
    let ended = world.fer(&["run"]).succeeded();
    assert!(ended.stderr.contains("preprocess: runs"), "{ended:?}");
    crate::world::assert_same(&before, &world.outputs("run"));
}

#[test]
fn a_file_of_several_names_that_is_changed_behind_its_times_is_made_again() {
    let world = World::ran();
    let before = world.outputs("run");
    let shared = world.path("run/preprocess/train.safetensors");
    // As another cell of a sweep shares it: that alone changes nothing.
    fs::hard_link(&shared, world.path("shared")).unwrap();
    assert_eq!(world.fer(&["status"]).code, 0);
    world.fer(&["run"]).succeeded();
    change(&world.path("shared"), |bytes| *bytes.last_mut().unwrap() ^= 1);
    assert_eq!(world.fer(&["status"]).code, 1);
    world.fer(&["run"]).succeeded();
    crate::world::assert_same(&before, &world.outputs("run"));
}

#[test]
fn verify_hashes_sources_too() {
    let world = World::ran();
    let ended = world.fer(&["verify"]).succeeded();
    assert_eq!(ended.stdout.lines().next(), Some("ok          ingest.source"));
    let mut bytes = fs::read(world.path("faces.csv")).unwrap();
    other_label(&mut bytes);
    fs::write(world.path("faces.csv"), bytes).unwrap();
    let ended = world.fer(&["verify"]);
    assert!(ended.code == 1 && ended.stdout.starts_with("changed     ingest.source\n"), "{ended:?}");
    // With other parameters the lock says nothing of what the source should be.
    let ended = world.fer(&["verify", "--set=ingest.drop_duplicates=train"]).succeeded();
    assert!(!ended.stdout.contains("ingest.source"), "{ended:?}");
    fs::remove_file(world.path("faces.csv")).unwrap();
    let ended = world.fer(&["verify"]);
    assert!(
        ended.code == 1 && ended.stdout.starts_with("unreadable  ingest.source: faces.csv: cannot read"),
        "{ended:?}"
    );
}

/// A preprocess stage of the user's own that changes what it has read: an input of its own, or the run folder.
fn meddling(world: &World, script: &str) {
    let text = world
        .read("pipeline.yaml")
        .replace(crate::world::PREPROCESS, "  - stage: preprocess\n    command: [sh, preprocess.sh]\n    params: {}\n");
    let own = "fer stage preprocess --in \"$FER_INPUT_DIR\" --out \"$FER_OUTPUT_DIR\" --seed \"$FER_SEED\"\n";
    fs::write(world.path("preprocess.sh"), format!("set -e\n{own}{script}\n")).unwrap();
    fs::write(world.path("meddling.yaml"), text).unwrap();
}

#[test]
fn an_input_that_changes_while_a_stage_reads_it_is_no_input() {
    let world = World::ran();
    let before = world.outputs("run");
    meddling(
        &world,
        "file=\"$FER_INPUT_DIR/ingest/train.safetensors\"\n\
         printf x | dd of=\"$file\" bs=1 seek=$(($(wc -c < \"$file\") - 1000)) conv=notrunc 2> /dev/null",
    );
    let ended = world.fer(&["run", "meddling.yaml"]);
    let message = "error: preprocess: input `ingest/train.safetensors` was changed while the stage was reading it; the outputs were \
                   left as they were\n";
    assert!(ended.code == 1 && ended.stderr.ends_with(message), "{ended:?}");
    let after = world.outputs("run");
    for path in ["preprocess/train.safetensors", "train/model.safetensors"] {
        assert!(before[path] == after[path], "{path}");
    }
}

#[test]
fn a_lock_that_names_no_outputs_is_not_fresh() {
    let world = World::ran();
    let mut lock: serde_json::Value = serde_json::from_str(&world.read("run/run.lock.json")).unwrap();
    lock["stages"]["train"]["outputs"] = serde_json::json!({});
    fs::write(world.path("run/run.lock.json"), lock.to_string()).unwrap();
    let status = world.fer(&["status"]);
    assert!(status.code == 1 && status.stdout.contains("model.safetensors"), "{status:?}");
    world.fer(&["run"]).succeeded();
    assert_eq!(world.fer(&["status"]).code, 0);
}

/// A training that is under way, and lasts until it is told to end.
fn training(world: &World) -> crate::world::Running {
    let mut run = world.start(&["run", "--set=train.epochs=1000000", "--set=train.evaluate_every=1000000"]);
    run.until("  epoch 1/");
    run
}

#[test]
fn a_run_folder_that_goes_while_it_is_used_ends_the_run() {
    for goes in ["removed", "renamed"] {
        let world = World::new();
        let run = training(&world);
        match goes {
            "removed" => fs::remove_dir_all(world.path("run")).unwrap(),
            _ => fs::rename(world.path("run"), world.path("other")).unwrap(),
        }
        let (code, told) = run.wait();
        let message =
            "error: run: it was removed or renamed while this run was at work in it; nothing more was written there\n";
        // A folder is removed file by file.
        let in_parts = "error: run: its file `.writer` was removed or replaced while this run was at work in it; nothing more was written there\n";
        let is_told = told.ends_with(message) || (goes == "removed" && told.ends_with(in_parts));
        assert!(code == Some(1) && is_told, "{goes}: {told}");
        assert!(!world.path("run/run.lock.json").exists(), "nothing more was written there");
    }
}

#[test]
fn a_folder_whose_writer_was_removed_has_one_writer_all_the_same() {
    let world = World::new();
    let first = training(&world);
    fs::remove_file(world.path("run/.writer")).unwrap();
    world.fer(&["run"]).succeeded();
    let (code, told) = first.wait();
    let message = "error: run: its file `.writer` was removed or replaced while this run was at work in it; nothing more was written \
                   there\n";
    assert!(code == Some(1) && told.ends_with(message), "{told}");
    assert_eq!(world.fer(&["status"]).code, 0);
    assert_eq!(world.fer(&["verify"]).code, 0);
}

#[test]
fn who_may_only_read_cannot_hold_a_run_folder() {
    let world = World::ran();
    let mode = fs::metadata(world.path("run/.writer")).unwrap().mode();
    // Bits to read lie one above those to write: who has the one has the other, whatever the umask.
    assert_eq!((mode & 0o044) >> 1, mode & 0o022, "{mode:o}");
}
