//! Trainings that are interrupted, and go on as if they had not been.
#![cfg(unix)]

use std::time::{Duration, Instant};

use crate::world::{Ended, World, assert_same, lines};

/// A network with everything random in it, and all that a training can carry along.
const NETWORK: [&str; 5] = [
    "--set=preprocess.size={height: 24, width: 24}",
    "--set=train.model={name: compact-cnn, dropout: 0.5}",
    "--set=train.optimizer={name: adamw, learning_rate: 0.003}",
    "--set=train.select=best",
    "--set=train.epochs=12",
];

/// A small one that stops early, after some ten epochs of two batches.
const SMALL: [&str; 5] = [
    "--set=train.batch_size=56",
    "--set=train.optimizer={name: adamw}",
    "--set=train.select=best",
    "--set=train.early_stopping={patience: 8}",
    "--set=train.epochs=40",
];

fn with<'a>(first: &[&'a str], network: &[&'a str]) -> Vec<&'a str> {
    [first, network].concat()
}

/// A world in which a training of `NETWORK` was stopped by a signal after its second epoch, and the epoch in which it
/// stopped.
fn stopped(signal: &str) -> (World, usize) {
    let world = World::new();
    let mut run = world.start(&with(&["run"], &NETWORK));
    run.until("  epoch 2/");
    if signal == "TERM" {
        // Slurm sends it to a script, which passes it on, and to all processes of the job.
        let id = run.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }
    let (code, said) = run.signal(signal);
    // A scheduler tells what it ended itself from what can go on.
    assert_eq!(code, Some(if signal == "INT" { 130 } else { 75 }), "{said}");
    assert!(said.ends_with("of 12; the next run goes on from here\nerror: train: interrupted\n"), "{said}");
    let told = said.lines().find_map(|line| line.strip_prefix("  stopped in epoch "));
    let epoch = told.and_then(|told| told.split(' ').next()).and_then(|epoch| epoch.parse().ok());
    (world, epoch.unwrap())
}

/// What a run of `arguments` leaves that nothing interrupts.
fn expect(arguments: &[&str]) -> std::collections::BTreeMap<String, Vec<u8>> {
    let world = World::new();
    world.fer(&with(&["run"], arguments)).succeeded();
    world.outputs("run")
}

#[test]
fn ctrl_c_and_schedulers_leave_a_checkpoint_and_the_next_run_goes_on_from_it() {
    for signal in ["INT", "TERM", "USR1"] {
        let (world, epoch) = stopped(signal);
        assert!(epoch >= 3 && !world.path("run/train/model.safetensors").exists());
        let status = world.fer(&with(&["status"], &NETWORK));
        let line = format!("train       interrupted: interrupted at epoch {epoch} of 12, will resume");
        assert_eq!((status.code, lines(&status.stdout)[2]), (1, &*line));
        let plan = world.fer(&with(&["plan", "--json"], &NETWORK)).json();
        assert_eq!(plan[2]["state"], "interrupted");
        let run = world.fer(&with(&["run"], &NETWORK)).succeeded();
        let reason = format!("interrupted at epoch {epoch} of 12, will resume");
        let began = format!("train: runs ({reason})\n  goes on from epoch {epoch} of 12\n  epoch {epoch}/12 ");
        assert!(run.stderr.contains(&began), "{run:?}");
        assert_same(&world.outputs("run"), network());
    }
}

/// Uniform numbers from 0 to 1: Steele, Lea and Flood's SplitMix64.
fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) as f64 / u64::MAX as f64
}

#[test]
fn killed_at_twenty_random_moments_a_training_ends_with_the_same_bytes_each_time() {
    let world = World::new();
    let call = |folder: &'static str, every| {
        with(&["run", "--threads", "1", "--run-dir", folder, "--checkpoint-seconds", every], &SMALL)
    };
    let start = Instant::now();
    world.fer(&call("whole", "0")).succeeded();
    let whole = start.elapsed();
    let expected = world.outputs("whole");
    let (mut state, mut resumed) = (2013, 0);
    for trial in 0..20 {
        // A checkpoint after every batch, or after every few.
        let every = if trial % 4 == 0 { "0.01" } else { "0" };
        let run = world.start(&call("killed", every));
        let moment = whole.mul_f64(uniform(&mut state));
        // The moment is the point here: whatever the program is doing.
        std::thread::sleep(moment);
        run.kill();
        let Ended { stderr, .. } = world.fer(&call("killed", every)).succeeded();
        resumed += usize::from(stderr.contains("  goes on from epoch "));
        assert_same(&world.outputs("killed"), &expected);
        assert!(!stderr.contains("damaged"), "trial {trial}, {moment:?}: {stderr}");
        std::fs::remove_dir_all(world.path("killed")).unwrap();
    }
    assert!(resumed > 0 && whole > Duration::ZERO, "some are killed while they train");
}

/// What a training of `NETWORK` leaves.
fn network() -> &'static std::collections::BTreeMap<String, Vec<u8>> {
    static OUTPUTS: std::sync::OnceLock<std::collections::BTreeMap<String, Vec<u8>>> = std::sync::OnceLock::new();
    OUTPUTS.get_or_init(|| expect(&NETWORK))
}

/// The notes and files of checkpoints, the latest last.
fn checkpoints(world: &World) -> Vec<std::path::PathBuf> {
    let all = world.files("run/train/checkpoints").into_keys();
    all.filter(|path| path.ends_with(".safetensors"))
        .map(|path| world.path("run/train/checkpoints").join(path))
        .collect()
}

#[test]
fn a_damaged_checkpoint_is_noticed_and_the_one_before_it_counts() {
    let world = World::new();
    let mut run = world.start(&with(&["run", "--checkpoint-epochs", "1"], &NETWORK));
    run.until("  epoch 3/");
    assert_eq!(run.signal("INT").0, Some(130));
    let files = checkpoints(&world);
    assert!(files.len() >= 2, "{files:?}");
    let last = files.last().unwrap();
    let mut bytes = std::fs::read(last).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(last, bytes).unwrap();
    let run = world.fer(&with(&["run"], &NETWORK)).succeeded();
    let noticed = "  a checkpoint is damaged, the one before it counts: run/train/checkpoints/";
    assert!(run.stderr.contains(noticed), "{run:?}");
    assert!(run.stderr.contains("its contents are not those that were written\n  goes on from epoch "), "{run:?}");
    assert_same(&world.outputs("run"), network());
}

#[test]
fn a_training_with_all_checkpoints_damaged_starts_anew() {
    let (world, _) = stopped("INT");
    for file in checkpoints(&world) {
        std::fs::write(file, "nothing").unwrap();
    }
    let run = world.fer(&with(&["run"], &NETWORK)).succeeded();
    assert!(run.stderr.contains("  epoch 1/12 "), "{run:?}");
    assert_same(&world.outputs("run"), network());
}

#[test]
fn a_training_with_other_parameters_or_data_is_not_resumed_and_the_interrupted_one_still_is() {
    let (world, epoch) = stopped("INT");
    for other in ["train.batch_size=17", "preprocess.equalization=none", "seed=8"] {
        let run = world.fer(&with(&["run", "--run-dir", "run", "--set", other], &NETWORK)).succeeded();
        assert!(run.stderr.contains("  epoch 1/12 ") && !run.stderr.contains("goes on"), "{other}: {run:?}");
    }
    let run = world.fer(&with(&["run"], &NETWORK)).succeeded();
    assert!(run.stderr.contains(&format!("  goes on from epoch {epoch} of 12\n")), "{run:?}");
    assert_same(&world.outputs("run"), network());
}

#[test]
fn forced_an_interrupted_training_starts_anew() {
    let (world, _) = stopped("INT");
    let plan = world.fer(&with(&["plan", "--force"], &NETWORK)).succeeded();
    assert_eq!(lines(&plan.stdout)[2], "train: never ran");
    let run = world.fer(&with(&["run", "--force"], &NETWORK)).succeeded();
    assert!(run.stderr.contains("train: runs (never ran)\n  epoch 1/12 "), "{run:?}");
    assert_same(&world.outputs("run"), network());
}

#[test]
fn more_epochs_go_on_from_the_finished_training() {
    // Epoch 3 is evaluated as the last of three, and would not be as one of seven.
    let base =
        ["--set=train.optimizer={name: adamw}", "--set=train.schedule={name: step}", "--set=train.evaluate_every=2"];
    let world = World::new();
    world.fer(&with(&["run", "--set=train.epochs=3"], &base)).succeeded();
    let longer = with(&["--set=train.epochs=7"], &base);
    let plan = world.fer(&with(&["plan"], &longer)).succeeded();
    assert_eq!(lines(&plan.stdout)[2], "train: parameter epochs 3 → 7, continues from epoch 3");
    let run = world.fer(&with(&["run"], &longer)).succeeded();
    assert!(
        run.stderr.contains("  goes on from epoch 3 of 7\n  epoch 3/7 ") && !run.stderr.contains("epoch 1/"),
        "{run:?}"
    );
    assert_same(&world.outputs("run"), &expect(&longer));
}

#[test]
fn why_more_epochs_start_anew_is_told() {
    let cosine = ["--set=train.schedule={name: cosine}"];
    let world = World::new();
    world.fer(&with(&["run"], &cosine)).succeeded();
    let longer = with(&["--set=train.epochs=4"], &cosine);
    let why = "parameter epochs 2 → 4, starts anew: every rate of its schedule depends on epochs";
    assert_eq!(lines(&world.fer(&with(&["plan"], &longer)).stdout)[2], format!("train: {why}"));
    let run = world.fer(&with(&["run"], &longer)).succeeded();
    assert!(run.stderr.contains(&format!("train: runs ({why})\n  epoch 1/4 ")), "{run:?}");
    assert_same(&world.outputs("run"), &expect(&longer));
    let world = World::ran();
    std::fs::remove_dir_all(world.path("run/train/checkpoints")).unwrap();
    let plan = world.fer(&["plan", "--set=train.epochs=4"]).succeeded();
    let line = "train: parameter epochs 2 → 4, starts anew: no checkpoint to go on from is left";
    assert_eq!(lines(&plan.stdout)[2], line);
}

#[test]
fn a_training_whose_end_is_special_goes_on_from_before_that_end() {
    for end in ["train.final_plain_epochs=1", "train.schedule={name: stable, warmup_epochs: 1, cooldown: 0.25}"] {
        let end = ["--set=train.mixup={alpha: 0.2}".to_owned(), format!("--set={end}")];
        let end = [&*end[0], &*end[1], "--set=train.evaluate_every=2"];
        let (world, short) = (World::new(), with(&["--set=train.epochs=4"], &end));
        world.fer(&with(&["run", "--checkpoint-seconds=0"], &short)).succeeded();
        let before = world.outputs("run");
        let longer = with(&["--set=train.epochs=9"], &end);
        let plan = world.fer(&with(&["plan"], &longer)).succeeded();
        assert_eq!(lines(&plan.stdout)[2], "train: parameter epochs 4 → 9, continues from epoch 4");
        let run = world.fer(&with(&["run"], &longer)).succeeded();
        assert!(run.stderr.contains("  goes on from epoch 4 of 9\n  epoch 4/9 "), "{run:?}");
        assert_same(&world.outputs("run"), &expect(&longer));
        world.fer(&with(&["run"], &short)).succeeded();
        assert_same(&world.outputs("run"), &before);
    }
}

#[test]
fn a_stage_alone_goes_on_too() {
    let world = World::ran();
    std::fs::write(world.path("params.yaml"), "{model: {name: compact-cnn}, epochs: 12, batch_size: 16}").unwrap();
    let call = |out| ["stage", "train", "--params", "params.yaml", "--in", "run", "--out", out, "--seed", "7"];
    world.fer(&call("whole")).succeeded();
    let mut stage = world.start(&call("parts"));
    stage.until("  epoch 1/");
    assert_eq!(stage.signal("INT").0, Some(130));
    let ended = world.fer(&call("parts")).succeeded();
    assert!(ended.stderr.contains("  goes on from epoch "), "{ended:?}");
    let model = |out: &str| std::fs::read(world.path(out).join("model.safetensors")).unwrap();
    assert!(model("parts") == model("whole"));
}
