use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use schemars::json_schema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::StageKind;

/// The name of a stage in its chain, and of its folder in the run folder: that of its kind, unless the pipeline file
/// gives it one of its own. Names of kinds sort in the order of a chain and before all others.
///
/// ```
/// use fer_pipeline::{StageKind, StageName};
/// let student: StageName = "student".parse().unwrap();
/// assert!(StageName::from(StageKind::Train) < student);
/// assert!("../teacher".parse::<StageName>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StageName {
    bytes: [u8; StageName::LONGEST],
    length: u8,
}

impl StageName {
    /// Longest name, in bytes.
    pub const LONGEST: usize = 32;

    /// The name.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length.into()]).expect("a name is ASCII")
    }

    /// The kind of this name, if it is one of a kind.
    pub(crate) fn kind(&self) -> Option<StageKind> {
        self.as_str().parse().ok()
    }

    /// The stage whose folder holds `path`, a path relative to the run folder.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        path.split_once('/').and_then(|(folder, _)| folder.parse().ok())
    }
}

impl From<StageKind> for StageName {
    fn from(kind: StageKind) -> Self {
        kind.name().parse().expect("the name of a kind is the name of a stage")
    }
}

impl FromStr for StageName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let is_known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if !name.starts_with(|c: char| c.is_ascii_lowercase())
            || !name.chars().all(is_known)
            || name.len() > Self::LONGEST
        {
            let longest = Self::LONGEST;
            return Err(format!(
                "expected a stage's name: a lower-case letter, then letters, digits, `-` and `_`, at most {longest} in all; \
                 found `{}`",
                name.escape_debug()
            ));
        }
        let mut bytes = [0; Self::LONGEST];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Ok(Self { bytes, length: name.len() as u8 })
    }
}

impl PartialEq<StageKind> for StageName {
    fn eq(&self, kind: &StageKind) -> bool {
        self.as_str() == kind.name()
    }
}

impl Ord for StageName {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |name: &Self| (name.kind().is_none(), name.kind());
        place(self).cmp(&place(other)).then_with(|| self.as_str().cmp(other.as_str()))
    }
}

impl PartialOrd for StageName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for StageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for StageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

fer_artifact::inline_schema!(
    StageName,
    |_| json_schema!({"type": "string", "pattern": "^[a-z][a-z0-9_-]*$", "maxLength": Self::LONGEST})
);

impl Serialize for StageName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for StageName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}
