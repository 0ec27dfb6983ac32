//! What files ask for is bounded: depth, names, memory.
#![cfg(unix)]

use std::process::Command;

use crate::world::{Ended, PIPELINE, World};

/// Calls the program with so many gigabytes of addresses.
fn within(gigabytes: u64, world: &World, arguments: &[&str]) -> Ended {
    let script = format!("ulimit -v {}; exec \"$0\" \"$@\"", gigabytes << 20);
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_fer")]).args(arguments).current_dir(world.path(""));
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap_or_else(|| panic!("{arguments:?}: {}", output.status));
    Ended { code, stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn deep_names_are_refused_before_anything_walks_them() {
    let world = World::new();
    let deep = |parts: usize| format!("train{}", ".a".repeat(parts - 1));
    let set = world.fer(&["plan", &format!("--set={}=1", deep(20_000))]);
    let told = "expected at most 32 names with dots between, found 20000\n";
    assert!(set.code == 2 && set.stderr.ends_with(told) && set.stderr.len() < 1000, "{}", set.stderr.len());
    let at_limit = world.fer(&["plan", &format!("--set={}=1", deep(32))]);
    assert!(at_limit.code == 2 && at_limit.stderr.contains("unknown key `a` in train.params"), "{at_limit:?}");
    let over = world.fer(&["plan", &format!("--set={}=1", deep(33))]);
    assert!(over.stderr.ends_with("found 33\n"), "{over:?}");
    std::fs::write(world.path("sweep.yaml"), format!("{PIPELINE}matrix:\n  ? \"{}\"\n  : [1, 2]\n", deep(25_000)))
        .unwrap();
    let sweep = world.fer(&["sweep", "plan", "sweep.yaml"]);
    assert!(
        sweep.code == 2 && sweep.stderr.ends_with("found 25000\n") && sweep.stderr.len() < 1000,
        "{}",
        sweep.stderr.len()
    );
}

#[test]
fn a_sweep_has_so_many_cells_and_no_more() {
    let world = World::new();
    let sweep = |cells: usize| {
        let seeds: Vec<String> = (0..cells).map(|seed| seed.to_string()).collect();
        std::fs::write(world.path("sweep.yaml"), format!("{PIPELINE}matrix:\n  seeds: [{}]\n", seeds.join(",")))
            .unwrap();
    };
    sweep(10_000);
    world.fer(&["plan", "sweep.yaml", "--cell", "9999"]).succeeded();
    sweep(10_001);
    let beyond = world.fer(&["plan", "sweep.yaml", "--cell", "9999"]);
    assert!(beyond.code == 2 && beyond.stderr.ends_with("expected at most 10000 cells, found 10001\n"), "{beyond:?}");
}

#[test]
fn names_of_classes_are_refused_where_they_come_in() {
    let world = World::new();
    for (name, found) in [("\"\\e[31mred\"", "found `\\u{1b}[31mred`"), ("\"two\\nlines\"", "found `two\\u{a}lines`")] {
        let classes = format!("--set=ingest.classes=[{name}, b, c, d, e, f, g]");
        let ended = world.fer(&["plan", &classes]);
        let told = format!("classes[0]: expected a name without control characters, {found}");
        assert!(ended.code == 2 && ended.stderr.contains(&told), "{ended:?}");
    }
    let classes = |length: usize| format!("--set=ingest.classes=[{}, b, c, d, e, f, g]", "x".repeat(length));
    world.fer(&["plan", &classes(200)]).succeeded();
    assert_eq!(world.fer(&["plan", &classes(201)]).code, 2);
}

#[test]
fn lines_of_errors_have_an_end() {
    let world = World::new();
    let long = "x".repeat(60_000);
    std::fs::write(world.path("long.yaml"), format!("{PIPELINE}{long}: 1\n")).unwrap();
    let ended = world.fer(&["plan", "long.yaml"]);
    assert!(ended.code == 2 && ended.stderr.len() < 5000, "{}", ended.stderr.len());
    let rate = world.fer(&["run", "--set=train.optimizer={name: sgd, learning_rate: 1e300}"]);
    assert!(rate.stderr.contains("a learning_rate of 1e300 is far above"), "{rate:?}");
}

/// A picture of 11,000×11,000 pixels of eight bytes each, in 4 names: one of them is 1 GB.
#[test]
fn large_pictures_are_not_in_memory_side_by_side() {
    let world = World::new();
    std::fs::create_dir_all(world.path("faces/happy")).unwrap();
    let picture = image::ImageBuffer::<image::Rgba<u16>, _>::new(11_000, 11_000);
    let file = world.path("faces/happy/0.png");
    picture.save(&file).unwrap();
    (1..4).for_each(|row| std::fs::hard_link(&file, world.path(&format!("faces/happy/{row}.png"))).unwrap());
    let ended = within(3, &world, &["predict", "faces", "--no-detect", "--json", "--threads=4"]).succeeded();
    assert_eq!(ended.stdout.lines().count(), 4);
    let source = "--set=ingest.source={kind: folder, path: faces}";
    let sized = ["run", "--only=ingest", "--threads=4", source, "--set=ingest.size=[48, 48]"];
    let split = "--set=ingest.split={kind: stratified, train: 0.5, validation: 0.5}";
    within(3, &world, &[&sized[..], &["--set=ingest.classes=from-folders", split]].concat()).succeeded();
}
