//! How far a cell is by its run folder and by the job that it is part of, taken together.

use super::engine::{CellJob, JobState};
use super::{CellState, CellStatus};

impl CellStatus {
    /// With what the engine knows of the cell's job. A cell runs, and is done, as its run folder tells; what the engine
    /// knows besides is whether it will run, and that its job ended before its time.
    #[must_use]
    pub fn with_job(mut self, job: CellJob) -> Self {
        use CellState::{Failed, Fresh, Interrupted, Missing, Queued, Running, Stale};
        match (self.state, job.state) {
            (Fresh | Running | Queued, _) | (_, None | Some(JobState::Done)) => {}
            // A job of several cells goes on after one that failed, and does not take it up again.
            (Failed, Some(JobState::Running | JobState::Failed)) => {}
            (_, Some(JobState::Queued)) | (Missing | Stale | Interrupted, Some(JobState::Running)) => {
                self.state = Queued;
            }
            (Missing | Stale | Interrupted, Some(JobState::Failed)) => {
                self.state = Failed;
                self.why = format!("its job ended before it was done; {}", self.why);
            }
        }
        self.job = Some(job);
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use super::super::engine::Engine;
    use super::*;

    fn together(state: CellState, job: Option<JobState>) -> CellState {
        let status = CellStatus {
            index: 0,
            name: "seed=1".to_owned(),
            run_dir: PathBuf::new(),
            values: BTreeMap::new(),
            seed: 1,
            state,
            why: "train: output model.safetensors missing".to_owned(),
            job: None,
            metrics: None,
            evaluations: vec![],
        };
        let job = CellJob { engine: Engine::Slurm, id: "7_0".to_owned(), state: job, said: String::new() };
        status.with_job(job).state
    }

    #[test]
    fn the_run_folder_tells_what_is_and_the_job_what_will_be() {
        use CellState::{Failed, Fresh, Interrupted, Missing, Queued, Running};
        let jobs =
            [None, Some(JobState::Queued), Some(JobState::Running), Some(JobState::Done), Some(JobState::Failed)];
        let expected = [
            (Fresh, [Fresh, Fresh, Fresh, Fresh, Fresh]),
            (Running, [Running, Running, Running, Running, Running]),
            (Missing, [Missing, Queued, Queued, Missing, Failed]),
            (Interrupted, [Interrupted, Queued, Queued, Interrupted, Failed]),
            (Failed, [Failed, Queued, Failed, Failed, Failed]),
        ];
        for (state, expected) in expected {
            assert_eq!(jobs.map(|job| together(state, job)), expected, "{state:?}");
        }
    }
}
