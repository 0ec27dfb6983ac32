use serde::{Deserialize, Serialize};

use super::space::Values;

/// A trial on a rung, with one of its seeds: what one process trains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// The trial, counted from 0.
    pub trial: usize,
    /// Value by parameter.
    pub values: Values,
    /// Epochs that it is trained for; none if those of the file are not known.
    pub epochs: Option<usize>,
    /// The seed; none if it is that of the file.
    pub seed: Option<u64>,
    /// What of the chain runs.
    pub part: Part,
}

/// A part of a trial's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// All but what scores other splits than validation: nothing that a choice between trials may know.
    Trial,
    /// The whole chain, with the scores of test: for the trial that was chosen.
    Whole,
}

impl Unit {
    /// Name of its run folder.
    pub(super) fn folder_name(&self) -> String {
        let epochs = self.epochs.map_or(String::new(), |epochs| format!("-epochs-{epochs:04}"));
        let seed = self.seed.map_or(String::new(), |seed| format!("-seed-{seed}"));
        format!("trial-{:04}{epochs}{seed}", self.trial)
    }
}

/// The trial whose run folder has this name, if it is one's.
pub(super) fn trial_of(folder_name: &str) -> Option<usize> {
    let rest = folder_name.strip_prefix("trial-")?;
    rest.split('-').next()?.parse().ok()
}
