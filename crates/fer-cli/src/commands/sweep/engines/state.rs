//! How the tasks of a submission stand, as their engine tells.

use std::collections::BTreeMap;

use fer_pipeline::sweep::engine::JobState;

/// By task. The engine knows nothing of those that are not among them.
pub(crate) type TaskStates = BTreeMap<usize, TaskState>;

/// How a task stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TaskState {
    pub(crate) state: JobState,
    /// The engine's own words.
    pub(crate) said: String,
}

/// All tasks of a process that runs, or none.
pub(super) fn of_process(is_running: bool, tasks: usize) -> TaskStates {
    let state = TaskState { state: JobState::Running, said: String::new() };
    (0..if is_running { tasks } else { 0 }).map(|task| (task, state.clone())).collect()
}
