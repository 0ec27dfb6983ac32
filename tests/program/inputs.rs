//! Sources as people have them, through the whole program.

use fer_artifact::{ImageSet, read};
use image::{ExtendedColorType, save_buffer};

use crate::world::World;

fn ingest(world: &World, params: &str) {
    let chain = format!("version: 1\nseed: 7\nrun_dir: ingested\nstages:\n  - stage: ingest\n    params: {params}\n");
    std::fs::write(world.path("ingest.yaml"), chain).unwrap();
}

fn train(world: &World) -> ImageSet {
    read(&world.path("ingested/ingest/train.safetensors")).unwrap()
}

fn picture(world: &World, name: &str, level: u8) {
    let path = world.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    save_buffer(path, &[level; 4], 2, 2, ExtendedColorType::L8).unwrap();
}

/// Labels follow the order in which a person writes the classes, whatever the order of JSON's keys.
#[test]
fn classes_of_a_map_keep_their_order_in_the_file_and_on_the_command_line() {
    let world = World::new();
    let source = "{kind: csv, path: faces.csv}";
    ingest(&world, &format!("{{source: {source}, classes: {{sad: [4], glad: [3], neutral: [6]}}}}"));
    world.fer(&["run", "ingest.yaml"]).succeeded();
    assert_eq!(train(&world).classes, ["sad", "glad", "neutral"]);
    let fresh = world.fer(&["status", "ingest.yaml"]).succeeded();
    assert!(fresh.stdout.contains("fresh"), "{fresh:?}");
    world.fer(&["run", "ingest.yaml", "--set", "ingest.classes={neutral: 6, glad: [3, 5]}"]).succeeded();
    assert_eq!(train(&world).classes, ["neutral", "glad"]);
    let resolved = world.read("ingested/config.resolved.yaml");
    assert!(resolved.contains("- neutral:\n") && resolved.find("neutral:") < resolved.find("glad:"), "{resolved}");
    // The run folder's own record of its parameters gives the same classes.
    std::fs::write(world.path("again.yaml"), resolved).unwrap();
    world.fer(&["run", "again.yaml", "--run-dir", "again"]).succeeded();
    let again: ImageSet = read(&world.path("again/ingest/train.safetensors")).unwrap();
    assert_eq!(again, train(&world));
}

#[test]
fn what_is_wrong_with_a_map_of_classes_is_said_with_its_place() {
    let world = World::new();
    ingest(&world, "{source: {kind: csv, path: faces.csv}, classes: {sad: [4], glad: [4]}}");
    let ended = world.fer(&["plan", "ingest.yaml"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    let expected = "expected each label of the source once, found `4` for `sad` and for `glad`";
    assert!(ended.stderr.contains(expected) && ended.stderr.contains("ingest.yaml:6:"), "{ended:?}");
}

#[test]
fn evaluate_says_what_it_left_out_and_how_it_read_labels() {
    let world = World::ran();
    for row in 0..2 {
        let face = world.fer(&["export-images", "run/ingest/test.safetensors", "pictures"]);
        face.succeeded();
        let name = format!("faces/{}/{row}.png", ["happiness", "sad"][row]);
        std::fs::create_dir_all(world.path(&name).parent().unwrap()).unwrap();
        let any = std::fs::read_dir(world.path("pictures")).unwrap().map(|entry| entry.unwrap().path());
        let any = any.filter(|path| path.extension().is_some_and(|extension| extension == "png")).min().unwrap();
        std::fs::copy(any, world.path(&name)).unwrap();
    }
    std::fs::write(world.path("faces/sad/notes.txt"), "no picture").unwrap();
    let model = ["--model", "run/train/model.safetensors", "--data", "faces"];
    let ended = world.fer(&[&["evaluate"], &model[..]].concat()).succeeded();
    assert!(ended.stderr.contains("labels read as another word: happiness as happy"), "{ended:?}");
    assert!(ended.stderr.contains("1 file not read (text): sad/notes.txt"), "{ended:?}");
    assert!(ended.stdout.contains("absent classes     angry, disgust, fear, surprise, neutral"), "{ended:?}");
    let json = world.fer(&[&["evaluate", "--json"], &model[..]].concat()).succeeded().json();
    assert_eq!(json["absent_classes"].as_array().unwrap().len(), 5);
}

#[test]
fn control_characters_from_a_file_never_reach_the_terminal() {
    let world = World::new();
    picture(&world, "pictures/\u{1b}[31mred/a.png", 1);
    ingest(&world, "{source: {kind: folder, path: pictures}, split: {kind: head, train: 1}}");
    let ended = world.fer(&["run", "ingest.yaml"]);
    assert!(ended.stderr.contains("\\u{1b}[31mred") && !ended.stderr.contains('\u{1b}'), "{ended:?}");
}
