//! What a sweep would run, and what its cells have in common.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Value, json};

use super::Sweep;
use crate::sweep::Cell;
use crate::{Error, Reason, Step};

/// What a sweep would do with a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CellPlan {
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
    /// The stages, in order.
    pub stages: Vec<Planned>,
}

/// What a sweep would do with a stage of a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Planned {
    /// The stage, why it is not fresh, and its state.
    #[serde(flatten)]
    pub step: Step,
    /// Index of the cell whose outputs it takes instead of running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_as: Option<usize>,
}

impl CellPlan {
    /// Whether all of it is done.
    pub fn is_fresh(&self) -> bool {
        self.stages.iter().all(|planned| planned.step.reasons.is_empty())
    }
}

impl Sweep {
    /// What running all cells would do, and why; runs nothing. Each stage that several cells have in common runs in
    /// one of them: here in the first, with more than one job at a time in whichever comes first.
    ///
    /// # Errors
    /// As [`crate::Pipeline::plan`].
    pub fn plan(&self) -> Result<Vec<CellPlan>, Error> {
        let all: Vec<Vec<Step>> = self.cells.iter().map(|cell| cell.pipeline.status()).collect::<Result<_, _>>()?;
        let origins: Vec<Vec<String>> = self.cells.iter().map(origins).collect();
        // Who has, or will be the first to make, what comes of an origin.
        let mut makers: BTreeMap<&str, usize> = BTreeMap::new();
        for wants_fresh in [true, false] {
            for (index, (steps, origins)) in all.iter().zip(&origins).enumerate() {
                for (step, origin) in steps.iter().zip(origins) {
                    if step.reasons.is_empty() || !wants_fresh {
                        makers.entry(origin).or_insert(index);
                    }
                }
            }
        }
        let cells = self.cells.iter().zip(all).zip(&origins);
        Ok(cells.map(|((cell, steps), origins)| cell.planned(steps, origins, &makers)).collect())
    }
}

impl Cell {
    fn planned(&self, steps: Vec<Step>, origins: &[String], makers: &BTreeMap<&str, usize>) -> CellPlan {
        let stages = steps.into_iter().zip(origins).map(|(step, origin)| {
            let other = makers.get(origin.as_str()).copied().filter(|maker| *maker != self.index);
            let is_stored = step.reasons.contains(&Reason::Stored);
            let same_as = other.filter(|_| !step.reasons.is_empty() && !is_stored);
            Planned { step, same_as }
        });
        CellPlan {
            index: self.index,
            name: self.name.clone(),
            run_dir: self.run_dir().to_owned(),
            values: self.values.clone(),
            seed: self.seed,
            stages: stages.collect(),
        }
    }
}

/// What each stage's outputs come of, with all before it: equal texts mean equal outputs.
fn origins(cell: &Cell) -> Vec<String> {
    let (mut text, mut origins) = (String::new(), vec![]);
    for stage in &cell.pipeline.stages {
        let (name, seed) = (stage.name(), cell.pipeline.seed.stream(stage.name().as_str()));
        text.push_str(&json!([name, stage.stage.version(), seed, stage.stage.written()]).to_string());
        origins.push(text.clone());
    }
    origins
}
