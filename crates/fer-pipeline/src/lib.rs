#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod alone;
mod chain;
mod company;
pub mod compare;
mod context;
pub mod draft;
pub mod error;
mod execute;
mod faces;
mod folders;
mod follow;
mod forecast;
mod kind;
mod last_part;
mod limits;
mod link;
mod material;
mod name;
mod plan;
pub mod progress;
mod reason;
mod recorder;
pub mod reference;
mod run;
mod run_folder;
pub mod search;
pub mod sheets;
mod siblings;
mod slot;
mod stage;
mod stages;
pub mod sweep;
pub mod upkeep;
mod yaml;

pub use alone::{StageAlone, run_stage};
pub use chain::Pipeline;
pub use error::Error;
pub use faces::face_finder;
pub use folders::{Removal, note_run, rename_run};
pub use kind::StageKind;
pub use last_part::last_part;
pub use limits::LIMITS;
pub use material::Material;
pub use name::StageName;
pub use plan::Step;
pub use reason::Reason;
pub use run::{Outcome, Ran, RunOptions, Selection};
pub use run_folder::checkpoints::{CHECKPOINTS, CheckpointEvery};
pub use run_folder::digests::CACHE_FILE;
pub use run_folder::folder::{CELLS, LOG_FILE, is_run};
pub use run_folder::state::{Activity, RunState, duration};

/// Name and version of the program, as it stands in headers and locks.
pub const PROGRAM: &str = concat!("fer ", env!("CARGO_PKG_VERSION"));
