//! Values in a line of YAML, as people write them: `{name: sgd, learning_rate: 0.1}`.

use serde_json::Value;

use crate::yaml::name_first::is_name;

/// A value in one line; `name` and `kind` stand first in a mapping.
pub(crate) fn flow(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => scalar(text),
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| (!is_name(key), *key));
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text, in quotes where it would not be one without.
fn scalar(text: &str) -> String {
    let fits = |letter: char| letter.is_alphanumeric() || "_./-".contains(letter);
    let is_word = text.starts_with(|first: char| first.is_alphabetic() || first == '_') && text.chars().all(fits);
    let is_text =
        |text: &str| matches!(serde_yaml::from_str(text), Ok(serde_yaml::Value::String(read)) if read == text);
    match text {
        _ if is_word && is_text(text) && !is_old_boolean(text) => text.to_owned(),
        _ if !text.contains(breaks_lines) => format!("'{}'", text.replace('\'', "''")),
        _ => {
            let escaped =
                |letter: char| if breaks_lines(letter) { format!("\\u{:04x}", letter as u32) } else { letter.into() };
            let text = text.replace('\\', r"\\").replace('"', "\\\"");
            format!("\"{}\"", text.chars().map(escaped).collect::<String>())
        }
    }
}

/// Whether YAML takes it for the end of a line, or does not take it at all without an escape.
fn breaks_lines(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Words that YAML 1.1 takes for true and false.
fn is_old_boolean(text: &str) -> bool {
    ["y", "n", "yes", "no", "on", "off"].iter().any(|word| word.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for value in [
            json!({"kind": "folder", "path": "my faces/a: b", "size": [48, 48], "none": null, "yes": true}),
            json!([
                "no",
                "1",
                "1e3",
                "null",
                "~",
                "it's",
                "a\nb",
                "#x",
                "é",
                "",
                "- a",
                "{a}",
                "a,b",
                "0x1f",
                "2001-01-01"
            ]),
            json!("\u{2028}\u{85}\t\"\\\u{7f}\u{0}"),
            json!({"a": {"b": [{"c": 0.1}, []]}, "name": "sgd", "": {}, "a b": -3}),
        ] {
            let text = flow(&value);
            let read: Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(read, value, "{text}");
        }
    }

    #[test]
    fn plain_words_have_no_quotes_and_names_stand_first() {
        let value = json!({"betas": [0.9, 0.999], "name": "adamw", "path": "data/faces.csv"});
        assert_eq!(flow(&value), "{name: adamw, betas: [0.9, 0.999], path: data/faces.csv}");
        assert_eq!(flow(&json!("^(S[0-9]+)_")), "'^(S[0-9]+)_'");
    }
}
