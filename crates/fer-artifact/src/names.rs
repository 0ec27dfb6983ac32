//! The names of the files that pass between stages.

use crate::Split;

/// A trained network, in the folder of a stage of kind train.
pub const MODEL: &str = "model.safetensors";
/// The network with the best weights, where [`MODEL`] holds the last.
pub const BEST_MODEL: &str = "best.safetensors";
/// The network with the last weights, where [`MODEL`] holds the best.
pub const LAST_MODEL: &str = "last.safetensors";
/// An [`crate::EpochRecord`] a line.
pub const HISTORY: &str = "history.jsonl";
/// A [`crate::DataReport`].
pub const DATA_REPORT: &str = "data-report.json";
/// [`crate::Subsets`].
pub const SUBSETS: &str = "subsets.json";
/// [`crate::Metrics`].
pub const METRICS: &str = "metrics.json";
/// What a person reads.
pub const REPORT: &str = "report.html";

/// The images or features of a split: `train.safetensors`.
pub const fn split_file(split: Split) -> &'static str {
    match split {
        Split::Train => "train.safetensors",
        Split::Validation => "validation.safetensors",
        Split::Test => "test.safetensors",
    }
}

/// All mistakes in a split, as CSV: `mistakes-train.csv`.
pub const fn mistakes_file(split: Split) -> &'static str {
    match split {
        Split::Train => "mistakes-train.csv",
        Split::Validation => "mistakes-validation.csv",
        Split::Test => "mistakes-test.csv",
    }
}

/// The predictions for a split: `predictions-train.safetensors`.
pub const fn predictions_file(split: Split) -> &'static str {
    match split {
        Split::Train => "predictions-train.safetensors",
        Split::Validation => "predictions-validation.safetensors",
        Split::Test => "predictions-test.safetensors",
    }
}
