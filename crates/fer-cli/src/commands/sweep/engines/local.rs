//! Processes on this machine: a `fer sweep run` that goes on by itself.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::job::{Job, TABLE, quoted, words};
use super::program;
use super::state::{TaskStates, of_process};

fn arguments(job: &Job) -> Vec<String> {
    let jobs = job.params.at_once.map_or(1, |most| most.get());
    let mut arguments = vec!["sweep".to_owned(), "run".to_owned()];
    arguments.extend(job.chain.iter().chain(&job.options).cloned());
    arguments.extend([
        "--jobs".to_owned(),
        jobs.to_string(),
        "--threads".to_owned(),
        job.params.cores.get().to_string(),
        "--index".to_owned(),
        job.whole.cells.to_string(),
        "--submitted".to_owned(),
        job.whole.digest.clone(),
        "--one-machine".to_owned(),
        "--whole-table".to_owned(),
    ]);
    arguments
}

fn log(folder: &Path) -> PathBuf {
    folder.join("sweep.log")
}

/// What will be called.
pub(super) fn commands(job: &Job) -> Vec<String> {
    let (table, log) = (job.file(TABLE), quoted(&log(&job.folder).to_string_lossy()));
    let fer = quoted(&job.program.to_string_lossy());
    vec![format!("{fer} {} > {table} 2> {log} &", words(&arguments(job)))]
}

/// Starts the process; gives its number.
pub(super) fn start(job: &Job) -> Result<String> {
    let table = job.folder.join(TABLE);
    let log = log(&job.folder);
    let process = program::start(job.program.as_os_str(), &arguments(job), &job.base, Some(&table), &log)?;
    Ok(process.to_string())
}

/// How the tasks stand: which of them runs, their run folders tell.
pub(super) fn states(folder: &Path, tasks: usize) -> TaskStates {
    of_process(program::is_running(&log(folder), folder), tasks)
}

/// Asks the process to stop, and all that it started.
pub(super) fn cancel(folder: &Path, id: &str) -> Result<()> {
    program::stop(id, folder)
}
