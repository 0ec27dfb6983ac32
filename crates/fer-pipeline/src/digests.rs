use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fer_artifact::Digest;

use crate::Error;

/// Digests of a run folder's files, each computed once.
pub(crate) struct Digests {
    run_dir: PathBuf,
    known: BTreeMap<String, Option<Digest>>,
}

impl Digests {
    pub(crate) fn new(run_dir: &Path) -> Self {
        Self { run_dir: run_dir.to_owned(), known: BTreeMap::new() }
    }

    /// Digest of the file at `path`, relative to the run folder; `None` if there is none.
    pub(crate) fn of(&mut self, path: &str) -> Result<Option<Digest>, Error> {
        if let Some(digest) = self.known.get(path) {
            return Ok(*digest);
        }
        let file = self.run_dir.join(path);
        let digest = if file.is_file() { Some(Digest::of_file(&file)?) } else { None };
        self.known.insert(path.to_owned(), digest);
        Ok(digest)
    }

    /// Takes note that a stage has just written these, and has none of `absent` any more.
    pub(crate) fn replace(&mut self, written: &BTreeMap<String, Digest>, absent: impl Iterator<Item = String>) {
        self.known.extend(absent.map(|path| (path, None)));
        self.known.extend(written.iter().map(|(path, digest)| (path.clone(), Some(*digest))));
    }
}
