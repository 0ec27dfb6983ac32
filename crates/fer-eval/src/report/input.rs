use std::collections::BTreeMap;

use fer_artifact::{FeatureSet, Model, Split};
use serde_json::Value;

use crate::Evaluation;

/// What a report tells of.
#[derive(Debug, Clone, Copy)]
pub struct ReportInput<'a> {
    /// Heads the page: what was run.
    pub title: &'a str,
    /// The model that was evaluated; its header tells of network and training.
    pub model: &'a Model,
    /// Its scores and predictions.
    pub evaluation: &'a Evaluation,
    /// The images of every split evaluated, as the network saw them; further splits are passed over.
    pub features: &'a BTreeMap<Split, FeatureSet>,
    /// Contents of `ingest/data-report.json`, if there is one.
    pub data_report: Option<&'a Value>,
    /// The whole configuration, as text; shown as it is.
    pub configuration: &'a str,
}
