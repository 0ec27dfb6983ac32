//! A bit of a file in a run folder is another: that is noticed, or changes nothing, and the next run heals it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::world::World;

/// Places of each file that are tried, if `FER_FLIPS` does not say another number.
const SAMPLE: usize = 3;
/// A byte behind the eight that say how long the header of an artifact is.
const HEADER: usize = 12;

/// A file of each kind.
const KINDS: [&str; 14] = [
    "ingest/train.safetensors",
    "ingest/data-report.json",
    "preprocess/train.safetensors",
    "train/model.safetensors",
    "train/history.jsonl",
    "train/config.json",
    "evaluate/metrics.json",
    "evaluate/predictions-validation.safetensors",
    "evaluate/report.html",
    "run.lock.json",
    "config.resolved.yaml",
    ".digests.json",
    ".origin",
    ".writer",
];

/// A world that has run, with checkpoints that a longer training would go on from.
fn world() -> World {
    let world = World::in_memory();
    world.fer(&["run", "--checkpoint-epochs=1"]).succeeded();
    world
}

/// A place in what may be a header, and others that lie evenly in a file of this length, with a bit each that differs from place to
/// place and from file to file.
fn places(file: usize, length: usize, count: usize) -> impl Iterator<Item = (usize, u8)> {
    let count = count.min(length);
    let at = move |place| if place == 0 { HEADER.min(length / 2) } else { (2 * place + 1) * length / (2 * count) };
    (0..count).map(move |place| (at(place), 1 << ((place + file) % 8)))
}

fn flip(path: &Path, (place, bit): (usize, u8)) {
    let mut bytes = fs::read(path).unwrap();
    bytes[place] ^= bit;
    fs::write(path, bytes).unwrap();
}

/// Flips a bit, and asks and runs until all is as it was before; says how it was noticed.
fn tried(world: &World, file: &str, place: (usize, u8), before: &BTreeMap<String, Vec<u8>>) -> &'static str {
    let path = world.path(&format!("run/{file}"));
    let whole = fs::read(&path).unwrap();
    flip(&path, place);
    let told = |what: &str| format!("{file}, byte {}, bit {}: {what}", place.0, place.1);
    let status = world.fer(&["status"]);
    let is_output = file.contains('/');
    if is_output {
        assert_eq!(status.code, 1, "{}", told("status says that all is fresh"));
        assert_eq!(world.fer(&["verify"]).code, 1, "{}", told("verify says that all is as it was"));
    }
    let run = world.fer(&["run"]);
    if run.code == 0 {
        crate::world::assert_same(before, &world.outputs("run"));
        return if status.code == 0 { "without meaning" } else { "healed" };
    }
    // It is named, and goes away as the message says.
    let name = Path::new(file).file_name().unwrap().to_str().unwrap();
    assert!(run.stderr.contains(name), "{}", told(&run.stderr));
    assert!(world.fer(&["verify"]).code < 2);
    fs::write(&path, whole).unwrap();
    world.fer(&["run"]).succeeded();
    crate::world::assert_same(before, &world.outputs("run"));
    "refused"
}

fn try_all(count: usize) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    let world = world();
    let before = world.outputs("run");
    for (index, file) in KINDS.into_iter().enumerate() {
        let length = fs::metadata(world.path(&format!("run/{file}"))).unwrap().len() as usize;
        for place in places(index, length, count) {
            *tally.entry(format!("{file}: {}", tried(&world, file, place, &before))).or_default() += 1;
        }
    }
    tally
}

#[test]
fn a_bit_that_flips_is_noticed_and_healed() {
    let asked = std::env::var("FER_FLIPS").ok();
    let count = asked.as_ref().map_or(SAMPLE, |count| count.parse().expect("FER_FLIPS: a number of places"));
    let tally = try_all(count);
    assert!(tally.values().sum::<usize>() >= SAMPLE * (KINDS.len() - 1), "{tally:?}");
    if asked.is_some() {
        #[expect(clippy::print_stderr, reason = "who asks for a number of places wants to know how each was noticed")]
        {
            eprintln!("{tally:#?}");
        }
    }
}

/// Which checkpoints are damaged.
#[derive(Clone, Copy, PartialEq)]
enum Damaged {
    Newest,
    All,
}

/// Checkpoints: a training that would go on from a damaged one goes on from the one before it, and starts anew where there is none.
#[test]
fn a_bit_that_flips_in_a_checkpoint_or_its_note_changes_no_model() {
    use Damaged::{All, Newest};
    let longer = ["run", "--set=train.epochs=3", "--checkpoint-epochs=1"];
    let whole = world();
    whole.fer(&longer).succeeded();
    let expected = whole.outputs("run");
    for (ending, damaged) in [(".safetensors", Newest), (".safetensors", All), (".json", Newest), (".json", All)] {
        for share in 0..SAMPLE {
            let world = world();
            let files = world.files("run/train/checkpoints");
            let files: Vec<_> = files.iter().filter(|(file, _)| file.ends_with(ending)).collect();
            assert_eq!(files.len(), 2, "one of each epoch");
            let first = usize::from(damaged == Newest);
            for (index, (file, bytes)) in files.into_iter().enumerate().skip(first) {
                let place = places(index, bytes.len(), SAMPLE).nth(share).unwrap();
                flip(&world.path(&format!("run/train/checkpoints/{file}")), place);
            }
            let told = world.fer(&longer).succeeded().stderr;
            let goes_on = told.contains("goes on from epoch 2 of 3");
            assert!(
                goes_on == (damaged == Newest) && (goes_on || !told.contains("goes on")),
                "{ending} {share}: {told}"
            );
            crate::world::assert_same(&expected, &world.outputs("run"));
        }
    }
}
