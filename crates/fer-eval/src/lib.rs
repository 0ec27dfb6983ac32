#![doc = include_str!("../README.md")]

mod average;
mod doubt;
mod error;
mod evaluate;
mod format;
mod heat;
mod paired;
mod params;
mod predict;
mod report;
mod scores;
mod subsets;
mod table;
mod temperature;
mod tta;

pub use average::average;
pub use doubt::doubts;
pub use error::Error;
pub use evaluate::{Evaluation, evaluate};
pub use heat::{Example, overlay};
pub use paired::{Paired, paired};
pub use params::{EvaluateParams, Splits};
pub use predict::{Predictor, predict};
pub use report::{ReportInput, STYLE, report};
pub use scores::{metrics, probabilities, score};
pub use subsets::add_subsets;
pub use table::{split_table, table};
pub use temperature::fit_temperature;
