//! What a file's name says of the face on it.

use std::fmt;

use regex::{Captures, Regex};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A regular expression on the name of a file, such as `^(?<group>S\d+)_` for `S010_004_00000017.png`.
///
/// It may hold a group called `label`, one called `group` (or `subject`) and one called `split`. Where it is asked for a
/// group alone and names none, its first pair of brackets is the group.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline)]
pub struct Pattern(Regex);

/// What a pattern can find in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Label,
    Group,
    Split,
}

impl Part {
    /// How a pattern may call it.
    fn names(self) -> &'static [&'static str] {
        match self {
            Part::Label => &["label", "class", "emotion"],
            Part::Group => &["group", "subject", "person"],
            Part::Split => &["split"],
        }
    }
}

impl Pattern {
    /// A pattern.
    ///
    /// # Errors
    /// What is wrong with the regular expression, in a line.
    pub fn new(text: &str) -> Result<Self, String> {
        let regex = Regex::new(text).map_err(|error| {
            let reason = error.to_string();
            format!("not a regular expression: {}", reason.lines().last().unwrap_or_default().trim())
        })?;
        match regex.captures_len() {
            1 => {
                Err("expected a pair of brackets around what is sought, as in `^(?<subject>S\\d+)_`, found none"
                    .to_owned())
            }
            _ => Ok(Self(regex)),
        }
    }

    /// Whether it looks for this.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.0.capture_names().flatten().any(|name| part.names().contains(&name))
    }

    /// What it finds in a name; `None` where it does not match.
    pub(crate) fn find(&self, name: &str, part: Part) -> Option<String> {
        let captures = self.0.captures(name)?;
        let named = |captures: &Captures<'_>| {
            part.names().iter().find_map(|name| captures.name(name)).map(|found| found.as_str().to_owned())
        };
        named(&captures)
    }

    /// The group that it finds in a name: by name, or in the first brackets.
    pub(crate) fn find_group(&self, name: &str) -> Option<String> {
        if self.has(Part::Group) {
            return self.find(name, Part::Group);
        }
        Some(self.0.captures(name)?.get(1)?.as_str().to_owned())
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.0.as_str())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::new(&text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0.as_str().to_owned()
    }
}
