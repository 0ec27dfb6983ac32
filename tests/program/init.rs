//! `fer init X && fer run`: own faces to a report in two commands, for the layouts in which faces come.

use std::path::Path;

use fer_artifact::FER2013_CLASSES;
use image::GrayImage;
use image::imageops::{FilterType, resize};
use serde_json::Value;

use crate::world::{Ended, World};

/// A drawn face: its class's number, its picture, its split in FER2013's words.
struct Face {
    class: usize,
    picture: GrayImage,
    usage: String,
}

/// The faces of the world's own CSV file, which is then gone, as is its pipeline file.
fn faces(world: &World) -> Vec<Face> {
    let text = world.read("faces.csv");
    for name in ["faces.csv", "pipeline.yaml"] {
        std::fs::remove_file(world.path(name)).unwrap();
    }
    let face = |line: &str| {
        let [class, pixels, usage] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        let pixels = pixels.split(' ').map(|pixel| pixel.parse().unwrap()).collect();
        let picture = GrayImage::from_raw(48, 48, pixels).unwrap();
        Face { class: class.parse().unwrap(), picture, usage: usage.to_owned() }
    };
    text.lines().skip(1).map(face).collect()
}

fn save(world: &World, path: impl AsRef<Path>, picture: &GrayImage) {
    let path = world.path(path.as_ref().to_str().unwrap());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    picture.save(path).unwrap();
}

/// Two commands, of which neither may fail; what the first one says.
#[track_caller]
fn init_and_run(world: &World, source: &str) -> String {
    let told = world.fer(&["init", source, "--minutes", "0.01"]).succeeded().stdout;
    assert!(told.ends_with("\nwrote pipeline.yaml\nnext: fer run\n"), "{told}");
    let ran = world.fer(&["run"]).succeeded();
    let report = ran.stdout.lines().last().and_then(|line| line.strip_prefix("report: ")).expect("a report");
    assert!(world.path(report).is_file(), "{ran:?}");
    // What is told comes true: the same rows, whatever the seed.
    let seen = told.lines().next().unwrap();
    assert!(ran.stderr.contains(seen), "{seen}: {}", ran.stderr);
    told
}

/// A parameter of the run, as the lock has it.
fn parameter(world: &World, run: &str, pointer: &str) -> Value {
    let lock: Value = serde_json::from_str(&world.read(&format!("runs/{run}/run.lock.json"))).unwrap();
    let (stage, rest) = pointer.split_once('/').unwrap();
    lock["stages"][stage]["params"].pointer(&format!("/{rest}")).cloned().unwrap_or_default()
}

fn data_report(world: &World, run: &str) -> Value {
    serde_json::from_str(&world.read(&format!("runs/{run}/ingest/data-report.json"))).unwrap()
}

#[test]
fn a_folder_of_class_folders_whose_names_say_people() {
    let world = World::new();
    let classes = ["anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise"];
    for (row, Face { class, picture, .. }) in faces(&world).iter().enumerate() {
        save(&world, format!("CK+48/{}/S{:03}_002_{row:08}.png", classes[*class], row % 12), picture);
    }
    let told = init_and_run(&world, "CK+48");
    assert!(told.contains("ingest.group: file names that look like 12 people, such as `S000`"), "{told}");
    assert_eq!(parameter(&world, "CK48", "ingest/classes"), serde_json::json!(classes), "the names of the folders");
    assert_eq!(parameter(&world, "CK48", "ingest/split/kind"), "stratified");
    let groups = &data_report(&world, "CK48")["groups"];
    assert_eq!(groups["shared"]["count"], 0, "{groups}");
    assert_eq!(groups["splits"].as_object().unwrap().len(), 3, "{groups}");
}

#[test]
fn folders_called_by_numbers_within_folders_of_splits_of_large_pictures() {
    let world = World::new();
    for (row, Face { class, picture, usage }) in faces(&world).iter().enumerate() {
        let split = if usage == "Training" { "train" } else { "test" };
        let picture = resize(picture, 100, 100, FilterType::Triangle);
        save(&world, format!("archive/DATASET/{split}/{}/{split}_{row:05}_aligned.jpg", class + 1), &picture);
    }
    std::fs::write(world.path("archive/train_labels.csv"), "image,label\ntrain_00001_aligned.jpg,5\n").unwrap();
    let told = init_and_run(&world, "archive");
    assert!(told.contains("the folders are called 1, 2, 3, 4, 5, 6, 7; a map gives them names"), "{told}");
    assert!(told.contains("ingest.size: the pictures have 100×100 pixels"), "{told}");
    assert_eq!(parameter(&world, "archive", "ingest/classes"), serde_json::json!(["1", "2", "3", "4", "5", "6", "7"]));
    assert_eq!(parameter(&world, "archive", "ingest/split"), serde_json::json!({"kind": "usage", "validation": 0.1}));
    let splits = &data_report(&world, "archive")["splits"];
    assert_eq!((&splits["test"]["rows"], splits["validation"]["rows"].as_u64() > Some(0)), (&28.into(), true));
}

#[test]
fn a_csv_file_as_fer2013_has_it() {
    let world = World::new();
    std::fs::remove_file(world.path("pipeline.yaml")).unwrap();
    let told = init_and_run(&world, "faces.csv");
    assert!(told.contains("ingest.split: the source has splits: 112 train, 14 validation, 14 test"), "{told}");
    assert_eq!(parameter(&world, "faces", "ingest/classes"), serde_json::json!(FER2013_CLASSES));
    assert_eq!(parameter(&world, "faces", "ingest/split"), serde_json::json!({"kind": "usage"}));
    assert_eq!(parameter(&world, "faces", "train/select"), "best");
}

#[test]
fn folders_of_train_and_test_without_validation() {
    let world = World::new();
    for (row, Face { class, picture, usage }) in faces(&world).iter().enumerate() {
        let (split, name) = if usage == "Training" { ("train", "Training") } else { ("test", "PublicTest") };
        save(&world, format!("archive/{split}/{}/{name}_{row}.png", FER2013_CLASSES[*class]), picture);
    }
    let told = init_and_run(&world, "archive");
    assert!(
        told.contains("the source has 112 train, 28 test, and no validation: a tenth of train becomes it"),
        "{told}"
    );
    assert!(!told.contains("ingest.group"), "words for splits are no people: {told}");
}

#[test]
fn a_csv_file_without_splits() {
    let world = World::new();
    let text = world.read("faces.csv");
    let cut: Vec<&str> = text.lines().map(|line| line.rsplit_once(',').unwrap().0).collect();
    std::fs::remove_file(world.path("pipeline.yaml")).unwrap();
    std::fs::write(world.path("faces.csv"), cut.join("\n")).unwrap();
    let told = init_and_run(&world, "faces.csv");
    assert!(told.contains("rows are dealt out by the seed"), "{told}");
    let splits = data_report(&world, "faces")["splits"].clone();
    let rows = ["train", "validation", "test"].map(|split| splits[split]["rows"].as_u64().unwrap());
    assert_eq!(rows.iter().sum::<u64>(), 140);
    assert!(rows[0] > 100 && rows[1] > 7 && rows[2] > 7, "{rows:?}");
}

#[test]
fn a_csv_file_of_train_alone_with_people_copies_and_a_broken_row() {
    let world = World::new();
    let text = world.read("faces.csv");
    std::fs::remove_file(world.path("pipeline.yaml")).unwrap();
    let rows: Vec<&str> = text.lines().skip(1).collect();
    let mut lines = vec!["label,subject,pixels,Usage".to_owned()];
    for (row, line) in rows.iter().chain(&rows[..5]).enumerate() {
        let [class, pixels, _] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        lines.push(format!(
            "{},p{},{pixels},Training",
            ["cross", "glad"][class.parse::<usize>().unwrap() % 2],
            row % 5
        ));
    }
    lines.push("glad,p1,1 2 3,Training".to_owned());
    std::fs::write(world.path("faces.csv"), lines.join("\n")).unwrap();
    let told = init_and_run(&world, "faces.csv");
    for part in [
        "ingest.classes: the labels of the source, in alphabetical order",
        "ingest.group: the column `subject`: no split knows the faces of another",
        "ingest.split: with 5 groups, one fold is test; the others train",
        "ingest.on_bad_row: 1 rows cannot be used, the first: row 145 (line 147)",
        "ingest.drop_duplicates: 4 images of train are copies within it, 0 stand in a held-out split too",
        "train.select: there is no validation to choose an epoch by",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_list_of_pictures_of_many_sizes() {
    let world = World::new();
    let mut lines = vec!["path,emotion,split".to_owned()];
    for (row, Face { class, picture, usage }) in faces(&world).iter().enumerate() {
        let side = 40 + row as u32 % 5;
        save(&world, format!("pictures/{row}.png"), &resize(picture, side, side + 2, FilterType::Triangle));
        let split = if usage == "Training" { "train" } else { "val" };
        lines.push(format!("pictures/{row}.png,{},{split}", FER2013_CLASSES[*class]));
    }
    std::fs::write(world.path("list.csv"), lines.join("\n")).unwrap();
    let told = init_and_run(&world, "list.csv");
    assert!(told.contains("ingest.size: the pictures have 5 sizes, from 42×40 to 46×44 pixels"), "{told}");
    assert_eq!(parameter(&world, "list", "ingest/source/kind"), "manifest");
    assert_eq!(parameter(&world, "list", "ingest/size"), serde_json::json!([46, 46]));
}

#[test]
fn the_file_says_what_each_value_means_and_why() {
    let world = World::new();
    std::fs::remove_file(world.path("pipeline.yaml")).unwrap();
    std::fs::create_dir(world.path("data")).unwrap();
    std::fs::rename(world.path("faces.csv"), world.path("data/faces.csv")).unwrap();
    let chosen = world.fer(&["init", "data/faces.csv", "--minutes", "0.01", "--json"]).succeeded().json();
    assert_eq!(chosen["file"], "data/pipeline.yaml", "beside the faces");
    assert_eq!(chosen["choices"][0]["value"], serde_json::json!({"kind": "csv", "path": "faces.csv"}));
    let text = world.read("data/pipeline.yaml");
    // How long it takes is the machine's.
    let (before, rest) = text.split_once("# Here: about").unwrap();
    let (measured, after) = rest.split_once("epochs: ").unwrap();
    let (epochs, after) = after.split_once('\n').unwrap();
    assert!(epochs.parse::<usize>().is_ok_and(|epochs| (1..=60).contains(&epochs)), "{epochs}");
    let measured: Vec<&str> = measured.split_whitespace().filter(|word| *word != "#").collect();
    let measured = measured.join(" ");
    assert!(measured.contains("images a second as `fer init` measured it"), "{measured}");
    insta::assert_snapshot!("a-pipeline-file-of-init", format!("{before}# Here: about …\n      epochs: N\n{after}"));
    world.fer(&["plan", "data/pipeline.yaml"]).succeeded();
}

#[test]
fn a_file_that_is_there_stays_unless_it_is_to_go() {
    let world = World::new();
    let before = world.read("pipeline.yaml");
    let refused = world.fer(&["init", "faces.csv"]);
    assert_eq!((refused.code, world.read("pipeline.yaml")), (1, before.clone()));
    assert_eq!(
        refused.stderr,
        "error: pipeline.yaml: the file is there; `--force` overwrites it, `--out FILE` writes another\n"
    );
    world.fer(&["init", "faces.csv", "--out", "other.yaml", "--minutes", "0.01"]).succeeded();
    assert_eq!(world.read("pipeline.yaml"), before);
    world.fer(&["init", "faces.csv", "--force", "--minutes", "0.01"]).succeeded();
    assert_ne!(world.read("pipeline.yaml"), before);
}

#[test]
fn what_is_no_source_of_faces_is_told() {
    let world = World::new();
    std::fs::remove_file(world.path("pipeline.yaml")).unwrap();
    std::fs::create_dir(world.path("empty")).unwrap();
    let told = |arguments: &[&str]| {
        let Ended { code, stderr, .. } = world.fer(arguments);
        assert_ne!(code, 0);
        stderr
    };
    let expected = "error: ingest: empty: expected folders named after classes, or after splits with such folders in them, \
                    found none\n";
    assert_eq!(told(&["init", "empty"]), expected);
    std::fs::write(world.path("table.csv"), "a,b\n1,2\n").unwrap();
    assert!(
        told(&["init", "table.csv"]).starts_with("error: ingest: table.csv: expected a column `feature` or `pixels`")
    );
    std::fs::write(world.path("rows.csv"), "emotion,pixels\n").unwrap();
    assert_eq!(
        told(&["init", "rows.csv"]),
        "error: ingest: rows.csv: expected at least one row after the header, found none\n"
    );
    assert!(!world.path("empty/pipeline.yaml").exists());
    let within = told(&["init", "empty", "--out", "empty/new/p.yaml"]);
    assert!(!world.path("empty/new").exists() && within.contains("empty/new/p.yaml"), "{within}");
}

#[test]
fn faces_in_the_place_of_a_pipeline_file_lead_to_init() {
    let world = World::new();
    std::fs::create_dir(world.path("my-faces")).unwrap();
    for command in ["run", "plan", "status"] {
        let ended = world.fer(&[command, "faces.csv"]);
        let expected = "error: faces.csv: expected a pipeline file, found a CSV file; `fer init faces.csv` writes a pipeline \
                        file for it\n";
        assert_eq!((ended.code, ended.stderr.as_str()), (2, expected));
    }
    let ended = world.fer(&["run", "my-faces"]);
    assert!(ended.stderr.contains("found a folder; `fer init my-faces` writes"), "{ended:?}");
    let ended = world.fer(&["train"]);
    assert!(ended.stderr.contains("`fer run --only train` its stage `train` alone"), "{ended:?}");
}

#[test]
fn classes_from_folders_are_written_out_and_change_with_the_folders() {
    let world = World::new();
    for (row, Face { class, picture, .. }) in faces(&world).iter().enumerate() {
        save(&world, format!("faces/{}/{row}.png", ["Zorn", "arm", "Éclat"][class % 3]), picture);
    }
    let file = crate::world::PIPELINE
        .replace("{kind: csv, path: faces.csv}", "{kind: folder, path: faces}")
        .replace("split: {kind: usage}", "split: {kind: head, train: 120}\n      classes: from-folders");
    std::fs::write(world.path("pipeline.yaml"), &file).unwrap();
    world.fer(&["run"]).succeeded();
    let resolved = world.read("run/config.resolved.yaml");
    assert!(resolved.contains("    classes:\n    - arm\n    - Zorn\n    - Éclat\n"), "{resolved}");
    std::fs::create_dir(world.path("faces/bored")).unwrap();
    let plan = world.fer(&["plan"]).succeeded().stdout;
    assert!(plan.starts_with("ingest: parameter classes "), "{plan}");
    std::fs::write(
        world.path("pipeline.yaml"),
        file.replace("kind: folder, path: faces", "kind: csv, path: faces.csv"),
    )
    .unwrap();
    let refused = world.fer(&["plan"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("`classes: from-folders` needs a source of kind folder"), "{refused:?}");
}

#[test]
fn parquet_files_are_looked_at_as_a_csv_file_is() {
    let world = World::new();
    let hub = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/parquet/hub/data");
    std::fs::create_dir(world.path("hub")).unwrap();
    for entry in std::fs::read_dir(hub).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, world.path("hub").join(path.file_name().unwrap())).unwrap();
    }
    let told = world.fer(&["init", "hub", "--minutes", "0.01", "--force"]).succeeded();
    assert!(told.stdout.contains("ingest.split: the source has splits: 5 train, 1 validation, 2 test\n"), "{told:?}");
    let file = world.read("pipeline.yaml");
    assert!(file.contains("source: {kind: parquet, path: hub}") && file.contains("classes: [angry, happy, neutral]"));
    world.fer(&["run"]).succeeded();
    // One file, without splits.
    std::fs::rename(world.path("hub/train-00000-of-00002.parquet"), world.path("some.parquet")).unwrap();
    let told = world.fer(&["init", "some.parquet", "--minutes", "0.01", "--force"]).succeeded();
    assert!(told.stdout.contains("ingest.split: the source has no splits to train and to judge on"), "{told:?}");
}
