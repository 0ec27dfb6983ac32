use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Digest, Seed};

/// The schema that this version writes and reads, the same for every kind.
pub const SCHEMA: u32 = 1;

/// FER2013's seven classes in label order.
pub const FER2013_CLASSES: [&str; 7] = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];

/// What an artifact holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Gray images after ingest.
    Images,
    /// Network inputs after preprocess.
    Features,
    /// A trained network.
    Model,
    /// Logits of a network on a split.
    Predictions,
    /// The state of an unfinished training; belongs to the train stage alone.
    Checkpoint,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Images => "images",
            Kind::Features => "features",
            Kind::Model => "model",
            Kind::Predictions => "predictions",
            Kind::Checkpoint => "checkpoint",
        })
    }
}

/// Part of the data. Train fits, validation selects, test is looked at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// What is fitted.
    Train,
    /// What choices are made on.
    Validation,
    /// What the final number comes from.
    Test,
}

impl Split {
    /// All three, in order.
    pub const ALL: [Split; 3] = [Split::Train, Split::Validation, Split::Test];

    /// Lower-case name, as in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Validation => "validation",
            Split::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where an artifact comes from: the part of the header that the runner knows and the artifact does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    /// Program and version that wrote it.
    pub producer: String,
    /// The stage's seed.
    pub seed: Seed,
    /// Digests of the inputs, by their place in the run folder or, for foreign files, by name.
    pub parents: BTreeMap<String, Digest>,
    /// Resolved parameters of the stage.
    pub params: Value,
}

impl Provenance {
    /// Provenance without parents and parameters.
    pub fn new(producer: impl Into<String>, seed: Seed) -> Self {
        Self { producer: producer.into(), seed, parents: BTreeMap::new(), params: Value::Object(Map::new()) }
    }
}

/// The JSON object under the metadata key `fer`.
///
/// `kind`, `schema` and `classes` are required, and `split` where the kind has one. The rest may be missing in a
/// file from a program of the user's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// What the file holds.
    pub kind: Kind,
    /// Version of the layout, see [`SCHEMA`].
    pub schema: u32,
    /// Program and version that wrote the file.
    #[serde(default)]
    pub producer: String,
    /// Class names; a label is an index into them.
    pub classes: Vec<String>,
    /// Part of the data, for the kinds that hold one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// Seed of the stage.
    #[serde(default = "seed_zero")]
    pub seed: Seed,
    /// Digests of the stage's inputs.
    #[serde(default)]
    pub parents: BTreeMap<String, Digest>,
    /// Resolved parameters of the stage.
    #[serde(default)]
    pub params: Value,
    /// What else the kind needs.
    #[serde(flatten)]
    pub details: Map<String, Value>,
}

fn seed_zero() -> Seed {
    Seed::new(0)
}

/// JSON with the keys of every object sorted and no white space: equal values give equal bytes.
pub fn canonical_json(value: &impl Serialize) -> String {
    fn sort(value: Value) -> Value {
        match value {
            Value::Object(map) => {
                let sorted: BTreeMap<String, Value> = map.into_iter().map(|(key, value)| (key, sort(value))).collect();
                Value::Object(sorted.into_iter().collect())
            }
            Value::Array(items) => Value::Array(items.into_iter().map(sort).collect()),
            other => other,
        }
    }
    let value = serde_json::to_value(value).expect("headers and parameters are representable in JSON");
    sort(value).to_string()
}
