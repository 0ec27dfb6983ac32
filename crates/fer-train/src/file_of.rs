use std::fmt;
use std::path::PathBuf;

use schemars::json_schema;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// A file that a parameter names: by its path, or as what another stage of the chain leaves.
///
/// ```
/// use fer_train::FileOf;
/// let path: FileOf = serde_json::from_str(r#""weights.safetensors""#)?;
/// assert_eq!(path, FileOf::Path("weights.safetensors".into()));
/// let teacher: FileOf = serde_json::from_str(r#"{"from": "teacher"}"#)?;
/// assert_eq!(teacher, FileOf::Stage("teacher".into()));
/// assert_eq!(teacher.to_string(), "stage `teacher`");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileOf {
    /// A file at this path.
    Path(PathBuf),
    /// `{from: NAME}`: the file of the stage with this name.
    Stage(String),
}

impl fmt::Display for FileOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileOf::Path(path) => write!(f, "{}", path.display()),
            FileOf::Stage(name) => write!(f, "stage `{name}`"),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    from: String,
}

impl Serialize for FileOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            FileOf::Path(path) => path.serialize(serializer),
            FileOf::Stage(name) => From { from: name.clone() }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for FileOf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PathOrStage)
    }
}

fer_artifact::inline_schema!(FileOf, |_| json_schema!({
    "anyOf": [
        {"type": "string", "description": "A path, relative to the pipeline file."},
        {
            "type": "object",
            "properties": {"from": {"type": "string", "description": "Name of an earlier stage."}},
            "required": ["from"],
            "additionalProperties": false,
        },
    ]
}));

pub(crate) struct PathOrStage;

impl<'de> Visitor<'de> for PathOrStage {
    type Value = FileOf;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path or `{from: STAGE}`")
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<FileOf, E> {
        Ok(FileOf::Path(path.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<FileOf, A::Error> {
        let From { from } = From::deserialize(serde::de::value::MapAccessDeserializer::new(entries))?;
        Ok(FileOf::Stage(from))
    }
}
