//! For tests only: tiny data and contract suites that a stage, or its replacement, must pass.
//!
//! * [`image_set`], [`feature_set`], [`model`] and [`predictions`] make small artifacts, the same in every call;
//!   [`image_sets`] is a proptest strategy for all that ingest may leave.
//! * [`ingest_suite`], [`preprocess_suite`], [`train_suite`] and [`evaluate_suite`] call a stage with all kinds of
//!   inputs and check what it leaves. A stage is a function of a [`Call`], or a [`program`] as the runner calls it.
//!
//! ```
//! use fer_artifact::{Provenance, Split, write};
//! use fer_testkit::{Call, image_set, ingest_suite};
//!
//! ingest_suite(|call: &Call| {
//!     let images = image_set(Split::Train, 14, 8, 8);
//!     write(&call.output.join("train.safetensors"), &images, &Provenance::new("example 1.0", call.seed))?;
//!     Ok(())
//! })?;
//! # Ok::<(), fer_testkit::Failure>(())
//! ```

mod data;
mod program;
mod strategies;
mod suite;

pub use data::{feature_set, image_set, model, predictions};
pub use program::program;
pub use strategies::image_sets;
pub use suite::{Call, Failure, StageError, align_suite, evaluate_suite, ingest_suite, preprocess_suite, train_suite};
