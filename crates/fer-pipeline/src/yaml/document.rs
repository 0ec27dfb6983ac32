//! YAML files: the only place that knows a YAML library.

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use fer_artifact::read_named;
use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_json::{Map, Value};

use crate::StageName;
use crate::error::{Error, Place, Problem};
use crate::yaml::locate::{Locate, Part, Segment};
use crate::yaml::name_first::{NameFirst, is_name};
use crate::yaml::overrides::{Override, Written};
use crate::yaml::phrase::{Fault, fault};
use crate::yaml::tree::{Order, Strict};

/// Longest file in bytes. The YAML library's time grows with the square of what is nested in brackets.
pub(crate) const LONGEST: usize = 64 << 10;

/// A YAML file: its text, to find places in, and its tree, before and after each override.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    path: PathBuf,
    text: String,
    overrides: Vec<Override>,
    /// One more than there are overrides: `trees[i]` has the first `i` of them.
    trees: Vec<Value>,
}

impl Document {
    /// Reads the file and applies the overrides, which are as on the command line: `train.epochs=3`.
    pub(crate) fn read(path: &Path, overrides: &[String]) -> Result<Self, Error> {
        if let Some(found) = source_of_faces(path) {
            let file = path.display();
            let message =
                format!("expected a pipeline file, found {found}; `fer init {file}` writes a pipeline file for it");
            return Err(Error::invalid(Place::File(path.to_owned()), message));
        }
        let whole = |message: &str| Error::invalid(Place::File(path.to_owned()), message);
        let bytes = read_named(path, LONGEST as u64).map_err(|source| match source.kind() {
            ErrorKind::FileTooLarge => {
                whole(&format!("expected a YAML file of at most {LONGEST} bytes, found a longer one"))
            }
            _ => Error::Read { path: path.to_owned(), source },
        })?;
        let text = String::from_utf8(bytes).map_err(|_| whole("expected a YAML file in UTF-8, found other bytes"))?;
        let tree = tree(&text, Order::Free).map_err(|(place, message)| match place {
            Some((line, column)) => Error::invalid(Place::Position { path: path.to_owned(), line, column }, message),
            None => whole(&message),
        })?;
        if tree.is_null() {
            return Err(whole("expected a mapping, found an empty file"));
        }
        let mut document = Self { path: path.to_owned(), text, overrides: vec![], trees: vec![tree] };
        let problems: Vec<Problem> = overrides.iter().filter_map(|text| document.patch(text).err()).collect();
        if problems.is_empty() { Ok(document) } else { Err(Error::Invalid { problems }) }
    }

    /// A document that says nothing, so that every default holds.
    pub(crate) fn empty() -> Self {
        Self {
            path: PathBuf::from("no parameter file"),
            text: String::new(),
            overrides: vec![],
            trees: vec![Value::Null],
        }
    }

    fn patch(&mut self, text: &str) -> Result<(), Problem> {
        let order = |name: &str| Order::under(name.rsplit('.').next().unwrap_or_default().trim());
        let over = Override::new(text, |name, value| tree(value, order(name)).map_err(|(_, message)| message));
        self.apply(over.map_err(|message| Problem { place: Place::Override(text.to_owned()), message })?)
    }

    /// Applies one more override.
    pub(crate) fn apply(&mut self, over: Override) -> Result<(), Problem> {
        let mut tree = self.trees[self.trees.len() - 1].clone();
        over.apply(&mut tree).map_err(|message| Problem { place: self.place_of(&over), message })?;
        self.trees.push(tree);
        self.overrides.push(over);
        Ok(())
    }

    /// The file's text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The overrides, in the order in which they were applied.
    pub(crate) fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// Where an override was written; in the file, the place of its name.
    fn place_of(&self, over: &Override) -> Place {
        match &over.written {
            Written::CommandLine(text) => Place::Override(text.clone()),
            // The name stands above the list of its values.
            Written::File(place) => self.place(place[..place.len() - 1].to_vec(), Part::Key),
        }
    }

    /// Where the override says what is wrong with the parameters at `path`.
    fn place_in(&self, over: &Override, path: &[Segment], part: Part) -> Place {
        match (&over.written, over.below(path)) {
            (Written::CommandLine(_), _) => self.place_of(over),
            (_, Some([])) if part == Part::Key => self.place_of(over),
            (Written::File(place), Some(rest)) => self.place(place.iter().chain(rest).cloned().collect(), part),
            (Written::File(place), None) => self.place(place.clone(), Part::Value),
        }
    }

    /// The parameters at `path` of the stage with this name; the paths in them are relative to `base`.
    pub(crate) fn params<'a>(&'a self, stage: StageName, path: &'a [Segment], base: &'a Path) -> Params<'a> {
        Params { document: self, name: format!("{stage}.params"), path, base }
    }

    /// The value at `path`, typed. A missing or empty one counts as an empty mapping; `name` is what to call it in
    /// messages.
    pub(crate) fn parse<T: DeserializeOwned + Serialize>(&self, name: &str, path: &[Segment]) -> Result<T, Problem> {
        let outcome = |tree: &Value| typed::<T>(name, &subtree(tree, path));
        let fault = match outcome(&self.trees[self.trees.len() - 1]) {
            Ok(value) => return Ok(value),
            Err(fault) => fault,
        };
        let first = self.trees.iter().position(|tree| outcome(tree).err().as_ref() == Some(&fault));
        let place = match first {
            Some(index) if index > 0 => self.place_in(&self.overrides[index - 1], &fault.path, fault.part),
            _ => self.place(path.iter().chain(&fault.path).cloned().collect(), fault.part),
        };
        Err(Problem { place, message: fault.message })
    }

    /// A problem of the file's own at `path`.
    pub(crate) fn problem(&self, path: &[Segment], message: String) -> Problem {
        Problem { place: self.place(path.to_vec(), Part::Value), message }
    }

    /// The same at the path's last key.
    pub(crate) fn problem_with_key(&self, path: &[Segment], message: String) -> Problem {
        Problem { place: self.place(path.to_vec(), Part::Key), message }
    }

    /// Line and column of the path's end, or of the nearest entry above it that the text has.
    fn place(&self, mut path: Vec<Segment>, mut part: Part) -> Place {
        loop {
            let locate = Locate { path: &path, part };
            let error = locate.deserialize(serde_yaml::Deserializer::from_str(&self.text)).err();
            if let Some(at) = error.and_then(|error| error.location()) {
                return Place::Position { path: self.path.clone(), line: at.line(), column: at.column() };
            }
            part = Part::Value;
            if path.pop().is_none() {
                return Place::File(self.path.clone());
            }
        }
    }
}

/// A stage's parameters in a document.
pub(crate) struct Params<'a> {
    document: &'a Document,
    name: String,
    path: &'a [Segment],
    /// The folder that paths among them are relative to.
    pub(crate) base: &'a Path,
}

impl Params<'_> {
    /// The parameters, typed.
    pub(crate) fn parse<T: DeserializeOwned + Serialize>(&self) -> Result<T, Problem> {
        self.document.parse(&self.name, self.path)
    }

    /// Something wrong with the parameters as a whole.
    pub(crate) fn problem(&self, message: String) -> Problem {
        self.document.problem(self.path, message)
    }
}

/// What a path is that may hold faces, and is no YAML file.
fn source_of_faces(path: &Path) -> Option<&'static str> {
    match () {
        () if path.is_dir() => Some("a folder"),
        () if fer_data::is_called_parquet(path) => Some("a Parquet file"),
        () if fer_data::is_table(path) => Some("a CSV file"),
        () => None,
    }
}

fn subtree(tree: &Value, path: &[Segment]) -> Value {
    let step = |value: &Value, segment: &Segment| match segment {
        Segment::Key(key) => value.get(key).cloned(),
        Segment::Index(index) => value.get(index).cloned(),
    };
    let found = path.iter().try_fold(tree.clone(), |value, segment| step(&value, segment));
    match found {
        None | Some(Value::Null) => Value::Object(Map::new()),
        Some(value) => value,
    }
}

fn typed<T: DeserializeOwned + Serialize>(name: &str, value: &Value) -> Result<T, Fault> {
    let parsed: T = parsed(value).map_err(|(path, message)| {
        let path = match wrong_entry::<T>(value, &path, &message) {
            Some(key) => [path, vec![key.into()]].concat(),
            None => path,
        };
        fault(name, path, &message)
    })?;
    let form = serde_json::to_value(&parsed).expect("parameters are representable in JSON");
    match list_for_mapping(value, &form) {
        None => Ok(parsed),
        Some(path) => Err(fault(name, path, "invalid type: sequence, expected a map")),
    }
}

/// The typed value, or where and why there is none.
fn parsed<T: DeserializeOwned>(value: &Value) -> Result<T, (Vec<Segment>, String)> {
    serde_path_to_error::deserialize(NameFirst(value)).map_err(|error| {
        let path = error.path().iter().filter_map(|segment| match segment {
            serde_path_to_error::Segment::Map { key } => Some(Segment::Key(key.clone())),
            serde_path_to_error::Segment::Seq { index } => Some(Segment::Index(*index)),
            _ => None,
        });
        (path.collect(), error.inner().to_string())
    })
}

/// The entry of the mapping at `path` that is of a wrong type. In a mapping whose `kind` or `name` says what the others
/// mean, serde does not tell which: it is the one without which the complaint is another.
fn wrong_entry<T: DeserializeOwned>(value: &Value, path: &[Segment], message: &str) -> Option<String> {
    let pointer: String = path.iter().map(|segment| format!("/{segment}")).collect();
    let keys: Vec<String> = value.pointer(&pointer)?.as_object()?.keys().cloned().collect();
    let is_wrong = |key: &String| {
        let mut without = value.clone();
        without.pointer_mut(&pointer).and_then(Value::as_object_mut).and_then(|map| map.remove(key));
        parsed::<T>(&without).err().is_none_or(|(_, other)| other != message)
    };
    let is_of_an_entry = message.starts_with("invalid type") || message.starts_with("invalid value");
    keys.into_iter().filter(|key| is_of_an_entry && !is_name(key)).find(is_wrong)
}

/// Where `value` has a list and the parsed value's own form a mapping: serde takes the entries by their order, but a
/// pipeline file names its keys.
fn list_for_mapping(value: &Value, form: &Value) -> Option<Vec<Segment>> {
    let below = |segment: Segment, value: &Value, form: &Value| {
        let rest = list_for_mapping(value, form)?;
        Some([segment].into_iter().chain(rest).collect())
    };
    match (value, form) {
        (Value::Array(_), Value::Object(_)) => Some(vec![]),
        (Value::Object(map), Value::Object(forms)) => {
            map.iter().find_map(|(key, value)| below(key.as_str().into(), value, forms.get(key)?))
        }
        (Value::Array(items), Value::Array(forms)) => {
            items.iter().zip(forms).enumerate().find_map(|(index, (item, form))| below(index.into(), item, form))
        }
        _ => None,
    }
}

/// The tree that the text describes, or where and why there is none.
fn tree(text: &str, order: Order) -> Result<Value, (Option<(usize, usize)>, String)> {
    let complaint = RefCell::new(None);
    let weight = Cell::new(0);
    let strict = Strict { complaint: &complaint, weight: &weight, order };
    strict.deserialize(serde_yaml::Deserializer::from_str(text)).or_else(|error| {
        let place = error.location().map(|at| (at.line(), at.column()));
        if let Some(message) = complaint.take() {
            return Err((place, message));
        }
        let Some((line, column)) = place else {
            // The library's way to say that there is no document at all.
            let nothing = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
            return if nothing { Ok(Value::Null) } else { Err((None, format!("not valid YAML: {error}"))) };
        };
        let message = error.to_string().replacen(&format!(" at line {line} column {column}"), "", 1);
        Err((place, format!("not valid YAML: {message}")))
    })
}

/// A text of [`to_yaml`] as a tree; null for one that is none.
pub(crate) fn from_yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_default()
}

/// A tree as YAML: keys sorted, but for `name` and `kind`, which say what the others mean and stand first.
pub(crate) fn to_yaml(value: &Value) -> String {
    serde_yaml::to_string(&ordered(value)).expect("a tree of JSON is representable in YAML")
}

fn ordered(value: &Value) -> serde_yaml::Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| (!is_name(key), *key));
            entries
                .into_iter()
                .map(|(key, value)| (key.as_str().into(), ordered(value)))
                .collect::<serde_yaml::Mapping>()
                .into()
        }
        Value::Array(items) => items.iter().map(ordered).collect::<Vec<_>>().into(),
        other => serde_yaml::to_value(other).expect("a scalar of JSON is representable in YAML"),
    }
}
