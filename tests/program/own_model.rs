//! The networks that the program ships: what their card says of them, what they answer, and that they need no file.

use std::path::{Path, PathBuf};

use fer_artifact::{Model, read};
use fer_predict::BUILT_IN;
use serde_json::{Value, json};

use crate::world::World;

fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(in_project(path)).unwrap()
}

#[test]
fn card_and_results_say_what_the_models_headers_say() {
    let (card, results) = (text("models/README.md"), text("docs/results.md"));
    for name in BUILT_IN {
        let path = in_project(&format!("models/{name}.safetensors"));
        assert!(std::fs::metadata(&path).unwrap().len() <= 5_000_000);
        let model: Model = read(&path).unwrap();
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
        let weights = weights.map(|(_, array)| array.data.len()).sum::<usize>();
        let weights = format!("{},{:03},{:03} weights", weights / 1_000_000, weights / 1000 % 1000, weights % 1000);
        assert!(card.contains(&weights), "{weights}");
        assert!(card.contains(&format!("temperature, {:.2},", number(&model.evaluation["temperature"]))));
    }
}

/// A network whose weights, preprocessing or temperature are others than those that ONNX Runtime was asked about answers otherwise.
#[test]
fn drawn_faces_are_answered_as_onnx_runtime_answers_them() {
    let golden: Value = serde_json::from_str(&text("tests/golden/built_in/probabilities.json")).unwrap();
    let world = World::new();
    let sample = in_project("data/sample.csv.zst");
    for name in BUILT_IN {
        let rows = world.fer(&["predict", sample.to_str().unwrap(), "--json", "--model", name]).succeeded().stdout;
        let expected = golden[name].as_array().unwrap();
        assert_eq!(expected.len(), 12);
        for (row, expected) in rows.lines().zip(expected) {
            let found: Value = serde_json::from_str(row).unwrap();
            let [found, expected] = [&found["probabilities"], expected].map(|of| of.as_object().unwrap());
            assert!(found.keys().eq(expected.keys()));
            for (class, probability) in found {
                let [found, expected] = [probability, &expected[class]].map(|of| of.as_f64().unwrap());
                assert!((found - expected).abs() < 2e-5, "{name}, {class}: {found}, not {expected}");
            }
        }
    }
}

/// The model that a pipeline file of the project makes of a few drawn faces, in fewer epochs.
fn made_by(world: &World, file: &str, fewer: &[&str]) -> Model {
    let file = format!("pipelines/{file}");
    for (folder, file) in [("pipelines", &*file), ("models", "models/fer48.safetensors")] {
        std::fs::create_dir(world.path(folder)).unwrap();
        std::fs::copy(in_project(file), world.path(file)).unwrap();
    }
    let set = ["ingest.source.path=../faces.csv"].iter().chain(fewer).flat_map(|set| ["--set", set]);
    world.fer(&["run", &*file, "--run-dir=run"].into_iter().chain(set).collect::<Vec<_>>()).succeeded();
    read(&world.path("run/train/model.safetensors")).unwrap()
}

/// All parameters but the number of epochs are those in the model's header.
#[test]
fn the_pipeline_file_of_fer48_is_the_one_that_made_it() {
    let own: Model = read(&in_project("models/fer48.safetensors")).unwrap();
    let world = World::new();
    let fewer = ["teacher.epochs=4", "teacher.final_plain_epochs=1", "train.epochs=4"];
    let made = made_by(&world, "fer2013.yaml", &fewer);
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
    assert!(text("pipelines/fer2013.yaml").contains(&format!("\n      epochs: {own_epochs}\n")));
    assert_eq!((made.preprocessing, made.network), (own.preprocessing, own.network));
}

#[test]
fn the_pipeline_file_of_ferplus48_is_the_one_that_made_it() {
    let own: Model = read(&in_project("models/ferplus48.safetensors")).unwrap();
    let world = World::new();
    // Of FER2013's classes in its order: where FER+ has them. Ten people see what is drawn.
    let places = [4, 5, 6, 1, 3, 2, 0];
    let mut votes =
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n".to_owned();
    for (row, line) in world.read("faces.csv").lines().skip(1).enumerate() {
        let (label, usage) = (line.split(',').next().unwrap(), line.rsplit(',').next().unwrap());
        let place: usize = places[label.parse::<usize>().unwrap()];
        let counts: Vec<&str> = (0..10).map(|at| if at == place { "10" } else { "0" }).collect();
        votes += &format!("{usage},fer{row:07}.png,{}\n", counts.join(","));
    }
    std::fs::write(world.path("fer2013new.csv"), votes).unwrap();
    let made = made_by(&world, "ferplus.yaml", &["ingest.votes.path=../fer2013new.csv", "train.epochs=4"]);
    let mut own_by = own.training["params"].clone();
    let own_epochs = std::mem::replace(&mut own_by["epochs"], json!(4));
    assert_eq!(made.training["params"], own_by);
    assert!(text("pipelines/ferplus.yaml").contains(&format!("\n      epochs: {own_epochs}\n")));
    assert_eq!((made.preprocessing, made.network, made.classes), (own.preprocessing, own.network, own.classes));
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
