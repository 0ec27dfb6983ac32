//! All that the template shows, in words and numbers ready to print.
use fer_artifact::names::mistakes_file;
use fer_artifact::{ClassMetrics, FeatureSet, Metrics, Model, Predictions, Split, SplitMetrics};
use serde::Serialize;

use super::class_bars::class_bars;
use super::curves;
use super::data::{DataSection, DataView};
use super::disputed::VotesView;
use super::examples::{Tile, tiles};
use super::input::{ReportInput, Scope};
use super::matrix::Matrix;
use super::mistakes::{Mistake, Mistakes, Pair};
use super::notes::notes;
use super::parts::{Column, PartView, columns};
use super::reliability::reliability;
use super::sheets::SheetView;
use super::training::Training;
use crate::Error;
use crate::format::{count, counted, percent, percentage};
use crate::scores::{outcomes, outcomes_at, wilson};

/// The style sheet of reports, for pages that are to look like them.
pub const STYLE: &str = include_str!("report.css");

/// The page.
#[derive(Debug, Serialize)]
pub(crate) struct Page<'a> {
    style: &'static str,
    title: &'a str,
    facts: Vec<String>,
    temperature: Option<String>,
    /// Test first.
    splits: Vec<SplitView<'a>>,
    /// Some images have a copy in train.
    copies: bool,
    training: TrainingView,
    sheets: Vec<SheetView<'a>>,
    data: Option<DataView>,
    /// What the model was compared with.
    baseline: Option<String>,
    notes: Vec<String>,
    configuration_lead: &'static str,
    configuration: &'a str,
}

#[derive(Debug, Serialize)]
struct SplitView<'a> {
    name: &'static str,
    meaning: &'static str,
    n: String,
    accuracy: String,
    low: String,
    high: String,
    balanced_accuracy: String,
    macro_f1: String,
    ece: String,
    ece_calibrated: Option<String>,
    loss: String,
    /// Without the images that have a copy in train, where there are some.
    without_twins: Option<PartView<'a>>,
    columns: Vec<Column<'a>>,
    matrix: Matrix,
    reliability: String,
    bars: Vec<String>,
    classes: Vec<ClassView<'a>>,
    mistakes: Vec<Mistake<'a>>,
    mistakes_lead: String,
    pairs: Vec<Pair<'a>>,
    /// Pairs of classes that are not shown, in words.
    other_pairs: Option<String>,
    mistakes_file: &'static str,
    examples: Vec<Tile<'a>>,
    /// Where there are targets.
    votes: Option<VotesView<'a>>,
}

#[derive(Debug, Serialize)]
struct ClassView<'a> {
    name: &'a str,
    support: String,
    predicted: String,
    recall: String,
    low: String,
    high: String,
    precision: String,
    f1: String,
}

#[derive(Debug, Serialize)]
struct TrainingView {
    lead: String,
    /// The chosen epoch is marked in the curves.
    marked: bool,
    loss: Option<String>,
    accuracy: Option<String>,
    learning_rate: Option<String>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(input: &ReportInput<'a>) -> Result<Self, Error> {
        let metrics = &input.evaluation.metrics;
        if metrics.splits.is_empty() {
            return Err(Error::NoScores);
        }
        let splits = metrics.splits.iter().rev().map(|(&split, metrics)| SplitView::new(input, split, metrics));
        let splits: Vec<SplitView<'_>> = splits.collect::<Result<_, _>>()?;
        let training = match input.models {
            [model] => Training::of_header(&model.training),
            _ => Training::default(),
        };
        let data = input.data_report.and_then(DataSection::of);
        Ok(Self {
            style: STYLE,
            title: input.title,
            facts: facts(input.models, &training),
            temperature: metrics.temperature.map(|temperature| format!("{temperature:.2}")),
            copies: splits.iter().any(|split| split.without_twins.is_some()),
            splits,
            notes: notes(input, &training, data.as_ref()),
            baseline: input.baseline.map(|baseline| baseline.sentence()),
            training: TrainingView::new(input.models.len(), &training)?,
            sheets: input.sheets.iter().map(SheetView::new).collect::<Result<_, _>>()?,
            data: match (&data, input.data_report) {
                (Some(data), _) => Some(data.view()),
                (None, Some(other)) => Some(DataView::raw(other)),
                (None, None) => None,
            },
            configuration_lead: match input.scope {
                Scope::Run => {
                    "Everything the run was made with, defaults written out. No date stands here, as equal runs leave equal pages: \
                     `fer status` says when a run was finished."
                }
                Scope::Given => "What was asked for.",
            },
            configuration: input.configuration,
        })
    }
}

/// What the model is, in a few words each.
fn facts(models: &[Model], training: &Training) -> Vec<String> {
    let mut facts = vec![];
    let [model] = models else {
        facts.push(counted(models.len(), "model"));
        facts.extend(models.iter().filter_map(|model| model.network["name"].as_str()).map(str::to_owned));
        return facts;
    };
    if let Some(name) = model.network["name"].as_str() {
        facts.push(name.to_owned());
    }
    let learnt = model.tensors.iter().filter(|(name, _)| !name.contains("running_"));
    facts.push(counted(learnt.map(|(_, array)| array.data.len()).sum(), "parameter"));
    if let (Some(height), Some(width)) = (model.network["height"].as_u64(), model.network["width"].as_u64()) {
        facts.push(format!("{height} × {width} pixels"));
    }
    facts.push(format!("{} classes", model.classes.len()));
    match (training.epoch, training.epochs) {
        (Some(epoch), Some(epochs)) => facts.push(format!("weights of epoch {epoch} of {epochs}")),
        (Some(epoch), None) => facts.push(format!("weights of epoch {epoch}")),
        _ => {}
    }
    facts
}

impl<'a> SplitView<'a> {
    fn new(input: &ReportInput<'a>, split: Split, metrics: &'a SplitMetrics) -> Result<Self, Error> {
        let (predictions, features) = behind(input, split, metrics)?;
        let outcomes = outcomes(predictions);
        let Metrics { temperature, ece_calibrated, .. } = &input.evaluation.metrics;
        let calibrated = temperature.map(|temperature| outcomes_at(predictions, temperature));
        let [low, high] = metrics.accuracy_ci95.map(percent);
        let mistakes = Mistakes::new(predictions, &outcomes, features);
        let (mistaken, (pairs, other_pairs), mistakes) = (mistakes.len(), mistakes.pairs()?, mistakes.surest()?);
        let examples = input.evaluation.examples.get(&split).map_or(&[][..], Vec::as_slice);
        Ok(Self {
            name: split.name(),
            meaning: meaning(split, input.scope),
            n: count(metrics.n),
            accuracy: percent(metrics.accuracy),
            low,
            high,
            balanced_accuracy: percent(metrics.balanced_accuracy),
            macro_f1: format!("{:.3}", metrics.macro_f1),
            ece: format!("{:.3}", metrics.ece),
            ece_calibrated: ece_calibrated.get(&split).map(|ece| format!("{ece:.3}")),
            loss: format!("{:.3}", metrics.loss),
            without_twins: metrics
                .without_twins
                .filter(|rest| rest.n < metrics.n)
                .map(|rest| PartView::new("without copies", &rest)),
            columns: columns(metrics),
            matrix: Matrix::new(metrics),
            reliability: reliability(&outcomes, calibrated.as_deref())?,
            bars: class_bars(metrics)?,
            classes: (0..metrics.per_class.len()).map(|class| ClassView::new(metrics, class)).collect(),
            mistakes_lead: mistakes_lead(mistaken, mistakes.len(), metrics.n),
            mistakes,
            pairs,
            other_pairs,
            mistakes_file: mistakes_file(split),
            examples: tiles(examples, &outcomes, features)?,
            votes: VotesView::new(metrics.votes.as_ref(), predictions, &outcomes, features, input.data_report)?,
        })
    }
}

/// Predictions and images of a split, as many as were scored.
fn behind<'a>(
    input: &ReportInput<'a>,
    split: Split,
    metrics: &SplitMetrics,
) -> Result<(&'a Predictions, &'a FeatureSet), Error> {
    let incomplete = |expected, found| Error::Incomplete { split, expected, found };
    let predictions = input.evaluation.predictions.get(&split).ok_or(incomplete("predictions", "none"))?;
    let features = input.features.get(&split).ok_or(incomplete("the images", "none"))?;
    if predictions.labels.len() != metrics.n {
        return Err(incomplete("predictions of as many images", "another number"));
    }
    if features.rows != predictions.rows {
        return Err(incomplete("the images that were predicted", "other rows"));
    }
    Ok((predictions, features))
}

const fn meaning(split: Split, scope: Scope) -> &'static str {
    match split {
        _ if matches!(scope, Scope::Given) => "the images given",
        Split::Train => "what the network was fitted to",
        Split::Validation => "held out from fitting, there for making choices",
        Split::Test => "held out from fitting and from choices",
    }
}

fn mistakes_lead(mistaken: usize, shown: usize, n: usize) -> String {
    let share = percentage(mistaken as f64 / n.max(1) as f64);
    let of = format!("{} of {} ({share})", count(mistaken), counted(n, "image"));
    match mistaken {
        0 => format!("None: all {} are classified correctly.", counted(n, "image")),
        _ if shown < mistaken => {
            format!("{of} are classified wrongly. These are the {shown} of which the network was surest.")
        }
        1 => format!("{of} is classified wrongly."),
        _ => format!("{of} are classified wrongly, the surest first."),
    }
}

impl<'a> ClassView<'a> {
    fn new(metrics: &'a SplitMetrics, class: usize) -> Self {
        let scores: &ClassMetrics = &metrics.per_class[class];
        let [low, high] = wilson(metrics.confusion[class][class], scores.support).map(percent);
        Self {
            name: &scores.name,
            support: count(scores.support),
            predicted: count(metrics.confusion.iter().map(|row| row[class]).sum()),
            recall: percent(scores.recall),
            low,
            high,
            precision: percent(scores.precision),
            f1: format!("{:.3}", scores.f1),
        }
    }
}

impl TrainingView {
    fn new(models: usize, training: &Training) -> Result<Self, Error> {
        let done = training.history.len();
        let lead = match (done, training.epochs) {
            _ if models != 1 => "Several models answered together: the header of each has its training.".to_owned(),
            (0, _) => "The model's header holds no history of its training.".to_owned(),
            (_, Some(planned)) if done as u64 != planned => {
                format!("{} of the {planned} planned.", counted(done, "epoch"))
            }
            _ => format!("{}.", counted(done, "epoch")),
        };
        Ok(Self {
            lead,
            marked: training.marked().is_some(),
            loss: curves::loss(training)?,
            accuracy: curves::accuracy(training)?,
            learning_rate: curves::learning_rate(training)?,
        })
    }
}
