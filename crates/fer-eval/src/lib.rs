//! The evaluation stage: predictions, scores from integer counts, and the report.

mod scores;

pub use scores::{ClassMetrics, Metrics, SplitMetrics, probabilities, score};
