//! The parameters of every stage, one by one.

use serde::Serialize;
use serde_json::Value;

use crate::StageKind;
use crate::reference::schema::{generator, of_params, schema};
use crate::reference::words::{accepted, alternatives, choice, only_key};
use crate::yaml::flow::flow;

/// The parameters of a stage, or the keys of a pipeline file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// The kind of stage; absent for the file itself.
    pub stage: Option<StageKind>,
    /// What it describes, in a line.
    pub about: String,
    /// The parameters, those within another behind it.
    pub parameters: Vec<Parameter>,
}

/// A parameter as people know it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    /// Its name with those around it, as `--set` takes it: `train.optimizer.momentum`. Entries of lists are `[]`.
    pub path: String,
    /// The choice that it belongs to, as in `{name: sgd}`, if it is not always there.
    pub with: Option<String>,
    /// Type and range.
    pub accepts: String,
    /// In YAML; `null` where it may be left out and then is nothing. Absent for one that must be given.
    pub default: Option<String>,
    /// What it means.
    pub meaning: String,
    /// A value, in YAML, where the default shows none.
    pub example: Option<String>,
}

impl Parameter {
    /// The first sentence of the meaning.
    pub fn gist(&self) -> &str {
        let end = self.meaning.find(". ").map_or(self.meaning.len(), |end| end + 1);
        &self.meaning[..end]
    }
}

/// The parameters of every stage, in the order of a chain, and before them the keys of the file.
pub fn sections() -> Vec<Section> {
    let mut generator = generator();
    let file = schema();
    let kinds = &generator.root_schema_for::<StageKind>().to_value()["oneOf"];
    let stages = StageKind::ALL.map(|kind| {
        let about = kinds.as_array().into_iter().flatten().find(|known| known["const"] == kind.name());
        let mut parameters = vec![];
        within(&of_params(kind, &mut generator), kind.name(), None, &mut parameters);
        Section { stage: Some(kind), about: text(&about.expect("each kind is described")["description"]), parameters }
    });
    std::iter::once(of_file(&file)).chain(stages).collect()
}

/// The keys of the file and of each entry of `stages`.
fn of_file(file: &Value) -> Section {
    let (mut parameters, mut keys) = (vec![], vec![]);
    within(file, "", None, &mut parameters);
    let program = alternatives(&file["properties"]["stages"]["items"]).into_iter().last();
    within(program.expect("a program may stand for a stage"), "stages[]", None, &mut keys);
    let place = parameters.iter().position(|known| known.path == "stages").map_or(0, |place| place + 1);
    parameters.splice(place..place, keys);
    Section { stage: None, about: text(&file["description"]), parameters }
}

/// Adds the parameters of a mapping.
fn within(schema: &Value, path: &str, with: Option<&str>, parameters: &mut Vec<Parameter>) {
    let told_apart = choice(schema).map(|(key, _)| key);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if told_apart == Some(name) {
            continue;
        }
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        parameters.push(parameter(&path, with, property));
        if path == "stages" || path == "matrix" {
            continue;
        }
        for inner in mappings(property) {
            let own = choice(inner).map(|(key, word)| format!("{{{key}: {word}}}"));
            within(inner, &path, own.as_deref().or(with), parameters);
        }
        let items = property["items"].as_object().map(|_| &property["items"]);
        for inner in items.into_iter().flat_map(mappings) {
            within(inner, &format!("{path}[]"), with, parameters);
        }
    }
}

/// The mappings that a value may be and whose keys are told one by one: those with a name, or else the only one.
fn mappings(schema: &Value) -> Vec<&Value> {
    let all = alternatives(schema);
    let named: Vec<&Value> = all.iter().copied().filter(|schema| choice(schema).is_some()).collect();
    let has_keys = |schema: &&Value| schema["properties"].is_object() && !schema["additionalProperties"].is_object();
    match all.as_slice() {
        _ if !named.is_empty() => named,
        [only] if has_keys(only) => vec![only],
        _ => vec![],
    }
}

fn parameter(path: &str, with: Option<&str>, schema: &Value) -> Parameter {
    let default = schema.get("default").map(|value| short(value, schema));
    let shows = default.as_deref().is_some_and(|default| !matches!(default, "null" | "[]" | "{}"));
    let example = schema["examples"].get(0).filter(|_| !shows).map(flow);
    Parameter {
        path: path.to_owned(),
        with: with.map(str::to_owned),
        accepts: accepted(schema),
        default,
        meaning: meaning(schema),
        example,
    }
}

/// A value in a line; of a mapping with parameters of its own, only what tells it from others.
fn short(value: &Value, schema: &Value) -> String {
    let keys = |schema: &&Value| schema["properties"].as_object().is_some_and(|keys| !keys.is_empty());
    let word = ["name", "kind"].iter().find_map(|key| Some(format!("{{{key}: {}}}", value.get(key)?.as_str()?)));
    match value.is_object() && alternatives(schema).iter().any(keys) {
        true => word.unwrap_or_else(|| "{}".to_owned()),
        false => flow(value),
    }
}

/// What the parameter means, and each of the words that it may be.
fn meaning(schema: &Value) -> String {
    let several = alternatives(schema);
    if matches!(several.as_slice(), [only] if *only == schema) {
        return text(&schema["description"]);
    }
    let word = |schema: &Value| {
        let chosen = || choice(schema).map(|(key, word)| format!("{{{key}: {word}}}"));
        let key = || only_key(schema).map(|key| format!("{{{key}: …}}"));
        let name = schema.get("const").map(flow).or_else(chosen).or_else(key);
        Some(format!("`{}`: {}", name?, lower(&text(schema.get("description")?))))
    };
    let words = several.into_iter().filter_map(word);
    std::iter::once(text(&schema["description"])).chain(words).collect::<Vec<_>>().join(" ")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A sentence within another, unless it begins with a name.
fn lower(sentence: &str) -> String {
    let word = sentence.split_whitespace().next().unwrap_or_default();
    let is_name = word.chars().skip(1).any(char::is_uppercase);
    let mut letters = sentence.chars();
    match letters.next() {
        Some(first) if !is_name => first.to_lowercase().chain(letters).collect(),
        _ => sentence.to_owned(),
    }
}
