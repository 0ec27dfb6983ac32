//! `--set STAGE.PATH=VALUE` and the values of a matrix: they patch the tree before it is checked, so that there is one
//! path of validation.

use fer_artifact::shown;
use serde_json::{Map, Value};

use crate::StageKind;
use crate::yaml::locate::Segment;
use crate::yaml::phrase::suggestion;

/// Most parts of `STAGE.PATH`.
pub(crate) const DEEPEST: usize = 32;

/// An override: where it points and what shall stand there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Override {
    pub(crate) written: Written,
    path: Vec<String>,
    value: Value,
}

/// Where an override was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Written {
    /// On the command line, in these words.
    CommandLine(String),
    /// At this place in the file.
    File(Vec<Segment>),
}

impl Override {
    /// Reads `STAGE.PATH=VALUE` or `seed=VALUE`; `parse` reads the value for a name.
    pub(crate) fn new(text: &str, parse: impl Fn(&str, &str) -> Result<Value, String>) -> Result<Self, String> {
        let usage = || "expected STAGE.PATH=VALUE, as in train.epochs=10".to_owned();
        let (name, value) = text.split_once('=').ok_or_else(usage)?;
        let path = path(name.trim(), usage)?;
        Ok(Self { written: Written::CommandLine(text.to_owned()), path, value: parse(name, value)? })
    }

    /// The value for `name`, `STAGE.PATH` or `seed`, that stands at `place` in the file.
    pub(crate) fn in_file(name: &str, value: Value, place: Vec<Segment>) -> Result<Self, String> {
        let usage = || format!("expected STAGE.PATH, as in train.epochs, found `{}`", shown(name));
        Ok(Self { written: Written::File(place), path: path(name, usage)?, value })
    }

    /// Where, seen from the value, a place below the stage's parameters lies; nowhere if it is not in the value.
    pub(crate) fn below<'a>(&self, place: &'a [Segment]) -> Option<&'a [Segment]> {
        let steps = &self.path[1..];
        let same = |(step, segment): (&String, &Segment)| match segment {
            Segment::Key(key) => key == step,
            Segment::Index(index) => index.to_string() == *step,
        };
        (place.len() >= steps.len() && steps.iter().zip(place).all(same)).then(|| &place[steps.len()..])
    }

    /// Whether one of the two sets what the other does, or a part of it.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.path.iter().zip(&other.path).all(|(one, other)| one == other)
    }

    /// Puts the value in its place; mappings on the way are made where there are none.
    pub(crate) fn apply(&self, tree: &mut Value) -> Result<(), String> {
        let Value::Object(top) = tree else { return Ok(()) };
        if self.path == ["seed"] {
            top.insert("seed".to_owned(), self.value.clone());
            return Ok(());
        }
        let params = params_of(top, &self.path[0])?;
        if params.is_null() {
            *params = Value::Object(Map::new());
        }
        put(params, &self.path[1..], self.value.clone()).map_err(|at| self.blocked(at))
    }

    fn blocked(&self, at: usize) -> String {
        format!("there is no `{}` in {}", self.path[at + 1], self.path[..=at].join("."))
    }
}

/// `STAGE.PATH` or `seed` in its parts. Each makes the tree deeper, and whoever walks it.
fn path(name: &str, usage: impl Fn() -> String) -> Result<Vec<String>, String> {
    let found = name.split('.').count();
    if found > DEEPEST {
        return Err(format!("expected at most {DEEPEST} names with dots between, found {found}"));
    }
    let path: Vec<String> = name.split('.').map(str::to_owned).collect();
    let is_path = path.iter().all(|part| !part.is_empty()) && (path.len() >= 2 || path == ["seed"]);
    if is_path { Ok(path) } else { Err(usage()) }
}

/// The parameters of the stage called `name` in the tree of a pipeline file.
fn params_of<'a>(top: &'a mut Map<String, Value>, name: &str) -> Result<&'a mut Value, String> {
    let stages = top.get_mut("stages").and_then(Value::as_array_mut).map(Vec::as_mut_slice).unwrap_or_default();
    let of = |stage: &Value| {
        let name = stage.get("name").or_else(|| stage.get("stage"));
        name.and_then(Value::as_str).map(str::to_owned)
    };
    let names: Vec<String> = stages.iter().filter_map(of).collect();
    let found = stages.iter_mut().find(|stage| of(stage).as_deref() == Some(name)).and_then(Value::as_object_mut);
    let Some(stage) = found else {
        let names: Vec<&str> = match names.is_empty() {
            true => StageKind::ALL.iter().map(|kind| kind.name()).collect(),
            false => names.iter().map(String::as_str).collect(),
        };
        return Err(format!("the chain has no stage `{name}`; {}", suggestion(name, &names)));
    };
    Ok(stage.entry("params").or_insert(Value::Null))
}

/// On failure, how many steps of the path could be taken.
fn put(mut place: &mut Value, path: &[String], value: Value) -> Result<(), usize> {
    for (depth, step) in path.iter().enumerate() {
        place = match place {
            Value::Object(map) => map.entry(step.clone()).or_insert_with(|| Value::Object(Map::new())),
            Value::Array(items) => {
                let index = step.parse::<usize>().ok();
                index.and_then(|index| items.get_mut(index)).ok_or(depth)?
            }
            _ => return Err(depth),
        };
    }
    *place = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(text: &str, tree: &Value) -> Result<Value, String> {
        let mut tree = tree.clone();
        let json = |_: &str, text: &str| serde_json::from_str(text).map_err(|error| error.to_string());
        Override::new(text, json)?.apply(&mut tree).map(|()| tree)
    }

    fn chain() -> Value {
        json!({"seed": 1, "stages": [{"stage": "ingest"}, {"stage": "train", "params": {"model": {"dropout": [0.2, 0.5]}}}]})
    }

    #[test]
    fn missing_mappings_are_made() {
        let tree = set("train.optimizer.learning_rate=0.5", &chain()).unwrap();
        assert_eq!(tree["stages"][1]["params"]["optimizer"], json!({"learning_rate": 0.5}));
        let tree = set("ingest.classes=[\"a\"]", &chain()).unwrap();
        assert_eq!(tree["stages"][0]["params"], json!({"classes": ["a"]}));
    }

    #[test]
    fn an_entry_of_a_list_is_named_by_its_index() {
        let tree = set("train.model.dropout.1=0.4", &chain()).unwrap();
        assert_eq!(tree["stages"][1]["params"]["model"]["dropout"], json!([0.2, 0.4]));
        let error = set("train.model.dropout.2=0.4", &chain()).unwrap_err();
        assert_eq!(error, "there is no `2` in train.model.dropout");
    }

    #[test]
    fn the_seed_can_be_set() {
        assert_eq!(set("seed=7", &chain()).unwrap()["seed"], 7);
    }

    #[test]
    fn a_stage_that_the_chain_lacks_is_named_with_the_nearest() {
        let error = set("trian.epochs=3", &chain()).unwrap_err();
        assert_eq!(error, "the chain has no stage `trian`; did you mean `train`?");
    }

    #[test]
    fn what_is_no_override_is_refused() {
        for text in ["train.epochs", "epochs=3", ".epochs=3", "train.=3"] {
            assert_eq!(set(text, &chain()).unwrap_err(), "expected STAGE.PATH=VALUE, as in train.epochs=10", "{text}");
        }
    }
}
