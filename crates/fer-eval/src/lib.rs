#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod average;
mod doubt;
mod error;
mod evaluate;
mod format;
mod heat;
mod limits;
mod mistakes;
mod paired;
mod params;
mod predict;
mod report;
mod robustness;
mod scores;
mod sheet;
mod subsets;
mod table;
mod temperature;
mod tta;
mod votes;

pub use average::average;
pub use doubt::doubts;
pub use error::Error;
pub use evaluate::{Evaluation, evaluate};
pub use fer_model::LIMITS as NETWORK_LIMITS;
pub use heat::{Example, examples_with, overlay};
pub use limits::LIMITS;
pub use mistakes::mistakes_table;
pub use paired::{Baseline, Paired, paired};
pub use params::{EvaluateParams, Splits};
pub use predict::{Predictor, predict};
pub use report::{ReportInput, STYLE, Scope, SearchReport, SearchTrial, report, search_report};
pub use robustness::{CorruptionScores, Robustness, same_class};
pub use scores::{metrics, probabilities, score};
pub use sheet::{Sheet, SheetLine, SheetTile};
pub use subsets::add_subsets;
pub use table::{split_table, table};
pub use temperature::fit_temperature;
pub use votes::{add_votes, vote_metrics};
