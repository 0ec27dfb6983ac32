//! What is told of runs, as JSON.

use std::collections::BTreeMap;

use fer_pipeline::compare::{Change, Curves, Evaluated, Run, ScoreChange};
use fer_pipeline::sweep::Combination;
use fer_pipeline::{RunState, StageName};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The runs below the folder, sorted by name.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RunList {
    /// Runs that are no cells.
    pub(super) runs: Vec<RunRow>,
    pub(super) sweeps: Vec<SweepRow>,
    /// Folders that cannot be read, and why.
    pub(super) problems: Vec<RunProblem>,
}

/// A run.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Run")]
pub(super) struct RunRow {
    /// Its folder below that of the service; `.` is that folder itself.
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) state: RunState,
    /// When its last stage ended, in UTC.
    pub(super) finished: Option<String>,
    /// What the user noted.
    pub(super) note: Option<String>,
    /// The parameters that differ between the runs of the list.
    pub(super) differs: BTreeMap<String, Value>,
    pub(super) seed: Option<u64>,
    /// Its evaluations, in the order of the chain.
    pub(super) evaluations: Vec<Evaluation>,
}

/// The scores that an evaluate stage left.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Evaluation {
    pub(super) stage: StageName,
    /// The training whose model it scored, if it is one of the chain.
    pub(super) of: Option<StageName>,
    /// Whether they are those of the model that stands in the folder.
    pub(super) is_current: bool,
    pub(super) splits: Vec<SplitScores>,
}

/// The scores of a split.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SplitScores {
    pub(super) split: String,
    /// Images.
    pub(super) n: usize,
    pub(super) accuracy: f64,
    /// Wilson's 95 % interval of the accuracy.
    pub(super) accuracy_ci95: [f64; 2],
    pub(super) balanced_accuracy: f64,
    pub(super) macro_f1: f64,
    pub(super) loss: f64,
    pub(super) ece: f64,
}

/// A sweep.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SweepRow {
    /// Its folder below that of the service.
    pub(super) name: String,
    /// Cells in each state; `unreadable` are those that stand among the problems.
    pub(super) states: BTreeMap<&'static str, usize>,
}

/// A folder that cannot be read.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RunProblem {
    pub(super) name: String,
    pub(super) problem: String,
}

/// All that is told of a run.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct WholeRun {
    #[serde(flatten)]
    pub(super) row: RunRow,
    /// The sweep whose cell it is.
    pub(super) sweep: Option<String>,
    /// Value by name: `seed`, `train.optimizer.learning_rate`.
    pub(super) parameters: BTreeMap<String, Value>,
    /// Digests of sources, number of images by split, the classes.
    pub(super) data: BTreeMap<String, Value>,
    /// The evaluate stages that left a report.
    pub(super) reports: Vec<StageName>,
    /// Whether there is a log.
    pub(super) has_log: bool,
}

/// The curves of a run's trainings.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AllCurves {
    #[serde(flatten)]
    pub(super) state: RunState,
    /// In the order of the chain.
    pub(super) trainings: Vec<Curves>,
}

/// The end of a log.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Log {
    pub(super) text: String,
    /// Bytes of the whole log.
    pub(super) bytes: u64,
    /// Whether the text is all of it.
    pub(super) is_whole: bool,
}

/// What differs between two runs, as `fer diff` tells it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TwoRuns {
    pub(super) from: RunRow,
    pub(super) to: RunRow,
    pub(super) versions: Vec<Change>,
    pub(super) parameters: Vec<Change>,
    pub(super) data: Vec<Change>,
    pub(super) scores: Vec<ScoreChange>,
    /// Both runs' last evaluations on the same images.
    pub(super) paired: Vec<PairedSplit>,
}

/// Images of a split that one run alone classified rightly.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PairedSplit {
    pub(super) split: String,
    pub(super) images: usize,
    pub(super) only_first: usize,
    pub(super) only_second: usize,
    /// How likely chance alone is to part them at least so unevenly.
    pub(super) p_value: f64,
}

/// A sweep with its cells.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct WholeSweep {
    pub(super) name: String,
    /// The parameters that differ between cells, but for seeds.
    pub(super) parameters: Vec<String>,
    /// The cells; of each, `differs` has the values of these parameters.
    pub(super) cells: Vec<RunRow>,
    /// Mean and spread over seeds of each combination of values; only finished cells count.
    pub(super) combinations: Vec<Combination>,
    /// Cells that cannot be read.
    pub(super) problems: Vec<RunProblem>,
}

impl RunRow {
    /// Of a run by its name, and of its parameters those that differ.
    pub(super) fn new<'a>(name: String, run: &Run, differing: impl IntoIterator<Item = &'a String>) -> Self {
        let own = |name: &String| Some((name.clone(), run.parameters.get(name)?.clone()));
        Self {
            name,
            state: run.state.clone(),
            finished: run.finished.clone(),
            note: run.note.clone(),
            differs: differing.into_iter().filter_map(own).collect(),
            seed: run.parameters.get("seed").and_then(Value::as_u64),
            evaluations: run.evaluations.iter().map(Evaluation::new).collect(),
        }
    }
}

impl Evaluation {
    fn new(evaluated: &Evaluated) -> Self {
        let scores = evaluated.metrics.splits.iter().map(|(split, scores)| SplitScores {
            split: split.to_string(),
            n: scores.n,
            accuracy: scores.accuracy,
            accuracy_ci95: scores.accuracy_ci95,
            balanced_accuracy: scores.balanced_accuracy,
            macro_f1: scores.macro_f1,
            loss: scores.loss,
            ece: scores.ece,
        });
        let (stage, of, is_current) = (evaluated.stage, evaluated.of, evaluated.is_current);
        Self { stage, of, is_current, splits: scores.collect() }
    }
}
