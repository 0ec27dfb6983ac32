//! Records that pass between stages, or from a stage to people, as JSON: types alone, not what computes them.

mod data_report;
mod history;
mod metrics;
mod subsets;

pub use data_report::{
    Contradiction, DataReport, Dropped, GroupReport, LeftOut, Listed, NearPair, NearReport, Overlap, SkippedRow,
    SplitReport, VotesReport,
};
pub use history::EpochRecord;
pub use metrics::{ClassMetrics, Metrics, SplitMetrics, SubsetMetrics, Tta, VoteMetrics};
pub use subsets::Subsets;
