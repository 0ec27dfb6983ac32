use fer_artifact::names::predictions_file;
use fer_artifact::{Predictions, Split, SplitMetrics, read};
use fer_eval::{Paired, paired};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::Run;
use crate::{Error, StageName};

/// What differs between two runs, and how their scores compare.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// Folder of the first run.
    pub from: PathBuf,
    /// Folder of the second run.
    pub to: PathBuf,
    /// Stages whose outputs were made in another way, see [`Run::versions`].
    pub versions: Vec<Change>,
    /// Parameters that differ, see [`Run::parameters`].
    pub parameters: Vec<Change>,
    /// Data that differs, see [`Run::data`].
    pub data: Vec<Change>,
    /// All scores, equal ones too.
    pub scores: Vec<ScoreChange>,
    /// Both runs' last evaluations on the same images, by split; only where both runs are of the same source and their
    /// predictions are there.
    pub paired: BTreeMap<Split, Paired>,
}

/// Something that differs; a side is left out where it does not stand.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Change {
    /// What differs.
    pub name: String,
    /// In the first run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// In the second run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}

/// A score in both runs; a side is left out where the run has no such score.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScoreChange {
    /// The evaluate stage.
    pub stage: StageName,
    /// The split.
    pub split: Split,
    /// The score's name in `metrics.json`; for a class's recall `recall.<class>`.
    pub score: String,
    /// In the first run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// In the second run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// How much greater it is in the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<f64>,
}

impl Diff {
    /// Compares two runs.
    ///
    /// # Errors
    /// Predictions that cannot be read.
    pub fn between(from: &Run, to: &Run) -> Result<Self, Error> {
        Ok(Self {
            from: from.path.clone(),
            to: to.path.clone(),
            versions: changes(&from.versions, &to.versions),
            parameters: changes(&from.parameters, &to.parameters),
            data: changes(&from.data, &to.data),
            scores: score_changes(from, to),
            paired: pairs(from, to)?,
        })
    }
}

/// Names of the parameters that have different values in these runs. One that only some of the runs have is none of
/// them: it comes with the value of another, such as an optimiser's name.
pub fn differing_parameters<R: Borrow<Run>>(runs: &[R]) -> BTreeSet<String> {
    let runs: Vec<&Run> = runs.iter().map(Borrow::borrow).collect();
    let names: BTreeSet<&String> = runs.iter().flat_map(|run| run.parameters.keys()).collect();
    let differs = |name: &&String| {
        let mut values = runs.iter().filter_map(|run| run.parameters.get(*name));
        values.next().is_some_and(|first| values.any(|value| value != first))
    };
    names.into_iter().filter(differs).cloned().collect()
}

fn changes(from: &BTreeMap<String, Value>, to: &BTreeMap<String, Value>) -> Vec<Change> {
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let change =
        |name: &String| Change { name: name.clone(), from: from.get(name).cloned(), to: to.get(name).cloned() };
    names.into_iter().map(change).filter(|change| change.from != change.to).collect()
}

/// The scores of the stages of either run, in the order of the chains, by split.
fn score_changes(from: &Run, to: &Run) -> Vec<ScoreChange> {
    let mut stages: Vec<StageName> = vec![];
    for evaluated in from.evaluations.iter().chain(&to.evaluations) {
        if !stages.contains(&evaluated.stage) {
            stages.push(evaluated.stage);
        }
    }
    let of_stage = |stage| Split::ALL.into_iter().flat_map(move |split| changes_of(stage, split, from, to));
    stages.into_iter().flat_map(of_stage).collect()
}

fn changes_of(stage: StageName, split: Split, from: &Run, to: &Run) -> Vec<ScoreChange> {
    let [from, to] = [from, to].map(|run| {
        let evaluated = run.evaluations.iter().find(|evaluated| evaluated.stage == stage);
        evaluated.and_then(|evaluated| evaluated.metrics.splits.get(&split)).map(scores).unwrap_or_default()
    });
    let only_in_to = to.iter().filter(|(name, _)| value(&from, name).is_none());
    let names = from.iter().chain(only_in_to).map(|(name, _)| name.clone());
    names
        .map(|score| {
            let (from, to) = (value(&from, &score), value(&to, &score));
            ScoreChange { stage, split, score, from, to, change: from.zip(to).map(|(from, to)| to - from) }
        })
        .collect()
}

fn pairs(from: &Run, to: &Run) -> Result<BTreeMap<Split, Paired>, Error> {
    let source = |run: &Run| run.data.get("ingest.source").cloned();
    let mut pairs = BTreeMap::new();
    if source(from).is_none() || source(from) != source(to) {
        return Ok(pairs);
    }
    let (Some(last_from), Some(last_to)) = (from.evaluations.last(), to.evaluations.last()) else { return Ok(pairs) };
    for split in Split::ALL {
        let [from, to] = [(from, last_from), (to, last_to)]
            .map(|(run, last)| run.path.join(last.stage.as_str()).join(predictions_file(split)));
        if from.is_file() && to.is_file() {
            pairs.insert(split, paired(&read::<Predictions>(&from)?, &read(&to)?));
        }
    }
    Ok(pairs)
}

fn value(scores: &[(String, f64)], name: &str) -> Option<f64> {
    scores.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
}

fn scores(metrics: &SplitMetrics) -> Vec<(String, f64)> {
    let whole = [
        ("n", metrics.n as f64),
        ("accuracy", metrics.accuracy),
        ("balanced_accuracy", metrics.balanced_accuracy),
        ("macro_f1", metrics.macro_f1),
        ("ece", metrics.ece),
        ("loss", metrics.loss),
    ];
    let recall = metrics.per_class.iter().map(|class| (format!("recall.{}", class.name), class.recall));
    whole.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(recall).collect()
}
