//! A file is the same picture, or none, in every command.

use std::path::Path;

use fer_artifact::{ImageSet, read};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::world::World;

const PIPELINE: &str = "\
version: 1
seed: 7
run_dir: turned
stages:
  - stage: ingest
    params:
      source: {kind: folder, path: pictures}
      split: {kind: head, train: 1}
";

/// A JPEG whose left half is dark, with an EXIF orientation.
fn jpeg(orientation: u8) -> Vec<u8> {
    let mut bytes = vec![];
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 100);
    let entry = [1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
    encoder.set_exif_metadata([&b"MM\0*\0\0\0\x08\0\x01"[..], &entry, &[0; 4]].concat()).unwrap();
    let row = [[20; 24], [220; 24]].concat();
    encoder.write_image(&row.repeat(48), 48, 48, ExtendedColorType::L8).unwrap();
    bytes
}

fn put(world: &World, name: &str, bytes: &[u8]) {
    let path = world.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_sideways_picture_is_ingested_and_judged_upright() {
    let world = World::ran();
    put(&world, "pictures/happy/turned.jpg", &jpeg(6));
    put(&world, "turned.yaml", PIPELINE.as_bytes());
    world.fer(&["run", "turned.yaml"]).succeeded();
    let ingested: ImageSet = read(&world.path("turned/ingest/train.safetensors")).unwrap();
    assert_eq!(ingested.image(0).unwrap(), [[20; 1152], [220; 1152]].concat(), "dark above");
    let answer = |name: &str| {
        let line = world.fer(&["predict", "--no-detect", "--json", "--model", "run/train/model.safetensors", name]);
        line.succeeded().json()["probabilities"].clone()
    };
    // The same pixels as ingest has them, without an orientation.
    world.fer(&["export-images", "turned/ingest/train.safetensors", "exported"]).succeeded();
    assert_eq!(answer("pictures/happy/turned.jpg"), answer("exported/0.png"));
}

#[test]
fn a_picture_that_is_cut_short_is_broken_in_every_command() {
    let world = World::ran();
    let whole = jpeg(1);
    put(&world, "pictures/happy/cut.jpg", &whole[..whole.len() - 40]);
    put(&world, "turned.yaml", PIPELINE.as_bytes());
    let file = Path::new("pictures/happy/cut.jpg");
    assert!(world.path("pictures/happy/cut.jpg").is_file());
    let model = ["--model", "run/train/model.safetensors"];
    let commands: [&[&str]; 4] = [
        &["run", "turned.yaml"],
        &["evaluate", "--data", "pictures", model[0], model[1]],
        &["predict", "--no-detect", file.to_str().unwrap(), model[0], model[1]],
        &["explain", "--no-detect", file.to_str().unwrap(), model[0], model[1], "--out", "explained"],
    ];
    for command in commands {
        let ended = world.fer(command);
        assert_eq!(ended.code, 1, "{ended:?}");
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(said.contains("cut.jpg"), "{said}");
        assert!(said.contains("a broken picture: the JPEG file ends before its end"), "{said}");
    }
}
