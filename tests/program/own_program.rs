//! A program of the user's own in place of a stage: how it is called, and how it ends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::world::{Ended, PIPELINE, PREPROCESS, World, lines};

/// The built-in stage, whichever it is, called by a shell script.
const BUILT_IN: &str =
    "fer stage $FER_STAGE --params $FER_PARAMS --in $FER_INPUT_DIR --out $FER_OUTPUT_DIR --seed $FER_SEED\n";

/// Puts a shell script in place of preprocess, with further lines beside its `command`.
fn swap(world: &World, script: &str, beside: &str) {
    std::fs::write(world.path("own.sh"), script).unwrap();
    let own = format!("  - stage: preprocess\n    command: [sh, own.sh]\n{beside}");
    std::fs::write(world.path("pipeline.yaml"), PIPELINE.replace(PREPROCESS, &own)).unwrap();
}

fn last_line(ended: &Ended) -> &str {
    ended.stderr.lines().last().unwrap()
}

#[test]
fn every_stage_can_be_a_program() {
    let world = World::ran();
    // `source.path` is relative to the parameter file, so it must lie where the pipeline file does.
    let script = format!("set -eu\ncp $FER_PARAMS params.json\nFER_PARAMS=params.json\n{BUILT_IN}");
    std::fs::write(world.path("own.sh"), script).unwrap();
    let chain = PIPELINE
        .replace("    params:", "    command: [sh, own.sh]\n    params:")
        .replace("run_dir: run", "run_dir: own");
    assert_eq!(chain.matches("command").count(), 4);
    std::fs::write(world.path("own.yaml"), chain).unwrap();
    let run = world.fer(&["run", "own.yaml"]).succeeded();
    assert!(run.stderr.contains("  not kept, as `train` has no such outputs: checkpoints\n"), "{run:?}");
    let (built_in, own) = (world.files("run"), world.files("own"));
    // A history tells speeds, a report the configuration, a lock times.
    let same = |path: &&String| {
        path.ends_with(".safetensors") && !path.contains("checkpoints") || path.ends_with("metrics.json")
    };
    let compared: Vec<&String> = built_in.keys().filter(same).collect();
    assert!(compared.len() >= 9, "{compared:?}");
    for path in compared {
        assert!(built_in[path] == own[path], "{path}");
    }
    for run in ["own", "own/config.resolved.yaml"] {
        world.fer(&["status", run]).succeeded();
    }
    std::fs::copy(world.path("own/config.resolved.yaml"), world.path("resolved.yaml")).unwrap();
    world.fer(&["status", "resolved.yaml"]).succeeded();
}

#[test]
fn a_program_is_told_what_it_needs_and_its_output_goes_to_standard_error() {
    let world = World::new();
    let script = format!(
        "set -eu\npwd > seen\nenv | grep ^FER_ | sort >> seen\ncat $FER_PARAMS > params\necho said\necho complained >&2\n{BUILT_IN}"
    );
    swap(&world, &script, "    params: {equalization: none}\n    timeout_seconds: 600\n");
    let run = world.fer(&["run", "--only", "ingest"]).succeeded();
    assert_eq!(run.stdout, "");
    let arguments =
        ["run", "--only", "preprocess", "--json", "--threads", "1", "--set", "preprocess.equalization=global"];
    let run = world.fer(&arguments).succeeded();
    assert_eq!(run.json()["stages"][0]["stage"], "preprocess");
    assert!(run.stderr.contains("\nsaid\ncomplained\n"), "{run:?}");
    let folder = world.path("").canonicalize().unwrap();
    let seen = world.read("seen");
    let seen = lines(&seen);
    assert_eq!(Path::new(seen[0]), folder);
    let told = |name: &str| seen.iter().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap();
    assert_eq!([told("FER_STAGE"), told("FER_SEED"), told("FER_THREADS")], ["preprocess", "7", "1"]);
    assert_eq!(Path::new(told("FER_INPUT_DIR")).canonicalize().unwrap(), folder.join("run"));
    assert!(Path::new(told("FER_OUTPUT_DIR")).is_absolute() && Path::new(told("FER_PARAMS")).is_absolute());
    assert_eq!(world.read("params"), "{\"equalization\":\"global\"}");
}

/// Swaps the script in, runs it, and checks that all is as before.
#[track_caller]
fn refused(world: &World, script: &str, beside: &str) -> String {
    swap(world, script, beside);
    let before = world.files("run/preprocess");
    let ended = world.fer(&["run"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(world.files("run/preprocess") == before, "the former outputs are there");
    assert!(!world.path("run/.preprocess.partial").exists(), "nothing half is left");
    let id = last_line(&ended).split("/output-").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or("none");
    last_line(&ended).replace(&format!("run/.preprocess.partial/output-{id}/"), "OUT/")
}

#[test]
fn how_a_program_failed_is_told() {
    let world = World::ran();
    let failed = |script: &str| refused(&world, script, "");
    assert_eq!(failed("exit 3"), "error: preprocess: `sh own.sh` ended with exit code 3; what it says stands above");
    assert_eq!(
        failed("kill -9 $$"),
        "error: preprocess: `sh own.sh` ended with signal: 9 (SIGKILL); what it says stands above"
    );
    let own = |command: &str| PIPELINE.replace(PREPROCESS, &format!("  - stage: preprocess\n    command: {command}\n"));
    std::fs::write(world.path("pipeline.yaml"), own("[own.sh]")).unwrap();
    assert_eq!(
        last_line(&world.fer(&["run"])),
        "error: preprocess: cannot start `own.sh`: No such file or directory (os error 2); \
         a file beside the pipeline file is written `./own.sh`"
    );
    std::fs::write(world.path("pipeline.yaml"), own("[./own.sh]")).unwrap();
    assert_eq!(
        last_line(&world.fer(&["run"])),
        "error: preprocess: cannot start `./own.sh`: Permission denied (os error 13)"
    );
}

#[test]
fn what_a_program_leaves_must_keep_the_contract() {
    let world = World::ran();
    let left = |script: &str| {
        let line = refused(&world, &format!("set -eu\n{script}"), "    params: {normalization: {kind: unit}}\n");
        line.strip_prefix("error: preprocess: what `sh own.sh` left cannot be taken: ").expect(&line).to_owned()
    };
    assert_eq!(left("true"), "OUT/train.safetensors: expected an artifact made from run/ingest/train.safetensors");
    assert_eq!(
        left("cp $FER_INPUT_DIR/ingest/*.safetensors $FER_OUTPUT_DIR"),
        "OUT/train.safetensors: expected an artifact of kind `features`, found `images`"
    );
    assert_eq!(
        left(&format!("{BUILT_IN}mv $FER_OUTPUT_DIR/test.safetensors $FER_OUTPUT_DIR/validation.safetensors")),
        "OUT/validation.safetensors: expected split `validation` in the header"
    );
    assert_eq!(
        left(&format!("{BUILT_IN}rm $FER_OUTPUT_DIR/test.safetensors")),
        "OUT/test.safetensors: expected an artifact made from run/ingest/test.safetensors"
    );
    let cut = left(&format!("{BUILT_IN}printf x >> $FER_OUTPUT_DIR/train.safetensors"));
    assert!(cut.starts_with("OUT/train.safetensors: not a valid safetensors file: "), "{cut}");
    assert_eq!(
        left(&format!(
            "{BUILT_IN}cd $FER_OUTPUT_DIR; mv test.safetensors $FER_INPUT_DIR/own; ln -s $FER_INPUT_DIR/own test.safetensors"
        )),
        "OUT/test.safetensors: expected a file of its own, found a link, a folder or a device"
    );
    assert_eq!(
        left(&format!("{BUILT_IN}cd $FER_OUTPUT_DIR; rm test.safetensors; mkfifo test.safetensors")),
        "OUT/test.safetensors: expected a file of its own, found a link, a folder or a device"
    );
    assert_eq!(
        left(&format!("{BUILT_IN}sed -i s/angry/enemy/ $FER_OUTPUT_DIR/train.safetensors")),
        "OUT/train.safetensors: classes differ from those of run/ingest/train.safetensors"
    );
}

#[test]
fn command_line_files_and_parameters_decide_whether_a_program_runs_again() {
    let world = World::new();
    let beside = "    params: {normalization: {kind: unit}}\n";
    swap(&world, BUILT_IN, beside);
    world.fer(&["run"]).succeeded();
    let plan = |arguments: &[&str]| lines(&world.fer(&[&["plan"], arguments].concat()).stdout)[1].to_owned();
    assert_eq!(plan(&[]), "preprocess: fresh");
    swap(&world, BUILT_IN, &format!("{beside}    timeout_seconds: 60\n"));
    assert_eq!(plan(&[]), "preprocess: fresh", "a time limit changes no result");
    assert_eq!(
        plan(&["--set", "preprocess.normalization.kind=standard"]),
        "preprocess: parameter normalization.kind unit → standard"
    );
    swap(&world, &format!("# As before.\n{BUILT_IN}"), beside);
    assert_eq!(plan(&[]), "preprocess: input ./own.sh changed");
    let run = world.fer(&["run"]).succeeded();
    assert!(run.stderr.ends_with("train: fresh\nevaluate: fresh\n"), "it leaves the same bytes: {run:?}");
    let text = world.read("pipeline.yaml").replace("[sh, own.sh]", "[sh, own.sh, again]");
    std::fs::write(world.path("pipeline.yaml"), text).unwrap();
    assert_eq!(plan(&[]), "preprocess: input command changed");
    std::fs::write(world.path("pipeline.yaml"), PIPELINE).unwrap();
    assert_eq!(
        plan(&[]),
        "preprocess: version 1 → 2, parameter equalization absent → global, parameter size absent → none, \
         input ./own.sh gone, input command gone"
    );
}

/// Writes the process id of a child that would run for long, and waits for it.
const LONG: &str = "sleep 1000 & echo $! > id.new; mv id.new id; echo started >&2; wait\n";

/// Whether the child that [`LONG`] has started comes to its end; that it was made to does not mean that it has.
#[cfg(target_os = "linux")]
fn child_ends(world: &World) -> bool {
    let stat = format!("/proc/{}/stat", world.read("id").trim());
    let ended = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
    let start = std::time::Instant::now();
    while !ended() && start.elapsed() < std::time::Duration::from_secs(30) {
        std::thread::yield_now();
    }
    ended()
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_takes_too_long_is_ended_with_all_that_it_started() {
    let world = World::ran();
    assert_eq!(
        refused(&world, LONG, "    timeout_seconds: 0.5\n"),
        "error: preprocess: `sh own.sh` was ended at its time limit: `timeout_seconds` is 0.5"
    );
    assert!(child_ends(&world));
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_ends_a_program_with_all_that_it_started() {
    let world = World::new();
    swap(&world, LONG, "");
    let mut fer = world.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(fer.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line == "started"));
    assert!(Command::new("kill").args(["-INT", &fer.id().to_string()]).status().unwrap().success());
    assert_eq!(said.last().as_deref(), Some("error: preprocess: interrupted"));
    assert_eq!(fer.wait().unwrap().code(), Some(130));
    assert!(child_ends(&world));
    assert!(!world.path("run/preprocess").exists());
    assert!(!world.path("run/.preprocess.partial").exists());
}

#[test]
fn a_header_that_says_too_little_of_a_network_ends_the_training_and_names_what_is_missing() {
    let world = World::ran();
    // A trained model, with another entry in its header.
    let script = "import json, os, struct\n\
        data = open('run/train/model.safetensors', 'rb').read()\n\
        n, = struct.unpack('<Q', data[:8])\n\
        head = json.loads(data[8:8 + n])\n\
        own = json.loads(head['__metadata__']['fer'])\n\
        own['network'] = json.loads(os.environ['NETWORK'])\n\
        head['__metadata__']['fer'] = json.dumps(own)\n\
        head = json.dumps(head).encode()\n\
        out = open(os.environ['FER_OUTPUT_DIR'] + '/model.safetensors', 'wb')\n\
        out.write(struct.pack('<Q', len(head)) + head + data[8 + n:])\n";
    std::fs::write(world.path("own.py"), script).unwrap();
    let (start, end) = (PIPELINE.find("  - stage: train").unwrap(), PIPELINE.find("  - stage: evaluate").unwrap());
    let own = "  - stage: train\n    command: [python3, own.py]\n";
    let chain = [&PIPELINE[..start], own, &PIPELINE[end..]].concat().replace("run_dir: run", "run_dir: own");
    std::fs::write(world.path("own.yaml"), chain).unwrap();
    let cases = [
        (r#"{"name": "linear", "width": 48, "classes": 7}"#, "missing field `height`"),
        (r#"{"height": 48, "width": 48, "classes": 7}"#, "missing field `name`"),
        (r#"{"name": "linear", "height": 48, "width": 48, "classes": 6}"#, "expected a network of 7 classes"),
        (r#"{"name": "compact-cnn", "height": 48, "width": 48, "classes": 7}"#, "conv1.0.weight"),
    ];
    for (network, expected) in cases {
        let output = world.command(&["run", "own.yaml"]).env("NETWORK", network).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && told.contains("error: train: what `python3 own.py` left"), "{told}");
        assert!(told.contains("docs/artifacts.md") && told.contains(expected), "{network}: {told}");
    }
    let network = r#"{"name": "linear", "height": 48, "width": 48, "classes": 7}"#;
    assert!(world.command(&["run", "own.yaml"]).env("NETWORK", network).status().unwrap().success());
}
