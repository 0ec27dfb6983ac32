//! The JSON Schema of pipeline files, made of the types that read them.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::StageKind;
use crate::chain::RawChain;
use crate::stages::entry;

/// The JSON Schema of pipeline files, of draft 7, as editors read it.
pub fn schema() -> Value {
    let mut generator = generator();
    let mut file = generator.clone().into_root_schema_for::<RawChain>().to_value();
    file["title"] = json!("A pipeline file of fer");
    let stage = file["properties"]["stages"]["items"].take();
    file["properties"]["stages"]["items"] = of_stages(&stage, &mut generator);
    let values = json!({"type": "array", "items": true, "minItems": 1});
    let seeds = json!({"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1});
    let matrix = &mut file["properties"]["matrix"];
    matrix["propertyNames"] = json!({"pattern": r"^(seeds|seed|[a-z][a-z0-9_-]*(\.[^.]+)+)$"});
    matrix["properties"] = json!({"seeds": seeds});
    matrix["additionalProperties"] = values;
    file
}

/// The JSON Schema of a stage's parameters.
pub(super) fn of_params(kind: StageKind, generator: &mut SchemaGenerator) -> Value {
    let mut schema = (entry(kind).schema)(generator);
    Tidy.transform(&mut schema);
    schema.to_value()
}

/// A generator of schemas without references: each type stands where it is used.
pub(super) fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    settings.with_transform(Tidy).into_generator()
}

/// An entry of `stages`: of one kind with its parameters, or a program in the place of one. `stage` has the keys that all
/// entries have.
fn of_stages(stage: &Value, generator: &mut SchemaGenerator) -> Value {
    let keys = &stage["properties"];
    let mut entries: Vec<Value> = StageKind::ALL.map(|kind| of_kind(kind, keys, generator)).to_vec();
    let mut params = json!({"type": ["object", "null"], "default": {}});
    params["description"] = keys["params"]["description"].clone();
    let mut program = json!({"type": "object", "additionalProperties": false, "required": ["stage", "command"]});
    program["description"] = json!("A program in place of a stage.");
    program["properties"] = keys.clone();
    program["properties"]["params"] = params;
    entries.push(program);
    json!({"oneOf": entries})
}

fn of_kind(kind: StageKind, keys: &Value, generator: &mut SchemaGenerator) -> Value {
    let params = of_params(kind, generator);
    let is_needed = params["required"].as_array().is_some_and(|required| !required.is_empty());
    let required = if is_needed { json!(["stage", "params"]) } else { json!(["stage"]) };
    let params = if is_needed { params } else { json!({"anyOf": [params, {"type": "null"}], "default": {}}) };
    let described = &keys["stage"]["description"];
    let stage = json!({"type": "string", "const": kind.name(), "description": described});
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": {"stage": stage, "name": keys["name"], "params": params},
    })
}

/// Says in a schema what a person wants to know, and no more: the first paragraph of a comment, without Rust's links; no
/// formats of numbers; nothing as the default of what may be left out and be nothing.
#[derive(Clone)]
struct Tidy;

impl Transform for Tidy {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        object.remove("format");
        if let Some(Value::String(text)) = object.get_mut("description") {
            *text = paragraph(text);
        }
        let required = object.get("required").cloned().unwrap_or_default();
        let is_required = |name: &String| required.as_array().is_some_and(|names| names.contains(&json!(name)));
        let properties = object.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            if !is_required(name) && may_be_null(property) && property.get("default").is_none() {
                property["default"] = Value::Null;
            }
        }
    }
}

fn may_be_null(schema: &Value) -> bool {
    let null = json!("null");
    let is_null = |schema: &Value| schema["type"] == null;
    let among = |key: &str| schema[key].as_array().is_some_and(|schemas| schemas.iter().any(is_null));
    is_null(schema) || schema["type"].as_array().is_some_and(|types| types.contains(&null)) || among("anyOf")
}

/// The first paragraph, in one line, with names of code in place of links to them.
fn paragraph(text: &str) -> String {
    let first = text.split("\n\n").next().unwrap_or_default();
    let line = first.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace("[`", "`").replace("`]", "`")
}
