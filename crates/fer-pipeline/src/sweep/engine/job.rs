//! A cell as an engine's job sees it, beside what its run folder tells.

use serde::Serialize;

use super::Engine;

/// The job that a cell is part of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CellJob {
    /// What started it.
    pub engine: Engine,
    /// As the engine calls it.
    pub id: String,
    /// How it stands; nothing where the engine does not know the job any more, or cannot be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<JobState>,
    /// The engine's own words, with the node.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub said: String,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// It waits for its turn.
    Queued,
    /// It runs.
    Running,
    /// It came to a good end.
    Done,
    /// It came to another end.
    Failed,
}

impl JobState {
    /// Whether the engine will still run, or runs, its cells.
    pub const fn is_ahead(self) -> bool {
        matches!(self, JobState::Queued | JobState::Running)
    }
}
