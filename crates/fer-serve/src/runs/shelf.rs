//! The runs below a folder, each read once until one of its files changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use fer_artifact::with_causes;
use fer_pipeline::compare::Run;
use fer_pipeline::{CELLS, RunState};

use super::files::folder;
use super::guard::{Seen, files};
use crate::Error;
use crate::limits::RUNS;
use crate::problem::Problem;

/// The runs below a folder, to be watched by `/runs`.
#[derive(Debug)]
pub struct Runs {
    root: PathBuf,
    known: Mutex<BTreeMap<PathBuf, Known>>,
}

/// A run as it was read.
#[derive(Debug, Clone)]
struct Known {
    seen: Seen,
    run: Arc<Run>,
}

/// A run, or why it cannot be read.
pub(super) type Read = Result<Arc<Run>, String>;

impl Runs {
    /// The runs below this folder; what comes to lie there later is found, too.
    ///
    /// # Errors
    /// [`Error::Runs`] for what is no folder.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let refused = |source| Error::Runs { path: folder.to_owned(), source };
        let root = folder.canonicalize().map_err(refused)?;
        std::fs::read_dir(&root).map_err(refused)?;
        Ok(Self { root, known: Mutex::default() })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Every run by its folder, sorted.
    pub(super) fn all(&self) -> Vec<(PathBuf, Read)> {
        let found = self.below(&self.root);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|path, _| path.symlink_metadata().is_ok());
        found
    }

    /// The runs below a folder, and under the folder itself what hinders that all are listed.
    fn below(&self, folder: &Path) -> Vec<(PathBuf, Read)> {
        let folders = Run::folders(folder);
        let more = folders.len().saturating_sub(RUNS);
        let read = |found: Result<PathBuf, fer_pipeline::Error>| match found {
            Ok(path) => {
                let run = self.read(&path);
                (path, run)
            }
            Err(error) => (folder.to_owned(), Err(self.own_words(&error))),
        };
        let mut found: Vec<(PathBuf, Read)> = folders.into_iter().take(RUNS).map(read).collect();
        if more > 0 {
            let problem = format!("expected at most {RUNS} runs, found {more} more, which are not listed");
            found.push((folder.to_owned(), Err(problem)));
        }
        found
    }

    /// The run of this name.
    pub(super) fn one(&self, name: &str) -> Result<Arc<Run>, Problem> {
        let none = || {
            let detail = format!("expected the name of a run that /v1/runs lists, found `{}`", name.escape_debug());
            Problem::new(StatusCode::NOT_FOUND, detail)
        };
        let path = folder(&self.root, name).filter(|path| fer_pipeline::is_run(path)).ok_or_else(none)?;
        self.read(&path).map_err(|problem| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{name}: {problem}")))
    }

    /// The cells of the sweep of this name by their folders, sorted.
    pub(super) fn cells(&self, name: &str) -> Result<Vec<(PathBuf, Read)>, Problem> {
        let cells = folder(&self.root, name).map(|sweep| sweep.join(CELLS));
        let cells =
            cells.filter(|cells| cells.symlink_metadata().is_ok_and(|found| found.is_dir())).ok_or_else(|| {
                let name = name.escape_debug();
                let detail = format!("expected the name of a sweep that /v1/runs lists, found `{name}`");
                Problem::new(StatusCode::NOT_FOUND, detail)
            })?;
        Ok(self.below(&cells))
    }

    /// A run that cannot be read is tried again each time: what was in the way may change no file.
    fn read(&self, path: &Path) -> Read {
        let seen = files(path)?;
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        // That a process has ended changes no file.
        let is_settled = |run: &Run| !matches!(run.state, RunState::Running { .. });
        if let Some(known) = known.filter(|known| known.seen == seen && is_settled(&known.run)) {
            return Ok(known.run);
        }
        let run = Run::read(path).map(Arc::new).map_err(|error| self.own_words(&error))?;
        let known = Known { seen, run: Arc::clone(&run) };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), known);
        Ok(run)
    }

    /// The name of the run in this folder: its path below the root.
    pub(super) fn name(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        if below.as_os_str().is_empty() {
            ".".to_owned()
        } else {
            below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
        }
    }

    /// The run's folder below the root.
    pub(super) fn below_root<'a>(&self, run: &'a Run) -> &'a Path {
        run.path.strip_prefix(&self.root).expect("a run of this folder")
    }

    /// The name of the sweep whose cell this run is.
    pub(super) fn sweep(&self, path: &Path) -> Option<String> {
        let cells = path.parent().filter(|cells| cells.file_name().is_some_and(|name| name == CELLS))?;
        cells.parent().filter(|sweep| sweep.starts_with(&self.root)).map(|sweep| self.name(sweep))
    }

    /// An error without the path to the root, which is nobody's affair.
    pub(super) fn own_words(&self, error: &dyn std::error::Error) -> String {
        let root = self.root.display().to_string();
        with_causes(error).replace(&format!("{root}/"), "").replace(&root, ".")
    }
}
