//! What the derived JSON Schema of a choice between sets of settings does not know by itself.

use schemars::Schema;
use serde::Serialize;
use serde_json::{Value, json};

/// Writes the settings of each choice as their defaults into the schema of an enum that one key, `tag`, tells apart, so
/// that no setting must be given. `choices` are the variants with their defaults.
///
/// # Panics
/// If the schema is not one of such an enum, or has a variant that is none of `choices`.
pub fn settings_have_defaults<T: Serialize>(schema: &mut Schema, tag: &str, choices: &[T]) {
    let choices: Vec<Value> = choices.iter().map(|choice| json!(choice)).collect();
    for variant in variants(schema) {
        let name = variant["properties"][tag]["const"].clone();
        let choice = choices.iter().find(|choice| choice[tag] == name).expect("each variant has its defaults");
        variant["required"] = json!([tag]);
        let settings = variant["properties"].as_object_mut().expect("a variant has properties");
        for (key, setting) in settings.iter_mut().filter(|(key, _)| *key != tag) {
            setting["default"] = choice[key].clone();
        }
    }
}

/// Lets the first choice be meant where none is named.
///
/// # Panics
/// If the schema is not one of an enum.
pub fn first_needs_no_name(schema: &mut Schema) {
    variants(schema)[0]["required"] = json!([]);
}

/// The schemas of an enum's variants.
///
/// # Panics
/// If the schema is not one of an enum.
pub fn variants(schema: &mut Schema) -> &mut Vec<Value> {
    schema.get_mut("oneOf").and_then(Value::as_array_mut).expect("an enum has variants")
}
