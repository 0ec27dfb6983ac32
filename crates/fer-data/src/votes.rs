//! The parameters of votes.

use std::path::{Path, PathBuf};

use fer_artifact::NonNegative;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Protocol;

/// The classes of FER+, in its order, called as this program calls them.
pub const FER_PLUS_CLASSES: [&str; 8] = ["neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt"];
/// The columns of FER+ with votes for a class.
const FER_PLUS_COLUMNS: [&str; 8] =
    ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];
/// The columns of FER+ with votes for none.
const FER_PLUS_OTHERS: [&str; 2] = ["unknown", "NF"];
/// The column of FER+ with the names of the pictures.
const FER_PLUS_NAME: [&str; 1] = ["Image name"];
/// The column of FER+ with the splits of FER2013, which the source has too.
const FER_PLUS_SPLITS: &str = "Usage";
/// Usual names of the column with the names of the pictures.
const NAMES: [&str; 6] = ["name", "path", "image", "file", "filename", "file_name"];

/// Votes for each row's class, which stand in a file beside the source and take the place of the source's labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Votes {
    /// The file of FER+, `fer2013new.csv`: the votes of ten people for each image of FER2013.
    FerPlus(FerPlusVotes),
    /// A CSV file with a column for each class, of counts or of shares.
    Columns(ColumnVotes),
}

/// The votes of FER+.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FerPlusVotes {
    /// The file, relative to the pipeline file: plain, gzip or zstd.
    #[schemars(extend("examples" = ["data/fer2013new.csv"]))]
    pub path: PathBuf,
    /// Which rows of train stay, and what is to be learnt of them.
    #[serde(default = "probability")]
    pub protocol: Protocol,
    /// Which rows of validation and test stay. Their targets are the shares of the votes for a class.
    #[serde(default = "majority")]
    pub held_out: Protocol,
    /// As many votes for one thing, or fewer, do not count.
    #[serde(default = "one")]
    pub outliers: NonNegative,
    /// How votes find their rows. By default by name where rows are pictures, or else by row.
    #[schemars(extend("examples" = ["row"]))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join: Option<Join>,
}

/// Votes in columns of any names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnVotes {
    /// The file, relative to the pipeline file: plain, gzip or zstd. Its columns are called by the classes, or by the labels that
    /// `classes` chooses.
    #[schemars(extend("examples" = ["data/votes.csv"]))]
    pub path: PathBuf,
    /// Which rows of train stay, and what is to be learnt of them.
    #[serde(default = "all")]
    pub protocol: Protocol,
    /// Which rows of validation and test stay. Their targets are the shares of the votes for a class.
    #[serde(default = "all")]
    pub held_out: Protocol,
    /// As many votes for one thing, or fewer, do not count.
    #[serde(default = "none")]
    pub outliers: NonNegative,
    /// Columns with votes for none of the classes.
    #[schemars(extend("examples" = [["unknown"]]))]
    #[serde(default)]
    pub others: Vec<String>,
    /// How votes find their rows. By default by name where rows are pictures, or else by row.
    #[schemars(extend("examples" = ["row"]))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join: Option<Join>,
    /// Column with the names of the pictures; without it, `name`, `path`, `image`, `file` or `filename`.
    #[schemars(extend("examples" = ["picture"]))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_column: Option<String>,
}

/// How votes find their rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Join {
    /// The first row of votes is for the first row of the source, and so on; both have as many.
    Row,
    /// By the name of the picture. Pictures without votes are left out.
    Name,
}

const fn probability() -> Protocol {
    Protocol::Probability
}

const fn majority() -> Protocol {
    Protocol::Majority
}

const fn all() -> Protocol {
    Protocol::All
}

const fn one() -> NonNegative {
    NonNegative::of(1.0)
}

const fn none() -> NonNegative {
    NonNegative::of(0.0)
}

impl FerPlusVotes {
    /// The rows with a clear majority alone, in every split, as the paper tests.
    pub fn majority(path: PathBuf) -> Self {
        let [protocol, held_out] = [majority(); 2];
        Self { path, protocol, held_out, outliers: one(), join: None }
    }
}

impl Votes {
    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            Votes::FerPlus(votes) => &votes.path,
            Votes::Columns(votes) => &votes.path,
        }
    }

    pub(crate) fn path_mut(&mut self) -> &mut PathBuf {
        match self {
            Votes::FerPlus(votes) => &mut votes.path,
            Votes::Columns(votes) => &mut votes.path,
        }
    }

    /// The protocol of train, and that of the other splits.
    pub(crate) fn protocols(&self) -> [Protocol; 2] {
        match self {
            Votes::FerPlus(votes) => [votes.protocol, votes.held_out],
            Votes::Columns(votes) => [votes.protocol, votes.held_out],
        }
    }

    pub(crate) fn outliers(&self) -> f64 {
        match self {
            Votes::FerPlus(votes) => votes.outliers.get(),
            Votes::Columns(votes) => votes.outliers.get(),
        }
    }

    pub(crate) fn join(&self) -> Option<Join> {
        match self {
            Votes::FerPlus(votes) => votes.join,
            Votes::Columns(votes) => votes.join,
        }
    }

    /// Columns with votes for none of the classes.
    pub(crate) fn others(&self) -> Vec<String> {
        match self {
            Votes::FerPlus(_) => FER_PLUS_OTHERS.map(str::to_owned).to_vec(),
            Votes::Columns(votes) => votes.others.clone(),
        }
    }

    /// The column that is said to have the names of the pictures, and its usual names.
    pub(crate) fn name_column(&self) -> (Option<&str>, &'static [&'static str]) {
        match self {
            Votes::FerPlus(_) => (None, &FER_PLUS_NAME),
            Votes::Columns(votes) => (votes.name_column.as_deref(), &NAMES),
        }
    }

    /// The columns that are known to hold votes for a class; none where the classes alone say it.
    pub(crate) fn columns(&self) -> &'static [&'static str] {
        match self {
            Votes::FerPlus(_) => &FER_PLUS_COLUMNS,
            Votes::Columns(_) => &[],
        }
    }

    /// The column that says the split of the row, as the source does.
    pub(crate) fn split_column(&self) -> Option<&'static str> {
        match self {
            Votes::FerPlus(_) => Some(FER_PLUS_SPLITS),
            Votes::Columns(_) => None,
        }
    }

    /// The classes where nobody says any.
    pub(crate) fn usual_classes(&self) -> Option<[&'static str; 8]> {
        match self {
            Votes::FerPlus(_) => Some(FER_PLUS_CLASSES),
            Votes::Columns(_) => None,
        }
    }
}
