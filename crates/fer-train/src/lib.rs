#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod ahead;
mod arrays;
mod batches;
mod changes;
mod checkpoint;
mod distillation;
mod doubt;
mod epoch;
mod error;
mod file_of;
mod init;
mod measure;
mod memory;
mod observer;
mod optimizer;
mod params;
mod peers;
mod recipe;
mod reduction;
mod schedule;
mod session;
mod shards;
mod state;
mod step;
mod targets;
mod task;
mod train;

pub use changes::Changes;
pub use distillation::Distillation;
pub use doubt::doubts;
pub use error::Error;
pub use file_of::FileOf;
pub use init::Init;
pub use memory::Memory;
pub use observer::{Flow, MakeCheckpoint, Observer, ObserverError, Progress, Quiet};
pub use optimizer::{OptimizerChoice, OptimizerParams};
pub use params::{EarlyStopping, Reached, Select, TrainParams};
pub use peers::{Alone, Peers, PeersError, Words, announce, gather, hear};
pub use recipe::{ClassWeights, Crop, DecayedWeights, Mixup, TargetRule};
pub use schedule::{Position, Schedule};
pub use task::TrainData;
pub use train::{Trained, train, train_together};
