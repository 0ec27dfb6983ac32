//! The report: one HTML file that needs nothing else.

mod axis;
mod class_bars;
mod curves;
mod data;
mod examples;
mod ink;
mod matrix;
mod mistakes;
mod notes;
mod page;
mod picture;
mod reliability;
mod training;

use std::collections::BTreeMap;

use fer_artifact::{FeatureSet, Model, Split};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde_json::Value;

use crate::{Error, Evaluation};
use page::Page;

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

/// The report as an HTML page without scripts, links to other files, or anything that depends on a clock: equal input
/// gives equal bytes.
///
/// First the scores with their intervals, then of each split the confusion matrix, the calibration with and without the temperature, recall, precision
/// and F1 of the classes, the 24 most confident mistakes with their pictures, and the examples with their heat maps; then the curves of the training,
/// the data report, what to keep in mind, and the configuration. Pictures are the network's input, each stretched to
/// all grays from its smallest to its largest value. Where the page shows test, it comes first, then validation, then
/// train.
///
/// # Errors
/// [`Error::NoScores`]; [`Error::Incomplete`] if predictions or images of a split are missing or of another number;
/// [`Error::Figure`], [`Error::Picture`] and [`Error::Template`] if a part cannot be made.
pub fn report(input: &ReportInput<'_>) -> Result<String, Error> {
    let page = Page::new(input)?;
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    // The name's ending turns on HTML escaping.
    environment.add_template("report.html", include_str!("report.html"))?;
    Ok(environment.get_template("report.html")?.render(Serde(&page))?)
}
