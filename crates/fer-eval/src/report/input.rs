use std::collections::BTreeMap;

use fer_artifact::{FeatureSet, Model, Split};
use serde_json::Value;

use crate::{Baseline, Evaluation, Sheet};

/// What a report tells of.
#[derive(Debug, Clone, Copy)]
pub struct ReportInput<'a> {
    /// Heads the page: what was run.
    pub title: &'a str,
    /// The model that was evaluated, whose header tells of network and training; or several that answered together.
    pub models: &'a [Model],
    /// How the images came to be evaluated.
    pub scope: Scope,
    /// Its scores and predictions.
    pub evaluation: &'a Evaluation,
    /// The images of every split evaluated, as the network saw them; further splits are passed over.
    pub features: &'a BTreeMap<Split, FeatureSet>,
    /// Contents of `ingest/data-report.json`, if there is one.
    pub data_report: Option<&'a Value>,
    /// What the model was compared with.
    pub baseline: Option<&'a Baseline>,
    /// Faces that the page shows, beside those that were evaluated.
    pub sheets: &'a [Sheet],
    /// The whole configuration, as text; shown as it is.
    pub configuration: &'a str,
}

/// How images came to be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// By the chain that trained the model.
    Run,
    /// By hand: what the model has seen of them is not known.
    Given,
}
