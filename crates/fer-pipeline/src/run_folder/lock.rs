//! `run.lock.json`: what every stage was made from, and what came out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fer_artifact::{Digest, RECORD, Seed, canonical_json, read_regular, write_atomic};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::run_folder::folder::LOCK_FILE;
use crate::run_folder::key::Origin;
use crate::{Error, PROGRAM, StageKind, StageName};

const LOCK_VERSION: u32 = 1;

/// The lock of a run folder. Written with sorted keys, one entry a line, so that it merges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lock {
    version: u32,
    /// The program that wrote it last.
    program: String,
    pub(crate) stages: BTreeMap<StageName, Entry>,
}

/// How a stage last ran to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The stage's kind, where its name is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<StageKind>,
    pub(crate) version: u32,
    pub(crate) seed: u64,
    pub(crate) params: Value,
    /// Digests by path in the run folder, or by name for files from outside.
    pub(crate) inputs: BTreeMap<String, Digest>,
    /// Digests by path in the run folder.
    pub(crate) outputs: BTreeMap<String, Digest>,
    pub(crate) seconds: f64,
    pub(crate) finished: String,
}

impl Entry {
    /// The kind of the stage, which has this name.
    pub(crate) fn kind(&self, name: StageName) -> Option<StageKind> {
        self.kind.or_else(|| name.kind())
    }

    /// What the stage's outputs depended on.
    pub(crate) fn origin(&self, stage: StageName) -> Origin<'_> {
        let seed = Seed::new(self.seed).stream(stage.as_str());
        Origin { stage, version: self.version, seed, params: self.params.clone(), inputs: &self.inputs }
    }
}

impl Default for Lock {
    fn default() -> Self {
        Self { version: LOCK_VERSION, program: PROGRAM.to_owned(), stages: BTreeMap::new() }
    }
}

impl Lock {
    /// The lock of the run folder; an empty one where there is no file.
    pub(crate) fn read(run_dir: &Path) -> Result<Self, Error> {
        let path = run_dir.join(LOCK_FILE);
        let text = match read_regular(&path, RECORD) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(Error::Io { path, action: "read the lock", source }),
        };
        let damaged = |path: PathBuf, reason: String| Error::Lock { path, reason };
        let lock: Lock = serde_json::from_slice(&text).map_err(|error| damaged(path.clone(), error.to_string()))?;
        if lock.version != LOCK_VERSION {
            let reason = format!("expected a lock of version {LOCK_VERSION}, found {}", lock.version);
            return Err(damaged(path, reason));
        }
        Ok(lock)
    }

    pub(crate) fn write(&mut self, run_dir: &Path) -> Result<(), Error> {
        self.program = PROGRAM.to_owned();
        let sorted: Value = serde_json::from_str(&canonical_json(self)).expect("canonical JSON is JSON");
        write_atomic(&run_dir.join(LOCK_FILE), |out| {
            serde_json::to_writer_pretty(&mut *out, &sorted)?;
            out.write_all(b"\n")
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            kind: None,
            version: 1,
            seed: u64::MAX,
            params: serde_json::json!({"b": 0.1, "a": [1]}),
            inputs: BTreeMap::from([("x.csv".to_owned(), Digest::of_bytes(b"x"))]),
            outputs: BTreeMap::new(),
            seconds: 0.1 + 0.2,
            finished: "2026-05-17T08:30:00Z".to_owned(),
        }
    }

    #[test]
    fn a_lock_is_read_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Lock::read(folder.path()).unwrap(), Lock::default());
        let mut lock = Lock::default();
        lock.stages.insert(StageKind::Train.into(), entry());
        lock.stages.insert(StageKind::Ingest.into(), entry());
        lock.write(folder.path()).unwrap();
        assert_eq!(Lock::read(folder.path()).unwrap(), lock);
        let text = std::fs::read_to_string(folder.path().join(LOCK_FILE)).unwrap();
        assert!(text.find("\"ingest\"") < text.find("\"train\"") && text.ends_with("}\n"), "{text}");
    }

    #[test]
    fn a_damaged_lock_is_refused_with_advice() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LOCK_FILE), "{\"version\": 1").unwrap();
        let error = Lock::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("run.lock.json: EOF while parsing"), "{error}");
        assert!(error.ends_with("; remove the file to run every stage anew"), "{error}");
    }
}
