//! A `config.json` as Hugging Face's libraries expect it beside a `model.safetensors`, and what says how images are made.

use std::collections::BTreeMap;

use fer_artifact::{Model, canonical_json};
use serde::Serialize;
use serde_json::{Map, Value};

/// Names and meanings are those of `transformers.PretrainedConfig`; `network` and `preprocessing` are the model
/// header's.
#[derive(Serialize)]
struct Config<'a> {
    model_type: &'a Value,
    problem_type: &'static str,
    num_channels: usize,
    /// Height and width.
    image_size: [&'a Value; 2],
    /// In the order of the labels.
    id2label: BTreeMap<usize, &'a str>,
    label2id: BTreeMap<&'a str, usize>,
    network: Value,
    preprocessing: Value,
}

/// What a folder to hand on says beyond that.
#[derive(Serialize)]
struct Exported<'a> {
    /// The class of the folder's `modeling_fer.py`.
    architectures: [&'static str; 1],
    #[serde(flatten)]
    config: Config<'a>,
    /// What logits are divided by.
    temperature: f64,
}

/// What beside a model of the train stage tells its classes.
pub(crate) fn config(model: &Model) -> String {
    pretty(&Config::of(model))
}

/// The same in a folder to hand on.
pub(crate) fn exported_config(model: &Model, temperature: f64) -> String {
    pretty(&Exported { architectures: ["Fer"], config: Config::of(model), temperature })
}

/// What is done to an image; `Fer.from_pretrained` of the folder's `modeling_fer.py` reads it. No processor of the
/// library `transformers` has the equalisation, so the type names none of them, and none is taken for it.
pub(crate) fn preprocessor_config(model: &Model) -> String {
    let mut config = Map::from_iter([("image_processor_type".to_owned(), Value::from("FerImageProcessor"))]);
    config.extend(sorted(&model.preprocessing).as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
    pretty(&config)
}

impl<'a> Config<'a> {
    fn of(model: &'a Model) -> Self {
        let labels = || model.classes.iter().map(String::as_str).enumerate();
        Self {
            model_type: &model.network["name"],
            problem_type: "single_label_classification",
            num_channels: 1,
            image_size: [&model.network["height"], &model.network["width"]],
            id2label: labels().collect(),
            label2id: labels().map(|(label, name)| (name, label)).collect(),
            network: sorted(&model.network),
            preprocessing: sorted(&model.preprocessing),
        }
    }
}

fn sorted(value: &Value) -> Value {
    serde_json::from_str(&canonical_json(value)).expect("canonical JSON is JSON")
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("names and numbers are representable in JSON") + "\n"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_stand_in_their_order_however_many_there_are() {
        let model = Model {
            classes: (0..11).rev().map(|class| format!("class {class}")).collect(),
            network: json!({"name": "linear", "height": 48, "width": 32, "classes": 11}),
            preprocessing: json!({"equalization": "none"}),
            training: Value::Null,
            evaluation: Value::Null,
            tensors: BTreeMap::new(),
        };
        let text = config(&model);
        assert!(text.find("\"2\": \"class 8\"") < text.find("\"10\": \"class 0\""), "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&value["label2id"]["class 10"], &value["image_size"]), (&json!(0), &json!([48, 32])));
        assert_eq!((&value["model_type"], &value["network"]["classes"]), (&json!("linear"), &json!(11)));
    }
}
