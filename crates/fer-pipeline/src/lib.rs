//! The runner: pipeline file, plan, status, run and lock.
//!
//! A [`Pipeline`] is a valid pipeline file. It holds the chain's stages, each an entry of the stage table, and a run
//! folder. [`Pipeline::plan`] says which stages are fresh and why the others are not; [`Pipeline::run`] runs those.
//! Freshness is a matter of content alone: version, parameters and digests, never times. The clock is lent by the
//! caller ([`Clock`]), as is whoever shows progress ([`Reporter`]).
//!
//! A [`Sweep`] is a pipeline file with a matrix: a pipeline for each combination of values and each seed.
//!
//! A [`Run`] is what a run folder tells of itself, and a [`Diff`] what two of them do.
//!
//! ```
//! use fer_pipeline::{Pipeline, StageKind};
//!
//! let folder = tempfile::tempdir()?;
//! let file = folder.path().join("pipeline.yaml");
//! std::fs::write(&file, "
//! version: 1
//! seed: 42
//! run_dir: run
//! stages:
//!   - stage: preprocess
//!     params: {equalization: globl}
//! ")?;
//! let error = Pipeline::load(&file, &[], None).unwrap_err().to_string();
//! assert!(error.contains("pipeline.yaml:7:28: "), "{error}");
//!
//! let pipeline = Pipeline::load(&file, &["preprocess.equalization=none".to_owned()], None)?;
//! let status = pipeline.status()?;
//! assert_eq!(status[0].stage, StageKind::Preprocess);
//! assert_eq!(status[0].reasons[0].to_string(), "never ran");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alone;
mod chain;
pub mod compare;
mod context;
pub mod error;
mod execute;
mod exports;
mod kind;
mod link;
mod name;
mod plan;
pub mod progress;
mod reason;
mod run;
mod run_folder;
mod siblings;
mod slot;
mod stage;
mod stages;
pub mod sweep;
mod verify;
mod yaml;

pub use alone::{StageAlone, run_stage};
pub use chain::Pipeline;
pub use error::Error;
pub use kind::StageKind;
pub use name::StageName;
pub use plan::Step;
pub use reason::Reason;
pub use run::{Outcome, Ran, RunOptions, Selection};
pub use run_folder::checkpoints::CheckpointEvery;
pub use run_folder::store::{Spare, SpareKind};
pub use verify::{FileState, Verified};

/// Name and version of the program, as it stands in headers and locks.
pub const PROGRAM: &str = concat!("fer ", env!("CARGO_PKG_VERSION"));
