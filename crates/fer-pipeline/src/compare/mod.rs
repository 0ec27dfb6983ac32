//! Runs beside each other, as their folders tell of them.

mod diff;
mod run;

pub use diff::{Change, Diff, ScoreChange, differing_parameters};
pub use run::Run;
