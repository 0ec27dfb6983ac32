//! Memory does not grow with the number of faces, and what is put aside on the disk is gone with the program.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use crate::world::{PIPELINE, World};

/// So many that their pixels (220 MiB) do not stay in memory while they are read; their features have 879 MiB.
const FACES: usize = 100_000;
/// What each stage may take, in MiB. A version that held images and features in memory took 540 to 660 for ingest, and with
/// six tenths of these faces 740, 557 and 156 for the others. Ingest takes 320 to 375 here, mostly its reader's buffers.
const MOST: [(&str, u64); 4] = [("ingest", 500), ("preprocess", 120), ("train", 120), ("evaluate", 120)];

/// Faces of 48×48 pixels from 0 to 9, no two alike.
fn world() -> World {
    let world = World::new();
    let noise: String = (0..48 * 48 + FACES).map(|at| format!("{} ", (at * at / 7 + at / 3) % 10)).collect();
    let mut text = BufWriter::new(File::create(world.path("faces.csv")).unwrap());
    writeln!(text, "emotion,pixels,Usage").unwrap();
    for row in 0..FACES {
        let usage = ["Training", "Training", "Training", "PublicTest"][row % 4];
        // The first five pixels are the row's digits, the others are cut out of the noise.
        let digits: String = format!("{row:05}").chars().flat_map(|digit| [digit, ' ']).collect();
        let pixels = &noise[2 * (row % 997)..][..2 * (48 * 48 - 5)];
        writeln!(text, "{},{digits}{},{usage}", row % 7, pixels.trim_end()).unwrap();
    }
    text.flush().unwrap();
    let text = PIPELINE.replace("epochs: 2", "epochs: 1").replace("batch_size: 16", "batch_size: 512");
    std::fs::write(world.path("pipeline.yaml"), text).unwrap();
    world
}

#[test]
#[cfg(target_os = "linux")]
fn no_stage_takes_memory_by_the_number_of_faces() {
    let world = world();
    for (stage, bound) in MOST {
        let most = world.peak(&["run", "--only", stage]);
        assert!((10..bound).contains(&most), "{stage} took {most} MiB");
    }
}

/// Whether a process holds a file open that has no name any more.
fn holds_a_nameless_file(id: u32, folder: &Path) -> bool {
    let Ok(open) = std::fs::read_dir(format!("/proc/{id}/fd")) else { return false };
    let links = open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    let nameless = |link: &Path| link.starts_with(folder) && link.to_string_lossy().ends_with(" (deleted)");
    links.into_iter().any(|link| nameless(&link))
}

#[test]
#[cfg(target_os = "linux")]
fn pixels_that_are_put_aside_are_gone_with_a_killed_program() {
    let world = world();
    let running = world.start(&["run", "--only", "ingest"]);
    let folder = world.path(".").canonicalize().unwrap();
    let mut tries = 0;
    while !holds_a_nameless_file(running.id(), &folder) {
        tries += 1;
        assert!(tries < 60_000, "no file without a name");
        std::thread::sleep(Duration::from_millis(1));
    }
    running.kill();
    let large = world.files("").into_iter().filter(|(name, bytes)| name != "faces.csv" && bytes.len() > 1 << 20);
    assert_eq!(large.map(|(name, _)| name).collect::<Vec<_>>(), Vec::<String>::new());
    world.fer(&["run", "--only", "ingest"]).succeeded();
}

/// `fer plan` knows before anything has run what a training will take.
#[test]
#[cfg(target_os = "linux")]
fn the_plan_says_what_a_training_will_take() {
    let world = World::new();
    world.fer(&["synth", "--rows", "400", "--seed", "1", "faces.csv"]).succeeded();
    let network = "--set=train.model={name: compact-cnn}";
    let residual = "--set=train.model={name: face-resnet}";
    let planned_of = |network: &str, batch: &str| {
        let plan = world.fer(&["plan", "--json", network, batch]).succeeded().json();
        let memory = &plan[2]["memory"];
        assert!(plan[0]["memory"].is_null() && memory["weights"].as_u64() > Some(0), "{plan}");
        memory["peak"].as_u64().unwrap() >> 20
    };
    let planned = |batch: &str| planned_of(network, batch);
    let [small, large] = ["--set=train.batch_size=16", "--set=train.batch_size=256"];
    let before = planned(large);
    world.fer(&["run", "--only=ingest"]).succeeded();
    world.fer(&["run", "--only=preprocess"]).succeeded();
    assert_eq!(planned(large), before, "the source tells the size of its images at a glance");
    for (network, batch) in [(network, small), (network, large), (residual, "--set=train.batch_size=32")] {
        let planned = planned_of(network, batch);
        let taken = world.peak(&["run", "--only=train", "--threads=2", network, batch]);
        assert!((60..160).contains(&(100 * planned / taken)), "{batch}: planned {planned} MiB, taken {taken} MiB");
    }
    assert!(planned(small) + 50 < before);
    // A batch beyond all memory is a large number, not one that has gone round.
    assert!(planned("--set=train.batch_size=1000000000000000000") > 1 << 40);
    let fewer =
        world.fer(&["plan", "--json", network, large, "--set=preprocess.size={height: 24, width: 24}"]).succeeded();
    assert!(fewer.json()[2]["memory"]["peak"].as_u64().unwrap() >> 20 < before - 50, "smaller images take less");
    world.fer(&["run", network, large]).succeeded();
    let plan = world.fer(&["plan", network, large]).succeeded().stdout;
    assert!(plan.contains("train: fresh\n") && !plan.contains("memory"), "what is fresh takes nothing: {plan}");
}
