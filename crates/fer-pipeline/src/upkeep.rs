//! Upkeep of a run folder: outputs held against the lock, and what may go.

use fer_artifact::{Digest, with_causes};
use serde::Serialize;

use crate::link::Link;
use crate::run_folder::digests::Digests;
use crate::run_folder::folder::Writer;
use crate::run_folder::links;
use crate::run_folder::lock::{Entry, Lock};
use crate::run_folder::store::Store;
use crate::{Error, Pipeline, StageName};

pub use crate::run_folder::store::{Spare, SpareKind};

/// An output of a finished stage, or what one read from outside of the run folder, held against the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Path in the run folder; of what was read from outside, the stage and its name there, as `ingest.source`.
    pub path: String,
    /// What was found.
    pub state: FileState,
    /// Digest in the lock.
    pub expected: Digest,
    /// Digest of the file, if it could be read.
    pub found: Option<Digest>,
    /// Why it could not be read, if it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How a file compares with the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileState {
    /// Bit for bit what the stage wrote.
    Ok,
    /// Something else.
    Changed,
    /// Not there.
    Missing,
    /// There, and not to be read.
    Unreadable,
}

/// What a stage reads from outside of the run folder, held against its entry.
fn verify_sources(link: &Link, entry: &Entry) -> Vec<Verified> {
    let found = link.stage.foreign(&|path| Digest::of_file(path));
    let known = match &found {
        Ok(found) => found.keys().filter_map(|name| entry.inputs.get_key_value(name)).collect::<Vec<_>>(),
        // The others are outputs of stages.
        Err(_) => entry.inputs.iter().filter(|(name, _)| StageName::of_path(name).is_none()).collect(),
    };
    let verified = |(name, expected): (&String, &Digest)| {
        let (state, digest, error) = match &found {
            Ok(found) if found[name] == *expected => (FileState::Ok, Some(found[name]), None),
            Ok(found) => (FileState::Changed, Some(found[name]), None),
            Err(error) => (FileState::Unreadable, None, Some(with_causes(error.as_ref()))),
        };
        Verified { path: format!("{}.{name}", link.name()), state, expected: *expected, found: digest, error }
    };
    known.into_iter().map(verified).collect()
}

impl FileState {
    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Pipeline {
    /// Hashes every file that the lock knows, whatever an earlier run remembers of it: what stages read from outside, as long as
    /// they have the parameters that they ran with, and their outputs; in the order of the stages.
    ///
    /// # Errors
    /// A lock that cannot be read.
    pub fn verify(&self) -> Result<Vec<Verified>, Error> {
        let lock = Lock::read(&self.run_dir)?;
        let mut verified = vec![];
        for (stage, entry) in &lock.stages {
            let link = self.stages.iter().find(|link| link.name() == *stage && link.stage.params() == entry.params);
            verified.extend(link.into_iter().flat_map(|link| verify_sources(link, entry)));
            verified.extend(entry.outputs.iter().map(|(path, digest)| self.verify_file(path, *digest)));
        }
        Ok(verified)
    }

    fn verify_file(&self, path: &str, expected: Digest) -> Verified {
        let file = self.run_dir.join(path);
        let (state, found, error) = match Digest::of_file(&file) {
            Ok(found) if found == expected => (FileState::Ok, Some(found), None),
            Ok(found) => (FileState::Changed, Some(found), None),
            Err(_) if !file.exists() => (FileState::Missing, None, None),
            Err(error) => (FileState::Unreadable, None, Some(with_causes(&error))),
        };
        Verified { path: path.to_owned(), state, expected, found, error }
    }

    /// What [`Self::gc`] would remove: earlier outputs in the store, checkpoints of other trainings than this file's,
    /// and what killed runs left.
    ///
    /// # Errors
    /// An input of the training that cannot be read, which decides whose its checkpoints are.
    pub fn spares(&self) -> Result<Vec<Spare>, Error> {
        Ok(Store::new(&self.run_dir).spares(&self.present_checkpoints(&Digests::new(&self.run_dir))?))
    }

    /// Removes what [`Self::spares`] tells, and tells what it was.
    ///
    /// # Errors
    /// Another writer in the run folder, or a file that cannot be removed.
    pub fn gc(&self) -> Result<Vec<Spare>, Error> {
        if !self.run_dir.is_dir() {
            return Ok(vec![]);
        }
        let _writer = Writer::hold(&self.run_dir)?;
        links::refuse(&self.run_dir, &self.stages.iter().map(Link::name).collect::<Vec<_>>())?;
        let (store, spares) = (Store::new(&self.run_dir), self.spares()?);
        spares.iter().try_for_each(|spare| store.remove(spare))?;
        Ok(spares)
    }
}
