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

/// Gives a type that reads itself the JSON Schema of what it reads. The schema stands where the type is used, under no name.
///
/// ```
/// use fer_artifact::inline_schema;
/// use schemars::{JsonSchema, json_schema};
///
/// struct Even(u32);
/// inline_schema!(Even, |_| json_schema!({"type": "integer", "multipleOf": 2}));
/// assert_eq!(schemars::schema_for!(Even).get("multipleOf"), Some(&2.into()));
/// ```
#[macro_export]
macro_rules! inline_schema {
    ($type:ident, |$generator:tt| $schema:expr) => {
        impl ::schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema($generator: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                $schema
            }
        }
    };
}
