use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fer_artifact::{Artifact, Digest, Provenance, Seed, read, write, write_atomic};
use fer_data::FileDigest;
use serde_json::{Value, json};

use crate::key::Origin;
use crate::lock::Entry;
use crate::{Clock, Event, Reason, Reporter, RunOptions, StageError, StageKind, slots};

/// A link of the chain: reads artifacts, computes, writes artifacts.
pub trait Stage {
    /// Its place in the chain.
    fn kind(&self) -> StageKind;
    /// Raised whenever the same inputs and parameters give other bytes than before.
    fn version(&self) -> u32;
    /// Its parameters with every default written out.
    fn params(&self) -> Value;
    /// What stands for it in a pipeline file, beside its kind.
    fn entry(&self) -> Value {
        json!({"params": self.params()})
    }
    /// The files that it reads, by path in the run folder: those of its kind, unless its parameters say otherwise.
    fn inputs(&self) -> Vec<Slot> {
        slots::inputs(self.kind())
    }
    /// The files that it writes, by name in its own folder.
    fn outputs(&self) -> Vec<Slot> {
        slots::outputs(self.kind())
    }
    /// Digests of what it reads from outside the run folder, by name; the function gives that of a file.
    ///
    /// # Errors
    /// The stage's own, if a file cannot be read.
    fn foreign(&self, _of_file: &FileDigest<'_>) -> Result<BTreeMap<String, Digest>, StageError> {
        Ok(BTreeMap::new())
    }
    /// For a stage that has to run: whether an earlier run left something to go on from, or why not.
    fn resumption(&self, _past: &Past<'_>) -> Option<Reason> {
        None
    }
    /// Name of the folder for its checkpoints, below `checkpoints` in its own, if it has any.
    fn checkpoint_key(&self, _origin: &Origin<'_>) -> Option<String> {
        None
    }
    /// Does the work.
    ///
    /// # Errors
    /// The stage's own. Nothing that was written through `context` is then kept, but for checkpoints.
    fn run(&self, context: &mut Context<'_>) -> Result<(), StageError>;
}

/// What is there of a stage's earlier runs.
pub struct Past<'a> {
    pub(crate) origin: Origin<'a>,
    pub(crate) checkpoint_dir: PathBuf,
    /// How the stage last ran to its end.
    pub(crate) finished: Option<&'a Entry>,
}

/// A file that a stage reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Path or name.
    pub path: &'static str,
    /// Whether it may be absent.
    pub need: Need,
}

/// Whether a file must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The stage cannot do without.
    Always,
    /// Absent where the data has no such part.
    IfThere,
}

impl Slot {
    pub(crate) const fn always(path: &'static str) -> Self {
        Self { path, need: Need::Always }
    }

    pub(crate) const fn if_there(path: &'static str) -> Self {
        Self { path, need: Need::IfThere }
    }
}

/// What a running stage sees of the world.
pub struct Context<'a> {
    pub(crate) kind: StageKind,
    pub(crate) input_dir: &'a Path,
    pub(crate) output_dir: &'a Path,
    pub(crate) checkpoint_dir: PathBuf,
    pub(crate) checkpoint_key: Option<String>,
    pub(crate) options: &'a RunOptions,
    pub(crate) provenance: Provenance,
    pub(crate) pipeline_seed: Seed,
    pub(crate) written: BTreeMap<String, Digest>,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) reporter: &'a mut dyn Reporter,
}

impl Context<'_> {
    /// The stage's own stream of randomness.
    pub fn seed(&self) -> Seed {
        self.provenance.seed
    }

    /// The pipeline's seed, from which the stage's own comes.
    pub fn pipeline_seed(&self) -> Seed {
        self.pipeline_seed
    }

    /// The artifact at `path` in the run folder.
    ///
    /// # Errors
    /// As [`fer_artifact::read`].
    pub fn read<A: Artifact>(&self, path: &str) -> Result<A, fer_artifact::Error> {
        read(&self.input_dir.join(path))
    }

    /// Whether there is a file at `path` in the run folder.
    pub fn has(&self, path: &str) -> bool {
        self.input_dir.join(path).is_file()
    }

    /// The text of a file at `path` in the run folder that is no artifact.
    ///
    /// # Errors
    /// [`fer_artifact::Error::Io`].
    pub fn read_text(&self, path: &str) -> Result<String, fer_artifact::Error> {
        let path = self.input_dir.join(path);
        std::fs::read_to_string(&path).map_err(|source| fer_artifact::Error::Io {
            path,
            action: "read the file",
            source,
        })
    }

    /// The chain's resolved configuration, if the run folder has it.
    ///
    /// # Errors
    /// [`fer_artifact::Error::Io`].
    pub fn configuration(&self) -> Result<String, fer_artifact::Error> {
        let name = crate::run::CONFIG_FILE;
        if self.has(name) { self.read_text(name) } else { Ok(String::new()) }
    }

    /// Writes an output.
    ///
    /// # Errors
    /// As [`fer_artifact::write()`].
    pub fn write<A: Artifact>(&mut self, name: &str, artifact: &A) -> Result<(), fer_artifact::Error> {
        let digest = write(&self.output_dir.join(name), artifact, &self.provenance)?;
        self.written.insert(name.to_owned(), digest);
        Ok(())
    }

    /// Writes an output that is no artifact.
    ///
    /// # Errors
    /// As [`fer_artifact::write_atomic`].
    pub fn write_text(&mut self, name: &str, text: &str) -> Result<(), fer_artifact::Error> {
        self.write_bytes(name, text.as_bytes())
    }

    /// Writes an output that is neither artifact nor text.
    ///
    /// # Errors
    /// As [`fer_artifact::write_atomic`].
    pub fn write_bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), fer_artifact::Error> {
        let digest = write_atomic(&self.output_dir.join(name), |out: &mut dyn Write| out.write_all(bytes))?;
        self.written.insert(name.to_owned(), digest);
        Ok(())
    }

    /// Lines for the user to read.
    pub fn note(&mut self, text: &str) {
        self.reporter.event(&Event::Note { stage: self.kind, text });
    }

    /// Time since some fixed moment.
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }
}
