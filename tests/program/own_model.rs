//! The network that the program ships: what its card says of it, and that it needs no file.

use std::path::{Path, PathBuf};

use fer_artifact::{Model, read};
use serde_json::{Value, json};

use crate::world::World;

fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(in_project(path)).unwrap()
}

#[test]
fn card_and_results_say_what_the_models_header_says() {
    let path = in_project("models/fer48.safetensors");
    assert!(std::fs::metadata(&path).unwrap().len() <= 5_000_000);
    let model: Model = read(&path).unwrap();
    let (card, results) = (text("models/README.md"), text("docs/results.md"));
    let scores = &model.evaluation["splits"]["validation"];
    let number = |value: &Value| value.as_f64().unwrap();
    assert_eq!(model.evaluation["tta"], "none");
    let [low, high] = [0, 1].map(|end| 100.0 * number(&scores["accuracy_ci95"][end]));
    let (accuracy, f1) = (100.0 * number(&scores["accuracy"]), number(&scores["macro_f1"]));
    let row = format!("| none | {accuracy:.1} % | {low:.1} to {high:.1} % | {f1:.3} |");
    assert!(card.contains(&row) && results.contains(&row), "{row}");
    for class in scores["per_class"].as_array().unwrap() {
        let [recall, precision] = ["recall", "precision"].map(|score| 100.0 * number(&class[score]));
        let (name, images, f1) = (class["name"].as_str().unwrap(), &class["support"], number(&class["f1"]));
        let row = format!("| {name} | {images} | {recall:.1} % | {precision:.1} % | {f1:.3} |");
        assert!(card.contains(&row), "{row}");
    }
    let weights = model.tensors.iter().filter(|(name, _)| !name.contains("running_"));
    assert_eq!(weights.map(|(_, array)| array.data.len()).sum::<usize>(), 1_068_439);
    assert!(card.contains(&format!("temperature, {:.2},", number(&model.evaluation["temperature"]))));
}

/// Shown on a few drawn faces and in fewer epochs: all parameters but their number are those in the model's header.
#[test]
fn the_pipeline_file_is_the_one_that_made_it() {
    let own: Model = read(&in_project("models/fer48.safetensors")).unwrap();
    let world = World::new();
    std::fs::create_dir(world.path("pipelines")).unwrap();
    let file = "pipelines/fer2013.yaml";
    std::fs::copy(in_project(file), world.path(file)).unwrap();
    let fewer =
        ["ingest.source.path=../faces.csv", "teacher.epochs=4", "teacher.final_plain_epochs=1", "train.epochs=4"];
    let set = fewer.iter().flat_map(|fewer| ["--set", fewer]);
    world.fer(&["run", file].into_iter().chain(set).collect::<Vec<_>>()).succeeded();
    let made: Model = read(&world.path("runs/fer2013/train/model.safetensors")).unwrap();
    let made_by = made.training["params"].clone();
    assert_eq!(made_by["init"], json!({"from": "teacher"}));
    assert_eq!(made_by["distillation"]["predictions"], json!([{"from": "exam"}]));

    // Its two trainings were two files, and one parameter had another name.
    let mut own_by = own.training["params"].clone();
    let own_epochs = std::mem::replace(&mut own_by["epochs"], json!(4));
    own_by["init"] = made_by["init"].clone();
    own_by["distillation"]["predictions"] = made_by["distillation"]["predictions"].clone();
    own_by["final_plain_epochs"] = own_by.as_object_mut().unwrap().remove("plain_epochs").unwrap();
    assert_eq!(made_by, own_by);
    assert!(world.read(file).contains(&format!("\n      epochs: {own_epochs}\n")));
    assert_eq!((made.preprocessing, made.network), (own.preprocessing, own.network));
}

#[test]
fn a_photograph_needs_no_model() {
    let world = World::new();
    std::fs::copy(in_project("tests/pictures/astronaut.jpg"), world.path("astronaut.jpg")).unwrap();
    let row = world.fer(&["predict", "astronaut.jpg", "--json"]).succeeded().json();
    assert_eq!(row["class"], "happy", "she smiles: {row}");
}

/// The network of seven classes is trained further on three of them.
#[test]
fn a_model_of_other_classes_gives_all_layers_but_the_last() {
    let world = World::new();
    let network = "train.model={name: compact-cnn}";
    world.fer(&["run", "--set", network]).succeeded();
    std::fs::rename(world.path("run/train/model.safetensors"), world.path("start.safetensors")).unwrap();
    let classes = "ingest.classes={glad: [3], sad: [4], rest: [0, 6]}";
    let further =
        ["run", "--run-dir", "further", "--set", network, "--set", classes, "--set", "train.init=start.safetensors"];
    let ran = world.fer(&further).succeeded();
    assert!(ran.stderr.contains("init is of 7 classes: the last layer begins afresh"), "{}", ran.stderr);
    let model: Model = read(&world.path("further/train/model.safetensors")).unwrap();
    assert_eq!(model.classes, ["glad", "sad", "rest"]);
    // Of the same number of classes, all layers are kept, and nothing has to be said.
    let same =
        world.fer(&["run", "--run-dir", "same", "--set", network, "--set", "train.init=start.safetensors"]).succeeded();
    assert!(!same.stderr.contains("afresh"), "{}", same.stderr);
}
