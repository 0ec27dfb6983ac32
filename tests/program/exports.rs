//! What stands beside the model for other people's tools. `tests/golden/exports/read_back.py` has those tools read
//! it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::world::{World, lines};

/// Of three epochs, the second and the last are evaluated.
fn trained() -> World {
    let world = World::new();
    world.fer(&["run", "--set=train.epochs=3", "--set=train.evaluate_every=2"]).succeeded();
    world
}

fn history(world: &World) -> Vec<Value> {
    lines(&world.read("run/train/history.jsonl")).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rows of a table, by the names of its head.
fn rows(world: &World, file: &str) -> Vec<BTreeMap<String, Value>> {
    let text = world.read(file);
    let cells = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>();
    let head = cells(lines(&text)[0]);
    let row = |line: &&str| {
        let values = cells(line).into_iter().map(|cell| serde_json::from_str(&cell).unwrap());
        head.iter().cloned().zip(values).collect()
    };
    lines(&text)[1..].iter().map(row).collect()
}

#[test]
fn tables_hold_the_history_without_its_speed() {
    let world = trained();
    let (history, accuracy) = (history(&world), rows(&world, "run/train/accuracy.tsv"));
    let losses = rows(&world, "run/train/history.tsv");
    assert_eq!((losses.len(), accuracy.len()), (3, 2));
    for (row, record) in losses.iter().zip(&history) {
        let keys = ["epoch", "last_batch_loss", "learning_rate", "loss"];
        assert_eq!(row.keys().collect::<Vec<_>>(), keys);
        assert!(keys.iter().all(|key| row[*key] == record[*key]), "{row:?} {record}");
    }
    for (row, record) in accuracy.iter().zip(&history[1..]) {
        let keys = ["epoch", "train_accuracy", "validation_accuracy", "validation_loss"];
        assert_eq!(row.keys().collect::<Vec<_>>(), keys);
        assert!(keys.iter().all(|key| row[*key] == record[*key]), "{row:?} {record}");
    }
}

#[test]
fn the_event_file_has_tensorboards_name_and_tags() {
    let world = trained();
    let bytes = std::fs::read(world.path("run/train/events.out.tfevents.0.fer")).unwrap();
    let count = |text: &[u8]| bytes.windows(text.len()).filter(|window| *window == text).count();
    assert_eq!(count(b"brain.Event:2"), 1);
    assert_eq!([count(b"train/loss"), count(b"learning_rate")], [3, 3]);
    let scores: [&[u8]; 3] = [b"train/accuracy", b"validation/accuracy", b"validation/loss"];
    assert_eq!(scores.map(count), [2; 3]);
}

#[test]
fn config_json_names_the_models_classes() {
    let world = trained();
    let config: Value = serde_json::from_str(&world.read("run/train/config.json")).unwrap();
    let model = world.fer(&["inspect", "run/train/model.safetensors", "--json"]).succeeded().json();
    let classes = model["header"]["classes"].as_array().unwrap();
    for (label, name) in classes.iter().enumerate() {
        assert_eq!(&config["id2label"][label.to_string()], name);
        assert_eq!(config["label2id"][name.as_str().unwrap()], label);
    }
    assert_eq!(config["id2label"].as_object().unwrap().len(), 7);
    assert_eq!((&config["model_type"], &config["image_size"]), (&json!("linear"), &json!([48, 48])));
    assert_eq!(config["preprocessing"], model["header"]["preprocessing"]);
}
