//! The engines that run the cells of a sweep: what each is given, and what it tells.

pub(super) mod answer;
mod hyperqueue;
pub(super) mod job;
mod local;
mod process;
mod program;
mod slurm;
mod snakemake;
pub(super) mod state;
pub(super) mod submission;

use std::path::Path;

use anyhow::Result;
use fer_artifact::shown;
use fer_pipeline::sweep::engine::{Engine, EngineParams};

use answer::Answer;
use job::Job;
use state::TaskStates;
use submission::Submission;

/// What is wrong with the folder of the jobs, for this engine.
pub(super) fn problem_of_folder(engine: Engine, jobs: &Path) -> Option<String> {
    let path = jobs.to_string_lossy();
    // A line of a job file would end there.
    let is_cut = engine != Engine::Local && path.chars().any(char::is_control);
    is_cut.then(|| {
        format!(
            "{}: expected a path without line breaks and other control characters, as it stands in files for {engine}",
            shown(&path)
        )
    })
}

/// What is wrong with the longest time of a job, for this engine.
pub(super) fn problem_of_time(engine: Engine, params: &EngineParams) -> Option<String> {
    match engine {
        Engine::Slurm => slurm::problem_of_time(params),
        Engine::HyperQueue | Engine::Snakemake | Engine::Local => None,
    }
}

/// The parameters that are given and mean nothing to this engine.
pub(super) fn unused(engine: Engine, params: &EngineParams) -> Vec<&'static str> {
    let given = [
        ("memory", params.memory.is_some()),
        ("time", params.time.is_some()),
        ("partition", params.partition.is_some()),
        ("account", params.account.is_some()),
        ("at_once", params.at_once.is_some()),
        ("cells_per_job", params.cells_per_job.get() > 1),
        ("directives", !params.directives.is_empty()),
    ];
    let none: &[&str] = match engine {
        Engine::Slurm | Engine::Snakemake => &[],
        Engine::HyperQueue => &["partition", "account", "at_once"],
        Engine::Local => &["memory", "time", "partition", "account", "cells_per_job", "directives"],
    };
    given.into_iter().filter(|(name, is_given)| *is_given && none.contains(name)).map(|(name, _)| name).collect()
}

/// The files that the engine is given, by name.
pub(super) fn files(engine: Engine, job: &Job) -> Vec<(&'static str, String)> {
    match engine {
        Engine::Slurm => slurm::files(job).into(),
        Engine::HyperQueue => hyperqueue::files(job),
        Engine::Snakemake => snakemake::files(job),
        Engine::Local => vec![],
    }
}

/// The calls that start it.
pub(super) fn commands(engine: Engine, job: &Job) -> Vec<String> {
    match engine {
        Engine::Slurm => slurm::commands(job),
        Engine::HyperQueue => hyperqueue::commands(job),
        Engine::Snakemake => snakemake::commands(job),
        Engine::Local => local::commands(job),
    }
}

/// Starts it.
///
/// # Errors
/// Nobody has taken it.
pub(super) fn start(engine: Engine, job: &Job) -> Result<Answer> {
    match engine {
        Engine::Slurm => slurm::start(job),
        Engine::HyperQueue => hyperqueue::start(job),
        Engine::Snakemake => snakemake::start(job).map(Answer::Number),
        Engine::Local => local::start(job).map(Answer::Number),
    }
}

/// Starts what prints the table, where that is a job of its own.
pub(super) fn start_table(engine: Engine, job: &Job, cells: &str) -> Result<Option<Answer>> {
    match engine {
        Engine::Slurm => slurm::start_table(job, cells).map(Some),
        Engine::HyperQueue | Engine::Snakemake | Engine::Local => Ok(None),
    }
}

/// How the tasks of a submission stand.
pub(super) fn states(submission: &Submission) -> Result<TaskStates> {
    let Submission { engine, id, tasks, folder, .. } = submission;
    match engine {
        Engine::Slurm => slurm::states(id),
        Engine::HyperQueue => hyperqueue::states(id),
        Engine::Snakemake => Ok(snakemake::states(folder, tasks.len())),
        Engine::Local => Ok(local::states(folder, tasks.len())),
    }
}

/// Ends what is left of a submission.
pub(super) fn cancel(submission: &Submission) -> Result<()> {
    let Submission { engine, id, table, folder, .. } = submission;
    match engine {
        Engine::Slurm => slurm::cancel(id, table.as_deref()),
        Engine::HyperQueue => hyperqueue::cancel(id),
        Engine::Snakemake => snakemake::cancel(folder, id),
        Engine::Local => local::cancel(folder, id),
    }
}
