//! Data sets of `docs/datasets.md`, imitated: their snippets, their files, and what ingest makes of them.

use std::collections::BTreeMap;

use fer_artifact::{ImageSet, read};
use image::{ExtendedColorType, GrayImage, save_buffer};

use crate::world::{World, root};

/// The stages behind ingest.
const REST: &str = "  - {stage: preprocess, params: {}}
  - {stage: train, params: {model: {name: linear}, epochs: 1, batch_size: 8}}
  - {stage: evaluate, params: {}}
";

/// The snippets of the page by the name of their data set, the bold words at the beginning of a paragraph.
pub(crate) fn snippets() -> BTreeMap<String, String> {
    let page = std::fs::read_to_string(root().join("docs/datasets.md")).unwrap();
    let (_, sets) = page.split_once("## Data sets").unwrap();
    let (mut snippets, mut name) = (BTreeMap::new(), String::new());
    let mut blocks = sets.split("```");
    while let Some(text) = blocks.next() {
        let named = text.lines().filter_map(|line| line.strip_prefix("**")?.split_once("**")).next_back();
        if let Some((bold, _)) = named {
            name = bold.to_owned();
        }
        if let Some(yaml) = blocks.next() {
            let yaml = yaml.strip_prefix("yaml\n").expect("a snippet of a pipeline file").to_owned();
            assert!(snippets.insert(name.clone(), yaml).is_none(), "two snippets of {name}");
        }
    }
    snippets
}

/// The chain with a data set's snippet, run; classes of each split in the order of their rows.
pub(crate) fn run(world: &World, name: &str) -> BTreeMap<String, Vec<String>> {
    let snippet = snippets().remove(name).unwrap_or_else(|| panic!("docs/datasets.md has no snippet of {name}"));
    let params: String = snippet.lines().map(|line| format!("      {line}\n")).collect();
    let head = "version: 1\nseed: 7\nrun_dir: run\nstages:\n  - stage: ingest\n    params:\n";
    std::fs::write(world.path("layout.yaml"), format!("{head}{params}{REST}")).unwrap();
    world.fer(&["run", "layout.yaml"]).succeeded();
    world.fer(&["status", "layout.yaml"]).succeeded();
    let mut splits = BTreeMap::new();
    for split in ["train", "validation", "test"] {
        let path = world.path(&format!("run/ingest/{split}.safetensors"));
        if path.exists() {
            let set: ImageSet = read(&path).unwrap();
            let classes = set.labels.iter().map(|&label| set.classes[usize::from(label)].clone());
            splits.insert(split.to_owned(), classes.collect());
        }
    }
    splits
}

/// How many rows of each class there are.
pub(crate) fn counts(classes: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    classes.iter().for_each(|class| *counts.entry(class.as_str()).or_default() += 1);
    counts
}

/// How many rows of each class there are in all splits.
pub(crate) fn all(splits: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, usize> {
    let rows: Vec<String> = splits.values().flatten().cloned().collect();
    counts(&rows).into_iter().map(|(class, count)| (class.to_owned(), count)).collect()
}

pub(crate) fn each(classes: &[&str], count: usize) -> BTreeMap<String, usize> {
    classes.iter().map(|class| ((*class).to_owned(), count)).collect()
}

pub(crate) fn file(world: &World, name: &str, bytes: impl AsRef<[u8]>) {
    let path = world.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A picture that no other has, 48×48, in the format that its name says.
pub(crate) fn picture(world: &World, name: &str) {
    let path = world.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let start = name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let pixels: Vec<u8> = (0..48 * 48).map(|index| (start.wrapping_mul(index + 1) >> 13) as u8).collect();
    save_buffer(path, &pixels, 48, 48, ExtendedColorType::L8).unwrap();
}

/// A photograph of a face.
pub(crate) fn photograph(world: &World, name: &str) {
    let path = world.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    // Decoding it once is enough for all names.
    static FACE: std::sync::OnceLock<GrayImage> = std::sync::OnceLock::new();
    let face = FACE.get_or_init(|| image::open(root().join("tests/pictures/astronaut.jpg")).unwrap().into_luma8());
    let start = name.bytes().fold(0_u8, u8::wrapping_add);
    let mut face = face.clone();
    face.put_pixel(0, 0, image::Luma([start]));
    face.save(path).unwrap();
}
