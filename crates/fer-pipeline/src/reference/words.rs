//! What a JSON Schema accepts, in words.

use serde_json::Value;

use crate::yaml::flow::flow;
use crate::yaml::name_first::is_name;

/// Kinds of values that a schema accepts, without nothing.
pub(super) fn alternatives(schema: &Value) -> Vec<&Value> {
    let several = ["anyOf", "oneOf"].iter().find_map(|key| schema[key].as_array());
    match several {
        Some(several) => several.iter().filter(|schema| schema["type"] != "null").flat_map(alternatives).collect(),
        None => vec![schema],
    }
}

/// The key and the word that tell a mapping from others of its kind: `name`, `sgd`.
pub(super) fn choice(schema: &Value) -> Option<(&str, &str)> {
    let properties = schema["properties"].as_object()?;
    let mut names = properties.iter().filter(|(key, _)| is_name(key));
    names.find_map(|(key, property)| Some((key.as_str(), property["const"].as_str()?)))
}

/// What values are accepted: `number above 0`, `` `last` or `best` ``.
pub(super) fn accepted(schema: &Value) -> String {
    let each: Vec<String> = alternatives(schema).into_iter().map(one).collect();
    let mut words: Vec<String> = vec![];
    for word in each {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    match words.as_slice() {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => words.concat(),
    }
}

/// One kind of values.
fn one(schema: &Value) -> String {
    if let Some(title) = schema["title"].as_str() {
        return title.to_owned();
    }
    if let Some((key, word)) = choice(schema) {
        return format!("`{{{key}: {word}}}`");
    }
    if let Some(word) = schema.get("const") {
        return format!("`{}`", flow(word));
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(|word| format!("`{}`", flow(word))).collect::<Vec<_>>().join(", ");
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
        name => name.as_str().into_iter().collect::<Vec<_>>(),
    };
    types.into_iter().map(|name| of_type(name, schema)).collect::<Vec<_>>().join(" or ")
}

fn of_type(name: &str, schema: &Value) -> String {
    match name {
        "boolean" => "true or false".to_owned(),
        "integer" => format!("whole number{}", range(schema)),
        "number" => format!("number{}", range(schema)),
        "string" => "text".to_owned(),
        "array" => list(schema),
        _ => match &schema["additionalProperties"] {
            values @ Value::Object(_) => format!("mapping to {}", accepted(values)),
            _ => only_key(schema).map_or("mapping".to_owned(), |key| format!("`{{{key}: …}}`")),
        },
    }
}

/// The key of a mapping that has one alone.
pub(super) fn only_key(schema: &Value) -> Option<&str> {
    let keys = schema["properties"].as_object().filter(|keys| keys.len() == 1)?;
    keys.keys().next().map(String::as_str)
}

fn list(schema: &Value) -> String {
    let items = accepted(&schema["items"]);
    let of = if items.is_empty() { String::new() } else { format!(": {items}") };
    match (schema["minItems"].as_u64(), schema["maxItems"].as_u64()) {
        (Some(least), Some(most)) if least == most => format!("list of {least}{of}"),
        _ => format!("list{of}"),
    }
}

/// ` above 0`, ` from 0 to below 1`; empty for all numbers.
fn range(schema: &Value) -> String {
    let bound = |key: &str| schema.get(key).filter(|bound| bound.is_number()).map(Value::to_string);
    let plain = |bound: String| bound.strip_suffix(".0").map(str::to_owned).unwrap_or(bound);
    let from = bound("exclusiveMinimum").map(|bound| format!(" above {}", plain(bound)));
    let from = from.or(bound("minimum").map(|bound| format!(" from {}", plain(bound))));
    let to = bound("exclusiveMaximum").map(|bound| format!(" to below {}", plain(bound)));
    let to = to.or(bound("maximum").map(|bound| format!(" to {}", plain(bound))));
    match (from, to) {
        (Some(from), Some(to)) if from.starts_with(" above") => {
            let to = to.strip_prefix(" to ").unwrap_or(&to);
            format!("{from} and {}{to}", if to.starts_with("below") { "" } else { "up to " })
        }
        (from, to) => format!("{}{}", from.unwrap_or_default(), to.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ranges_are_told_in_words() {
        let words = |schema: Value| accepted(&schema);
        assert_eq!(words(json!({"type": "number", "exclusiveMinimum": 0})), "number above 0");
        assert_eq!(words(json!({"type": "number", "minimum": 0, "exclusiveMaximum": 1})), "number from 0 to below 1");
        assert_eq!(
            words(json!({"type": "number", "exclusiveMinimum": 0, "maximum": 1.0})),
            "number above 0 and up to 1"
        );
        assert_eq!(
            words(json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1})),
            "number above 0 and below 1"
        );
        assert_eq!(words(json!({"type": ["integer", "null"], "minimum": 1})), "whole number from 1");
    }

    #[test]
    fn choices_and_lists_are_told_in_words() {
        let names = json!({"oneOf": [{"const": "last", "type": "string"}, {"const": "best", "type": "string"}]});
        assert_eq!(accepted(&names), "`last` or `best`");
        let named = json!({"anyOf": [{"type": "object", "properties": {"name": {"const": "sgd"}}}, {"type": "null"}]});
        assert_eq!(accepted(&named), "`{name: sgd}`");
        let pair = json!({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2});
        assert_eq!(accepted(&pair), "list of 2: whole number");
    }
}
