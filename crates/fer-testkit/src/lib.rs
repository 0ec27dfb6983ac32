//! For tests only: tiny data and contract suites that a stage, or its replacement, must pass.
//!
//! * [`image_set`], [`feature_set`] and [`predictions`] make small artifacts, the same in every call;
//!   [`image_sets`] is a proptest strategy for all that ingest may leave.
//! * [`check_ingest`], [`check_preprocess`] and [`check_evaluate`] check what a stage left in a run folder: call them
//!   on the output of every implementation of the stage.
//!
//! ```
//! use fer_artifact::{Provenance, Seed, Split, write};
//! use fer_testkit::{check_ingest, image_set};
//!
//! let run = tempfile::tempdir()?;
//! let provenance = Provenance::new("example 1.0", Seed::new(42));
//! write(&run.path().join("ingest/train.safetensors"), &image_set(Split::Train, 14, 8, 8), &provenance)?;
//! check_ingest(run.path())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod contract;
mod data;
mod strategies;

pub use contract::{Violation, check_evaluate, check_ingest, check_preprocess};
pub use data::{feature_set, image_set, predictions};
pub use strategies::image_sets;
