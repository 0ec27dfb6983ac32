//! Runs beside each other, as their folders tell of them.

mod curves;
mod diff;
mod evaluated;
mod run;

pub use curves::Curves;
pub use diff::{Change, Diff, ScoreChange, differing_parameters};
pub use evaluated::Evaluated;
pub(crate) use evaluated::read_metrics;
pub(crate) use run::Config;
pub use run::Run;
