//! The evaluation stage: predictions, scores from integer counts, and the report.
