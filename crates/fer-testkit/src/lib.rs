#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod data;
mod processes;
mod program;
mod scores;
mod strategies;
mod suite;

pub use data::{feature_set, image_set, model, predictions};
pub use processes::{Process, on_processes};
pub use program::program;
pub use scores::{ScoreCase, score_cases};
pub use strategies::image_sets;
pub use suite::{Call, Failure, StageError, align_suite, evaluate_suite, ingest_suite, preprocess_suite, train_suite};
