//! The report: one HTML file that needs nothing else.

mod axis;
mod class_bars;
mod coordinates;
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
mod template;
mod training;

pub use input::{ReportInput, Scope};
use page::Page;
pub use page::STYLE;
pub use search::{SearchReport, SearchTrial, search_report};
use template::render;

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
    render("report.html", include_str!("report.html"), &Page::new(input)?)
}
