use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of stage, in the order of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StageKind {
    /// A source of faces becomes image sets.
    Ingest,
    /// Image sets become image sets in which the faces lie alike.
    Align,
    /// Image sets become network inputs.
    Preprocess,
    /// Network inputs become a model.
    Train,
    /// A model and network inputs become scores and a report.
    Evaluate,
}

impl StageKind {
    /// All of them, in order.
    pub const ALL: [StageKind; 5] =
        [StageKind::Ingest, StageKind::Align, StageKind::Preprocess, StageKind::Train, StageKind::Evaluate];

    /// Lower-case name: in the pipeline file, on the command line, and of the stage's folder in the run folder.
    pub const fn name(self) -> &'static str {
        match self {
            StageKind::Ingest => "ingest",
            StageKind::Align => "align",
            StageKind::Preprocess => "preprocess",
            StageKind::Train => "train",
            StageKind::Evaluate => "evaluate",
        }
    }
}

impl fmt::Display for StageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for StageKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        let known = Self::ALL.into_iter().find(|kind| kind.name() == name);
        known.ok_or_else(|| format!("expected a stage ({names}), found `{name}`"))
    }
}
