//! The align stage between ingest and preprocess: stages take images from the nearest earlier stage that leaves them.

use std::path::Path;

use fer_artifact::{ImageSet, Split, read};

use crate::world::{PIPELINE, World, lines};

const ALIGN: &str = "  - stage: align\n    params: {method: {kind: center-crop, share: 0.5}}\n";

fn aligned(world: &World, align: &str) {
    let pipeline = PIPELINE.replace("  - stage: preprocess\n", &format!("{align}  - stage: preprocess\n"));
    std::fs::write(world.path("pipeline.yaml"), pipeline).unwrap();
}

fn images(path: &Path) -> ImageSet {
    read(path).unwrap()
}

#[test]
fn images_go_from_ingest_through_align_into_preprocess() {
    let world = World::ran();
    let before = world.files("run");
    aligned(&world, ALIGN);
    let plan = world.fer(&["plan"]).succeeded();
    assert!(plan.stdout.contains("align: never ran\npreprocess: input ingest/test.safetensors gone"), "{plan:?}");
    let run = world.fer(&["run"]).succeeded();
    assert!(run.stderr.starts_with("ingest: fresh\nalign: runs (never ran)\n"), "{run:?}");
    assert!(run.stderr.contains("input ingest/train.safetensors gone"), "{run:?}");
    let (whole, middle) =
        (images(&world.path("run/ingest/train.safetensors")), images(&world.path("run/align/train.safetensors")));
    assert_eq!((middle.height, middle.width), (whole.height / 2, whole.width / 2));
    assert_eq!(middle.rows, whole.rows);
    let (top, left) = (whole.height / 4, whole.width / 4);
    assert_eq!(middle.image(0).unwrap()[0], whole.image(0).unwrap()[top * whole.width + left]);
    let again = world.fer(&["run"]).succeeded();
    let fresh = ["ingest: fresh", "align: fresh", "preprocess: fresh", "train: fresh", "evaluate: fresh"];
    assert_eq!(lines(&again.stderr), fresh);

    // Without the stage again, the chain reads from ingest and ends with the bytes that it had.
    std::fs::write(world.path("pipeline.yaml"), PIPELINE).unwrap();
    world.fer(&["run"]).succeeded();
    let after = world.files("run");
    let parts = ["ingest/", "preprocess/", "train/model", "evaluate/predictions", "evaluate/metrics"];
    let compared: Vec<&String> = before.keys().filter(|path| parts.iter().any(|part| path.starts_with(part))).collect();
    assert!(compared.len() > 9, "{compared:?}");
    let differing: Vec<_> = compared.into_iter().filter(|path| before.get(*path) != after.get(*path)).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

#[test]
fn without_a_method_the_images_of_ingest_are_passed_on() {
    let world = World::new();
    aligned(&world, "  - stage: align\n");
    world.fer(&["run"]).succeeded();
    for split in Split::ALL {
        let path = |stage: &str| world.path(&format!("run/{stage}/{split}.safetensors"));
        assert_eq!(images(&path("align")), images(&path("ingest")));
    }
}

#[test]
fn align_alone_reads_ingest_and_preprocess_alone_reads_align() {
    let world = World::ran();
    std::fs::write(world.path("params.yaml"), "{method: {kind: center-crop, share: 0.5}}").unwrap();
    world.fer(&["stage", "align", "--params", "params.yaml", "--in", "run", "--out", "run/align"]).succeeded();
    world.fer(&["stage", "preprocess", "--in", "run", "--out", "small"]).succeeded();
    let inspect = world.fer(&["inspect", "small/train.safetensors"]).succeeded();
    assert!(inspect.stdout.contains("align/train.safetensors"), "{inspect:?}");
}

#[test]
fn a_program_in_place_of_align_is_held_to_what_it_was_given() {
    let world = World::ran();
    let copy = "command: [sh, -c, 'cp $FER_INPUT_DIR/ingest/*.safetensors $FER_OUTPUT_DIR']";
    aligned(&world, &format!("  - stage: align\n    {copy}\n"));
    world.fer(&["run"]).succeeded();
    let lost = "command: [sh, -c, 'cp $FER_INPUT_DIR/ingest/train.safetensors $FER_OUTPUT_DIR']";
    aligned(&world, &format!("  - stage: align\n    {lost}\n"));
    let run = world.fer(&["run"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("validation.safetensors: expected an artifact made from run/ingest/"), "{run:?}");
}

#[test]
fn align_stands_between_ingest_and_preprocess() {
    let world = World::new();
    let misplaced = PIPELINE.replace("  - stage: train\n", "  - stage: align\n  - stage: train\n");
    std::fs::write(world.path("pipeline.yaml"), misplaced).unwrap();
    let plan = world.fer(&["plan"]);
    assert_eq!(plan.code, 2);
    let message = "stage `align` cannot follow `preprocess`; expected the kinds in the order \
                   ingest, align, preprocess, train, evaluate";
    assert!(plan.stderr.contains(message), "{plan:?}");
}
