//! Puts serde's messages into the words of someone who writes a pipeline file.

use crate::yaml::locate::{Part, Segment};

/// What is wrong with a value, where in the tree, and which part of that entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) path: Vec<Segment>,
    pub(crate) part: Part,
    pub(crate) message: String,
}

/// `path` leads from the top of the parsed value to where serde failed with `message`; `name` is what the user calls
/// that top (`train.params`; empty for the whole file).
pub(crate) fn fault(name: &str, mut path: Vec<Segment>, message: &str) -> Fault {
    let mut names = message.split('`').skip(1).step_by(2);
    let first = names.next().unwrap_or_default().to_owned();
    let valid: Vec<&str> = names.collect();
    if message.starts_with("unknown field") {
        if path.last() != Some(&Segment::from(first.as_str())) {
            path.push(first.as_str().into());
        }
        let place = within(name, &path[..path.len() - 1]);
        let message = format!("unknown key `{first}`{place}; {}", suggestion(&first, &valid));
        return Fault { path, part: Part::Key, message };
    }
    if message.starts_with('`') && message.contains("` does not apply to `") {
        let message = format!("{}{message}", prefix(name, &path));
        path.push(first.as_str().into());
        return Fault { path, part: Part::Key, message };
    }
    let message = if message.starts_with("unknown variant") {
        format!("{}unknown value `{first}`; {}", prefix(name, &path), suggestion(&first, &valid))
    } else if message.starts_with("missing field") {
        format!("missing key `{first}`{}", within(name, &path))
    } else {
        format!("{}{}", prefix(name, &path), reworded(message))
    };
    Fault { path, part: Part::Value, message }
}

/// `did you mean …?` where something is near, else all that is valid.
pub(crate) fn suggestion(wrong: &str, valid: &[&str]) -> String {
    let nearest = valid.iter().map(|name| (likeness(wrong, name), name)).max_by(|(a, _), (b, _)| a.total_cmp(b));
    match nearest {
        None => "none is expected here".to_owned(),
        Some((score, name)) if score >= 0.5 => format!("did you mean `{name}`?"),
        Some((_, name)) if valid.len() == 1 => format!("expected `{name}`"),
        Some(_) => format!("expected one of {}", list(valid)),
    }
}

fn likeness(wrong: &str, name: &str) -> f64 {
    let (wrong, name) = (wrong.to_lowercase(), name.to_lowercase());
    let part = wrong.len() >= 3 && (name.contains(&wrong) || wrong.contains(&name));
    strsim::normalized_damerau_levenshtein(&wrong, &name).max(if part { 0.6 } else { 0.0 })
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A path as the user would write it: `train.params.model.dropout[1]`.
fn dotted(name: &str, path: &[Segment]) -> String {
    let mut text = name.to_owned();
    for segment in path {
        match segment {
            Segment::Key(key) if text.is_empty() => text.push_str(key),
            Segment::Key(key) => text.extend([".", key]),
            Segment::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

fn within(name: &str, path: &[Segment]) -> String {
    match dotted(name, path) {
        place if place.is_empty() => place,
        place => format!(" in {place}"),
    }
}

fn prefix(name: &str, path: &[Segment]) -> String {
    match dotted(name, path) {
        place if place.is_empty() => place,
        place => format!("{place}: "),
    }
}

/// `invalid type: string "x", expected usize` → `expected a whole number, found "x"`.
fn reworded(message: &str) -> String {
    if message.starts_with("invalid length ") && message.contains(", expected struct ") {
        // A list whose entries serde would take for the mapping's values in their order.
        return "expected a mapping, found a list".to_owned();
    }
    let body = ["invalid type: ", "invalid value: ", "invalid length "].iter().find_map(|p| message.strip_prefix(p));
    let body = body.map(|body| body.replace(", expected an array of length ", ", expected a list of length "));
    match body.as_deref().and_then(|body| body.rsplit_once(", expected ")) {
        // What range a whole number must have, its type tells only once it has a number.
        Some((found, expected)) if message.starts_with("invalid type") => {
            let kind = kind(expected);
            format!("expected {}, found {}", kind.strip_suffix(" from 0").unwrap_or(kind), sample(found))
        }
        Some((found, expected)) => format!("expected {}, found {}", kind(expected), sample(found)),
        None => message.to_owned(),
    }
}

fn kind(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "a nonzero usize" => "a whole number from 1",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "path string" | "string" => "text",
        "a sequence" => "a list",
        "a map" => "a mapping",
        other if other.starts_with("struct ") => "a mapping",
        other if other.starts_with("enum ") || other == "string or map" || other == "variant identifier" => "a name",
        other => other,
    }
}

fn sample(found: &str) -> &str {
    let inner = ["integer `", "floating point `", "boolean `", "character `"]
        .iter()
        .find_map(|kind| found.strip_prefix(kind))
        .and_then(|rest| rest.split('`').next());
    match found {
        "null" | "unit value" | "Option value" => "nothing",
        "map" => "a mapping",
        "sequence" => "a list",
        _ => inner.or(found.strip_prefix("string ")).unwrap_or(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_valid_one() {
        let fault = fault("train.params", vec!["epoch".into()], "unknown field `epoch`, expected `epochs` or `model`");
        assert_eq!(fault.message, "unknown key `epoch` in train.params; did you mean `epochs`?");
        assert_eq!(fault.part, Part::Key);
    }

    #[test]
    fn a_far_off_key_is_answered_with_all_valid_ones() {
        let fault = fault("", vec![], "unknown field `zebra`, expected one of `seed`, `run_dir`, `stages`");
        assert_eq!(fault.message, "unknown key `zebra`; expected one of `seed`, `run_dir`, `stages`");
        assert_eq!(fault.path, vec![Segment::from("zebra")]);
    }

    #[test]
    fn wrong_types_are_told_in_words() {
        let path = || vec!["epochs".into()];
        let text = |message: &str| fault("train.params", path(), message).message;
        assert_eq!(
            text("invalid type: string \"many\", expected usize"),
            "train.params.epochs: expected a whole number, found \"many\""
        );
        assert_eq!(
            text("invalid value: integer `-7`, expected u64"),
            "train.params.epochs: expected a whole number from 0, found -7"
        );
        assert_eq!(text("invalid type: map, expected f64"), "train.params.epochs: expected a number, found a mapping");
        assert_eq!(
            text("invalid value: floating point `1.5`, expected a probability from 0 to 1"),
            "train.params.epochs: expected a probability from 0 to 1, found 1.5"
        );
    }

    #[test]
    fn serde_still_words_its_errors_as_they_are_read_here() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Two {
            #[allow(dead_code)]
            one: usize,
            #[allow(dead_code)]
            two: Option<bool>,
        }
        let message = |json: &str| serde_json::from_str::<Two>(json).unwrap_err().to_string();
        assert!(message(r#"{"three": 1}"#).starts_with("unknown field `three`, expected `one` or `two`"));
        assert!(message(r#"{"one": "x"}"#).starts_with("invalid type: string \"x\", expected usize"));
        assert!(message(r#"{"one": 1, "two": 3}"#).starts_with("invalid type: integer `3`, expected a boolean"));
        assert!(message("{}").starts_with("missing field `one`"));
    }
}
