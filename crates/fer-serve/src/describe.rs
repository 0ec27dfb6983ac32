//! Parts of the description: an answer, and a query's parameters.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// An answer of this type as JSON.
pub(crate) fn answer<T: JsonSchema>(schemas: &mut SchemaGenerator, description: &str) -> Value {
    json!({
        "description": description,
        "content": {"application/json": {"schema": schemas.subschema_for::<T>()}},
    })
}

/// The query's parameters.
pub(crate) fn parameters<Asked: JsonSchema>() -> Vec<Value> {
    // Each parameter stands for itself: what it would refer to lies in no part of the document.
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<Asked>();
    let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let parameter = |(name, mut schema): (String, Value)| {
        let description = schema.as_object_mut().and_then(|schema: &mut Map<_, _>| schema.remove("description"));
        json!({"name": name, "in": "query", "required": required.iter().any(|known| *known == *name), "description": description, "schema": schema})
    };
    properties.into_iter().map(parameter).collect()
}
