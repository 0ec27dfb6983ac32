//! What the runner knows of a stage: the entry of its kind, and the stage itself behind a trait.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fer_artifact::{Digest, Kind, Size, Split, Violation};
use fer_data::FileDigest;
use fer_train::Memory;
use schemars::{Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::Problem;
use crate::error::StageError;
use crate::run_folder::checkpoints::Note;
use crate::run_folder::key::Origin;
use crate::run_folder::lock::Entry;
use crate::slot::{Input, Output};
use crate::yaml::document::Params;
use crate::{Reason, StageKind};

/// An entry of the stage table: all that the runner knows of a kind of stage.
pub(crate) struct StageEntry {
    pub(crate) kind: StageKind,
    /// Whether a chain goes from source to scores without a stage of this kind.
    pub(crate) place: Place,
    pub(crate) reads: &'static [Input],
    /// The kind of artifact that a later stage takes from this one; none for the last of a chain.
    pub(crate) leaves: Option<Kind>,
    /// Its files, by name in its folder.
    pub(crate) outputs: &'static [Output],
    /// The JSON Schema of its parameters.
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) parse: fn(&Params<'_>) -> Result<Box<dyn Stage>, Problem>,
    /// Checks the outputs in the second folder against the inputs, which lie in the first: the folder of the stage that
    /// made the first of [`Self::reads`].
    pub(crate) check: fn(&Path, &Path) -> Result<(), Violation>,
}

/// A kind's place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A later stage counts on its outputs.
    Needed,
    /// Its outputs are of the kind of its inputs.
    Optional,
}

impl StageEntry {
    /// Whether a later stage may take this input from a stage of this kind.
    pub(crate) fn offers(&self, input: &Input) -> bool {
        self.leaves == Some(input.of) && self.outputs.iter().any(|output| output.file == input.file)
    }
}

/// What of images is known before they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ImagesSeen {
    pub(crate) size: Size,
    /// Number of classes.
    pub(crate) classes: usize,
}

/// A link of the chain: reads artifacts, computes, writes artifacts.
pub(crate) trait Stage {
    /// The entry of its kind in the stage table.
    fn entry(&self) -> &'static StageEntry;
    /// Its kind.
    fn kind(&self) -> StageKind {
        self.entry().kind
    }
    /// Raised whenever the same inputs and parameters give other bytes than before.
    fn version(&self) -> u32;
    /// Its parameters with every default written out.
    fn params(&self) -> Value;
    /// What stands for it in a pipeline file, beside its kind.
    fn written(&self) -> Value {
        json!({"params": self.params()})
    }
    /// The files that it reads: those of its kind, unless its parameters say otherwise.
    fn inputs(&self) -> Vec<Input> {
        self.entry().reads.to_vec()
    }
    /// Digests of what it reads from outside the run folder, by name; the function gives that of a file.
    ///
    /// # Errors
    /// The stage's own, if a file cannot be read.
    fn foreign(&self, _of_file: &FileDigest<'_>) -> Result<BTreeMap<String, Digest>, StageError> {
        Ok(BTreeMap::new())
    }
    /// What it would fail at on data that has these splits alone.
    ///
    /// # Errors
    /// The stage's own.
    fn check_splits(&self, _splits: &[Split]) -> Result<(), StageError> {
        Ok(())
    }
    /// The images that it leaves, as far as its parameters and its source tell before it has run; `before` is what it reads.
    fn leaves(&self, _before: Option<ImagesSeen>) -> Option<ImagesSeen> {
        None
    }
    /// What it takes of the memory for these images, if it can tell.
    fn memory(&self, _images: ImagesSeen) -> Option<Memory> {
        None
    }
    /// The stage as one that can go on where an earlier run stopped, if it is one.
    fn resumable(&self) -> Option<&dyn Resumable> {
        None
    }
    /// The stage as one that several processes compute together, if it is one.
    fn shared(&self) -> Option<&dyn Shared> {
        None
    }
    /// Does the work.
    ///
    /// # Errors
    /// The stage's own, or that it was asked to stop. Nothing that was written through `context` is then kept, but for
    /// checkpoints.
    fn run(&self, context: &mut Context<'_>) -> Result<(), Failure>;
}

/// A stage that leaves checkpoints, from which a later run goes on.
pub(crate) trait Resumable {
    /// Name of the folder for its checkpoints, below `checkpoints` in its own.
    fn checkpoint_key(&self, origin: &Origin<'_>) -> String;
    /// Whether it may go on from the checkpoint of this note, which has its key.
    fn may_go_on_from(&self, note: &Note) -> bool;
    /// The first of so many epochs, from any point of which a run of another length may go on; why there are none, if
    /// that is so whatever the length.
    ///
    /// # Errors
    /// In words, the reason.
    fn free_epochs(&self, epochs: usize) -> Result<usize, &'static str>;
    /// For a stage that has to run: whether an earlier run left something to go on from, or why not.
    fn resumption(&self, earlier: &EarlierRuns<'_>) -> Option<Reason>;
}

/// A stage whose work several processes can share.
pub(crate) trait Shared {
    /// How many at most.
    fn shards(&self) -> usize;
    /// Does the part of a process that does not lead, and writes nothing. What all processes end with is for process 0 to tell.
    ///
    /// # Errors
    /// What keeps this process alone from its part.
    fn join(&self, context: &mut Context<'_>, checkpoint: Option<&Note>) -> Result<(), StageError>;
}

/// What is there of a stage's earlier runs.
pub(crate) struct EarlierRuns<'a> {
    pub(crate) origin: Origin<'a>,
    pub(crate) checkpoint_dir: PathBuf,
    /// How the stage last ran to its end.
    pub(crate) finished: Option<&'a Entry>,
}

/// Why a stage did not come to its end.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was asked to stop.
    Stopped,
    /// Its own error.
    Error(StageError),
}

impl<E: Into<StageError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// Parameters as JSON, defaults written out.
pub(crate) fn resolved(params: &impl Serialize) -> Value {
    serde_json::to_value(params).expect("parameters are representable in JSON")
}
