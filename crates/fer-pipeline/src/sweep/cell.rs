//! One run of a sweep.

use fer_artifact::names::MODEL;
use fer_artifact::{Digest, Metrics, with_causes};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread::sleep;

use super::engine::CellJob;
use super::matrix::Values;
use crate::compare::{Evaluated, read_metrics};
use crate::link::Link;
use crate::progress::{Clock, Event, Reporter};
use crate::run_folder::folder::LOG_FILE;
use crate::run_folder::state::{forget, note_failure};
use crate::search::unit::Unit;
use crate::siblings::PAUSE;
use crate::{Error, Outcome, Pipeline, RunOptions, RunState, Step};

/// A cell: a pipeline with one of each parameter's values.
#[derive(Debug)]
pub struct Cell {
    /// Its place in the sweep, counted from 0.
    pub index: usize,
    /// Name of its run folder.
    pub name: String,
    /// Value by parameter.
    pub values: BTreeMap<String, Value>,
    /// The seed.
    pub seed: u64,
    /// What of a search it is, if it is a trial.
    pub unit: Option<Unit>,
    pub(crate) pipeline: Pipeline,
}

/// How far a cell is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CellStatus {
    /// Its place in the sweep, counted from 0.
    pub index: usize,
    /// Name of its run folder.
    pub name: String,
    /// Its run folder.
    pub run_dir: PathBuf,
    /// Value by parameter.
    pub values: BTreeMap<String, Value>,
    /// The seed.
    pub seed: u64,
    /// The state.
    pub state: CellState,
    /// Why it is not fresh: who runs it, its error, or a stage and its reasons.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// The job that it is part of, if it was given to an engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<CellJob>,
    /// The scores of the last evaluation in the chain, if the cell is fresh and has any.
    pub metrics: Option<Metrics>,
    /// The scores of every evaluation, in the order of the chain, if the cell is fresh.
    pub evaluations: Vec<Evaluated>,
}

/// The state of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CellState {
    /// Done: running it again would give the same.
    Fresh,
    /// A process is at it.
    Running,
    /// A job of an engine will run it.
    Queued,
    /// Its last run failed.
    Failed,
    /// Its training goes on where it was.
    Interrupted,
    /// An output is not there yet.
    Missing,
    /// Its outputs are of another time.
    Stale,
}

impl CellState {
    /// As it is shown.
    pub const fn name(self) -> &'static str {
        match self {
            CellState::Fresh => "fresh",
            CellState::Running => "running",
            CellState::Queued => "queued",
            CellState::Failed => "failed",
            CellState::Interrupted => "interrupted",
            CellState::Missing => "missing",
            CellState::Stale => "stale",
        }
    }

    /// Of a chain whose stages are not all fresh.
    fn of(steps: &[Step]) -> Self {
        let any = |state: &str| steps.iter().any(|step| step.state() == state);
        match () {
            () if any("interrupted") => CellState::Interrupted,
            () if any("missing") => CellState::Missing,
            () => CellState::Stale,
        }
    }
}

impl Cell {
    pub(super) fn new(index: usize, values: &Values<'_>, pipeline: Pipeline) -> Self {
        let name = pipeline.run_dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { index, name, values: values.by_name(), seed: pipeline.seed.value(), unit: None, pipeline }
    }

    /// A trial of a search.
    pub(crate) fn of_trial(unit: Unit, name: String, pipeline: Pipeline) -> Self {
        let (values, seed) = (unit.values.clone(), pipeline.seed.value());
        Self { index: unit.trial, name, values, seed, unit: Some(unit), pipeline }
    }

    /// Its run folder.
    pub fn run_dir(&self) -> &Path {
        self.pipeline.run_dir()
    }

    /// Where what it tells while it runs belongs.
    pub fn log_path(&self) -> PathBuf {
        self.run_dir().join(LOG_FILE)
    }

    /// Tells this cell from one of the same name in a file that was changed.
    pub fn digest(&self) -> Digest {
        Digest::of_bytes(self.pipeline.resolved().as_bytes())
    }

    /// Runs what is not fresh, as [`Pipeline::run`] does. Waits while another process runs the cell. Outputs that
    /// another cell of the sweep has are taken from there, and those that one is making are waited for.
    ///
    /// # Errors
    /// As [`Pipeline::run`].
    pub fn run(&self, options: &RunOptions, clock: &dyn Clock, reporter: &mut dyn Reporter) -> Result<Outcome, Error> {
        let mut has_waited = false;
        loop {
            match self.pipeline.run(options, clock, reporter) {
                Err(Error::Held { holder, .. }) if !reporter.stop_requested() => {
                    if !has_waited {
                        let stage = self.pipeline.stages[0].name();
                        reporter
                            .event(&Event::Note { stage, text: &format!("waits for {holder}, which runs this cell") });
                        has_waited = true;
                    }
                    sleep(PAUSE);
                }
                ended => {
                    ended.as_ref().err().into_iter().for_each(|error| self.note_divergence(error));
                    return ended;
                }
            }
        }
    }

    /// Forgets how the cell's last run ended, as another begins.
    pub fn begin(&self) {
        if !matches!(self.last_run(), Some(RunState::Running { .. })) {
            forget(self.run_dir());
        }
    }

    /// Leaves in the run folder why its last run failed, unless that run has done so itself.
    pub fn note_failure(&self, message: &str) {
        note_failure(self.run_dir(), message);
    }

    /// What the cell's last run is at, or how it ended if not well.
    pub fn last_run(&self) -> Option<RunState> {
        RunState::read(self.run_dir())
    }

    /// How far the cell is. That a stage's state cannot be told, as with a damaged lock, counts as a failure: of this
    /// cell alone.
    pub fn status(&self) -> CellStatus {
        let (state, why) = self.state();
        let evaluations = if state == CellState::Fresh { self.evaluations() } else { vec![] };
        CellStatus {
            index: self.index,
            name: self.name.clone(),
            run_dir: self.run_dir().to_owned(),
            values: self.values.clone(),
            seed: self.seed,
            state,
            why,
            job: None,
            metrics: evaluations.last().map(|evaluated| evaluated.metrics.clone()),
            evaluations,
        }
    }

    /// The scores in the folder of a cell that is fresh: they are of the models there.
    fn evaluations(&self) -> Vec<Evaluated> {
        let stages = self.pipeline.stages.iter().filter(|link| link.is_evaluation());
        let scores = |link: &Link| {
            let metrics = read_metrics(self.run_dir(), link.name()).ok()??;
            Some(Evaluated { stage: link.name(), of: link.maker_of(MODEL), metrics, is_current: true })
        };
        stages.filter_map(scores).collect()
    }

    fn state(&self) -> (CellState, String) {
        let last = self.last_run();
        if let Some(RunState::Running { process, activity }) = last {
            return (CellState::Running, activity.map_or(process.clone(), |activity| format!("{activity}, {process}")));
        }
        let steps = match self.pipeline.status() {
            Ok(steps) => steps,
            Err(error) => return (CellState::Failed, with_causes(&error)),
        };
        let Some(step) = steps.iter().find(|step| !step.reasons.is_empty()) else {
            return (CellState::Fresh, String::new());
        };
        if let Some(RunState::Failed { message, .. }) = last {
            return (CellState::Failed, message);
        }
        let reasons = step.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        (CellState::of(&steps), format!("{}: {reasons}", step.stage))
    }
}
