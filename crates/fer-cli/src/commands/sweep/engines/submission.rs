//! What was given to engines, noted in the sweep's folder: `jobs/1`, `jobs/2`, …

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fer_artifact::{RECORD, make_folders, open_lock, read_regular};
use fer_pipeline::sweep::engine::Engine;
use serde::{Deserialize, Serialize};

const SUBMISSION_FILE: &str = "submission.json";

/// Some cells, given to an engine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Submission {
    /// Who has them.
    pub(crate) engine: Engine,
    /// As the engine calls it: a job, or a process.
    pub(crate) id: String,
    /// The job that prints the table, where that is one of its own.
    pub(crate) table: Option<String>,
    /// Names of the cells of each task.
    pub(crate) tasks: Vec<Vec<String>>,
    /// Its folder.
    #[serde(skip)]
    pub(crate) folder: PathBuf,
}

impl Submission {
    /// Those of a sweep, the last one last.
    pub(crate) fn all(jobs: &Path) -> Result<Vec<Self>> {
        numbers(jobs)
            .into_iter()
            .map(|number| jobs.join(number.to_string()))
            .filter_map(|folder| Self::read(folder).transpose())
            .collect()
    }

    /// That of a folder; none where no engine took it, or none said so clearly.
    fn read(folder: PathBuf) -> Result<Option<Self>> {
        let path = folder.join(SUBMISSION_FILE);
        let text = match read_regular(&path, RECORD) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.with_context(|| format!("{}: cannot read it", path.display()))?,
        };
        let read: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{}: expected what `fer sweep submit` noted; remove the file", path.display()))?;
        Ok(Some(Self { folder, ..read }))
    }

    /// Notes it in its folder.
    pub(crate) fn write(&self) -> Result<()> {
        let path = self.folder.join(SUBMISSION_FILE);
        let text = serde_json::to_vec_pretty(self)?;
        fer_artifact::write_atomic(&path, |out| out.write_all(&text))
            .with_context(|| format!("{}: cannot write it", path.display()))?;
        Ok(())
    }

    /// Its number among those of the sweep.
    pub(crate) fn number(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The task that a cell is part of.
    pub(crate) fn task_of(&self, cell: &str) -> Option<usize> {
        self.tasks.iter().position(|cells| cells.iter().any(|name| name == cell))
    }
}

fn numbers(jobs: &Path) -> Vec<usize> {
    let entries = fs::read_dir(jobs).into_iter().flatten().flatten();
    let mut numbers: Vec<usize> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

/// The folder that the next submission will have.
pub(crate) fn next(jobs: &Path) -> PathBuf {
    jobs.join((numbers(jobs).last().unwrap_or(&0) + 1).to_string())
}

/// Keeps other submissions of the sweep away, until it is dropped.
pub(crate) fn hold(jobs: &Path) -> Result<File> {
    let (sweep, name) = (jobs.parent().unwrap_or(jobs), jobs.file_name().unwrap_or_default());
    make_folders(sweep, name.as_ref()).with_context(|| format!("{}: cannot make the folder", jobs.display()))?;
    let path = jobs.join(".lock");
    let file = open_lock(&path).with_context(|| format!("{}: cannot write it", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("{}: another `fer sweep submit` is under way", jobs.display()),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("{}: cannot lock it", path.display())),
    }
}
