//! A sweep as its cells' folders tell of it, without its file.

use std::borrow::Borrow;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{CellState, CellStatus, Combination};
use crate::RunState;
use crate::compare::{Run, differing_parameters};

/// The parameter whose values are the folds of a cross-validation, at its end.
const FOLD: &str = ".split.fold";

/// What the folders of cells tell of their sweep. Whether a finished cell is still fresh, its file alone would tell: here its scores
/// count if they are of the model in its folder.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FoundSweep {
    /// The parameters that differ between cells, but for seeds.
    pub names: Vec<String>,
    /// Scores over seeds, and over folds, of each combination of values.
    pub combinations: Vec<Combination>,
}

impl FoundSweep {
    /// Of the runs of its cells.
    pub fn of<R: Borrow<Run>>(runs: &[R]) -> Self {
        let is_seed = |name: &str| name == "seed" || name.ends_with(".seed");
        let names: Vec<String> = differing_parameters(runs).into_iter().filter(|name| !is_seed(name)).collect();
        let cells: Vec<CellStatus> =
            runs.iter().enumerate().map(|(index, run)| cell(index, run.borrow(), &names)).collect();
        let folds = names.iter().find(|name| name.ends_with(FOLD)).map(String::as_str);
        let combinations = Combination::of(&cells, folds);
        Self { combinations, names }
    }
}

fn cell(index: usize, run: &Run, names: &[String]) -> CellStatus {
    let own = |name: &String| Some((name.clone(), run.parameters.get(name)?.clone()));
    let are_current = run.evaluations.iter().all(|evaluated| evaluated.is_current);
    let state = match &run.state {
        RunState::Finished if are_current => CellState::Fresh,
        RunState::Finished => CellState::Stale,
        RunState::Unfinished => CellState::Missing,
        RunState::Running { .. } => CellState::Running,
        RunState::Interrupted { .. } => CellState::Interrupted,
        RunState::Failed { .. } => CellState::Failed,
    };
    let evaluations = if state == CellState::Fresh { run.evaluations.clone() } else { vec![] };
    CellStatus {
        index,
        name: run.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        run_dir: run.path.clone(),
        values: names.iter().filter_map(own).collect(),
        seed: run.parameters.get("seed").and_then(Value::as_u64).unwrap_or_default(),
        state,
        why: String::new(),
        job: None,
        metrics: evaluations.last().map(|evaluated| evaluated.metrics.clone()),
        evaluations,
    }
}
