//! The training stage: batches, schedule, loop, history and checkpoints.
//!
//! [`train`] fits a network to the features of train, as [`TrainParams`] say. The defaults of [`TrainParams`] are the seed's. An
//! [`Observer`] is told of every batch and epoch, can take a checkpoint after each, and can stop the training.
//! The result holds the model, which one file is enough to predict with, and an [`fer_artifact::EpochRecord`] for every epoch.
//!
//! * Everything random depends on seed, epoch and step alone, so that a training resumed from a checkpoint ends with
//!   the same bytes as one that was never interrupted.
//! * Accuracies come from integer counts over whole splits.
//! * A loss or weight that is no finite number ends the training with an error; the observer's last checkpoint is from
//!   before.
//!
//! [`train`] has an example.

mod accuracy;
mod arrays;
mod batches;
mod checkpoint;
mod distillation;
mod epoch;
mod error;
mod file_of;
mod observer;
mod optimizer;
mod params;
mod recipe;
mod schedule;
mod session;
mod state;
mod task;
mod train;

pub use distillation::Distillation;
pub use error::Error;
pub use file_of::FileOf;
pub use observer::{Flow, MakeCheckpoint, Observer, ObserverError, Progress, Quiet};
pub use optimizer::OptimizerParams;
pub use params::{EarlyStopping, Reached, Select, TrainParams};
pub use recipe::{ClassWeights, Crop, DecayedWeights, Mixup};
pub use schedule::{Position, Schedule};
pub use task::TrainData;
pub use train::{Trained, train};
