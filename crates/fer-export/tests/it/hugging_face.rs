use std::fs;

use fer_artifact::Model;
use fer_export::{Existing, Format};
use serde_json::{Value, json};

use crate::{model, write_as};

/// A file of the folder that a model is exported to.
fn file(model: &Model, name: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let hub = folder.path().join("my faces");
    write_as(model, &hub, Format::HuggingFace, Existing::Keep).unwrap();
    fs::read_to_string(hub.join(name)).unwrap()
}

#[test]
fn the_configurations_hold_what_the_code_reads() {
    let scored = Model { evaluation: json!({"temperature": 1.5}), ..model() };
    let config: Value = serde_json::from_str(&file(&scored, "config.json")).unwrap();
    assert_eq!((&config["temperature"], &config["architectures"]), (&json!(1.5), &json!(["Fer"])));
    assert_eq!((&config["id2label"]["1"], &config["network"]), (&json!("sad \"2\""), &model().network));
    let preprocessor: Value = serde_json::from_str(&file(&scored, "preprocessor_config.json")).unwrap();
    assert_eq!(preprocessor["image_processor_type"], "FerImageProcessor");
    for key in ["equalization", "normalization", "size"] {
        assert_eq!(preprocessor[key], model().preprocessing[key], "{key}");
    }
}

#[test]
fn the_code_knows_every_network_by_name() {
    let code = file(&model(), "modeling_fer.py");
    for network in fer_model::NetworkParams::all() {
        assert!(code.contains(&format!("\"{}\": ", network.name())), "{}", network.name());
    }
}

#[test]
fn the_card_claims_the_scores_and_only_those() {
    let scores = json!({"n": 40, "accuracy": 0.75, "accuracy_ci95": [0.6, 0.85], "balanced_accuracy": 0.5, "macro_f1": 0.25, "ece": 0.125});
    let evaluation = json!({
        "temperature": 1.5,
        "splits": {"test": scores, "validation": scores},
        "ece_calibrated": {"validation": 0.0625},
        "data": {"ingest.source": "0123456789abcdef"},
    });
    let card = file(&Model { evaluation, ..model() }, "README.md");
    let dataset = "      name: \"data 0123456789ab\"\n      split: \"test\"\n      revision: \"0123456789abcdef\"\n";
    assert!(card.starts_with("---\n") && card.contains("- name: \"my faces\"\n") && card.contains(dataset), "{card}");
    assert!(card.contains("    - type: f1\n      name: macro F1\n      value: 0.25\n"), "{card}");
    assert!(card.contains("| test | 40 | 0.750 | 0.600 to 0.850 | 0.500 | 0.250 | 0.125 |\n"), "{card}");
    // With the temperature, which the model applies.
    assert!(card.contains("| validation | 40 | 0.750 | 0.600 to 0.850 | 0.500 | 0.250 | 0.062 |\n"), "{card}");
    assert!(card.contains("(level / 255 − 0.5) / 0.25"), "{card}");
    let without = file(&model(), "README.md");
    assert!(!without.contains("model-index") && without.contains("holds none"), "{without}");
}

#[test]
fn names_with_characters_of_markdown_show_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let hub = folder.path().join("my_faces");
    std::fs::create_dir(&hub).unwrap();
    let classes = vec!["a|b".into(), "`<i>`\n".into()];
    write_as(&Model { classes, ..model() }, &hub, Format::HuggingFace, Existing::Keep).unwrap();
    let card = fs::read_to_string(hub.join("README.md")).unwrap();
    assert!(card.contains("\n# my\\_faces\n"), "{card}");
    assert!(card.contains(r"| classes | a\|b, \`\<i\>\`\\u{a} |"), "{card}");
}

#[test]
fn the_folder_where_one_is_has_its_own_name() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("faces/inner");
    fs::create_dir_all(&inner).unwrap();
    write_as(&model(), &inner.join(".."), Format::HuggingFace, Existing::Overwrite).unwrap();
    let card = fs::read_to_string(folder.path().join("faces/README.md")).unwrap();
    assert!(card.contains("\n# faces\n"), "{card}");
}
