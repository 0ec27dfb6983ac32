//! What engines know of a sweep's cells.

use anyhow::Result;
use fer_artifact::with_causes;
use fer_pipeline::sweep::engine::{CellJob, Engine, JobState};
use fer_pipeline::sweep::{CellStatus, Sweep};
use serde::Serialize;

use super::engines::job::TABLE;
use super::engines::state::TaskStates;
use super::engines::states;
use super::engines::submission::Submission;
use crate::commands::format::Section;
use crate::table::{Align, Table};
use crate::terminal::to_stderr;

/// A submission and how its jobs stand.
#[derive(Serialize)]
pub(super) struct Submitted {
    /// Its number among those of the sweep.
    number: String,
    engine: Engine,
    /// As the engine calls it.
    id: String,
    /// The job that prints the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    table_job: Option<String>,
    /// Where the table comes out.
    table: String,
    jobs: usize,
    queued: usize,
    running: usize,
    done: usize,
    failed: usize,
}

/// A submission, and its jobs as the engine tells of them.
pub(super) struct Asked {
    pub(super) submission: Submission,
    pub(super) states: Result<TaskStates>,
}

impl Asked {
    /// All submissions of a sweep, the last one last. That an engine cannot be asked concerns its submission alone.
    pub(super) fn all(sweep: &Sweep) -> Result<Vec<Self>> {
        let ask = |submission: Submission| {
            let mut states = states(&submission);
            // HyperQueue tells of the task that prints the table, too.
            states.iter_mut().for_each(|states| states.retain(|task, _| *task < submission.tasks.len()));
            Self { submission, states }
        };
        Ok(Submission::all(&sweep.jobs_dir())?.into_iter().map(ask).collect())
    }

    /// The job of a cell, if it is part of this submission.
    fn job(&self, cell: &str) -> Option<CellJob> {
        let Submission { engine, id, .. } = &self.submission;
        let task = self.submission.task_of(cell)?;
        let found = self.states.as_ref().ok().and_then(|states| states.get(&task));
        let id = match engine {
            Engine::Slurm => format!("{id}_{task}"),
            Engine::HyperQueue => format!("{id}.{task}"),
            Engine::Snakemake | Engine::Local => format!("process {id}"),
        };
        let said = found.map_or(String::new(), |found| found.said.clone());
        Some(CellJob { engine: *engine, id, state: found.map(|found| found.state), said })
    }

    fn counted(&self) -> Submitted {
        let Submission { engine, id, table, tasks, folder } = &self.submission;
        let states = self.states.as_ref().ok();
        let count = |state| states.map_or(0, |states| states.values().filter(|found| found.state == state).count());
        Submitted {
            number: self.submission.number(),
            engine: *engine,
            id: id.clone(),
            table_job: table.clone(),
            table: folder.join(TABLE).display().to_string(),
            jobs: tasks.len(),
            queued: count(JobState::Queued),
            running: count(JobState::Running),
            done: count(JobState::Done),
            failed: count(JobState::Failed),
        }
    }
}

/// The job that a cell is part of: of its last submission.
pub(super) fn job_of(asked: &[Asked], cell: &str) -> Option<CellJob> {
    asked.iter().rev().find_map(|asked| asked.job(cell))
}

/// The cells with what engines know of their jobs, and the submissions.
pub(super) fn with_jobs(sweep: &Sweep, cells: Vec<CellStatus>) -> Result<(Vec<CellStatus>, Vec<Submitted>)> {
    let asked = Asked::all(sweep)?;
    for Asked { submission, states } in &asked {
        if let Err(error) = states {
            let (number, engine) = (submission.number(), submission.engine);
            to_stderr(&format!("note: {engine} tells nothing of submission {number}: {}", with_causes(error.as_ref())));
        }
    }
    let with_job = |cell: CellStatus| match job_of(&asked, &cell.name) {
        Some(job) => cell.with_job(job),
        None => cell,
    };
    Ok((cells.into_iter().map(with_job).collect(), asked.iter().map(Asked::counted).collect()))
}

/// A submission a line, if there are any.
pub(super) fn jobs_section(submitted: &[Submitted]) -> Option<Section> {
    if submitted.is_empty() {
        return None;
    }
    let numbers = ["jobs", "queued", "running", "done", "failed"].map(|name| (name.to_owned(), Align::Right));
    let start = ["submission", "engine", "id"].map(|name| (name.to_owned(), Align::Left));
    let end = [("table".to_owned(), Align::Left)];
    let mut table = Table::new(start.into_iter().chain(numbers).chain(end));
    for one in submitted {
        let counts = [one.jobs, one.queued, one.running, one.done, one.failed].map(|count| count.to_string());
        let start = [one.number.clone(), one.engine.to_string(), one.id.clone()];
        table.row(start.into_iter().chain(counts).chain([one.table.clone()]));
    }
    Some(Section { title: "submissions".to_owned(), table, empty: "none" })
}
