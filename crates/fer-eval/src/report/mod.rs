//! The report: one HTML file that needs nothing else.

mod axis;
mod class_bars;
mod curves;
mod data;
mod disputed;
mod examples;
mod ink;
mod input;
mod matrix;
mod mistakes;
mod near;
mod notes;
mod page;
mod parts;
mod picture;
mod reliability;
mod search;
mod sheets;
mod training;

use fer_artifact::visible_lines;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};

pub use input::{ReportInput, Scope};
use page::Page;
pub use page::STYLE;
pub use search::{SearchReport, SearchTrial, search_report};

use crate::Error;

/// The report as an HTML page without scripts, links to other files, or anything that depends on a clock: equal input
/// gives equal bytes.
///
/// First the scores with their intervals, then of each split the confusion matrix, the calibration with and without the temperature, recall, precision
/// and F1 of the classes, the 24 most confident mistakes with their pictures, those of the most frequent pairs of classes, and the examples with
/// their heat maps; then the curves of the training, the contact sheets, the data report, what to keep in mind, and the configuration. Pictures are the network's input, each stretched to
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
    let page = environment.get_template("report.html")?.render(Serde(&page))?;
    // Names come from files of other people.
    Ok(visible_lines(&page).into_owned())
}
