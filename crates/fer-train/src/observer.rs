use fer_artifact::{Checkpoint, EpochRecord};

use crate::Error;

/// Is told how a training goes, keeps what should be kept, and may stop it.
pub trait Observer {
    /// Seconds since any fixed moment: the one clock that training uses, for `images_per_second` alone.
    fn seconds(&mut self) -> f64;

    /// The training starts from a model of another number of classes, this one, whose last layer does not fit.
    fn last_layer_begins_afresh(&mut self, _classes: usize) {}

    /// A batch is done. `checkpoint` makes the state to go on from, within the epoch.
    ///
    /// # Errors
    /// Whatever keeps the observer from doing its part; the training then ends with it.
    fn batch(&mut self, progress: &Progress, checkpoint: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError>;

    /// An epoch is done, with its evaluation if it had one. `checkpoint` makes the state to go on from; whoever
    /// writes it down loses nothing when a later epoch fails.
    ///
    /// # Errors
    /// Whatever keeps the observer from doing its part; the training then ends with it.
    fn epoch(&mut self, record: &EpochRecord, checkpoint: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError>;
}

/// Makes the state of a training as it is at the moment, if its weights are finite.
pub type MakeCheckpoint<'a> = dyn Fn() -> Result<Checkpoint, Error> + 'a;

/// Whatever an [`Observer`] failed at.
pub type ObserverError = Box<dyn std::error::Error + Send + Sync>;

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Stop at once; [`crate::train`] ends with [`Error::Stopped`].
    Stop,
}

/// How far an epoch is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// The epoch under way, from 1.
    pub epoch: usize,
    /// Epochs planned.
    pub epochs: usize,
    /// Batches done in this epoch, from 1.
    pub batch: usize,
    /// Batches in an epoch.
    pub batches: usize,
    /// Images seen in this epoch.
    pub images: usize,
    /// Mean loss over these images.
    pub loss: f64,
    /// Seconds of this epoch, as far as this call trained it, in which nothing was left to do but to wait for other processes.
    pub waited: f64,
    /// Whether another process was asked to stop, and leaves it to this one.
    pub others_stop: bool,
}

/// Watches in silence, without a clock: `images_per_second` is 0.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Observer for Quiet {
    fn seconds(&mut self) -> f64 {
        0.0
    }

    fn batch(&mut self, _: &Progress, _: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        Ok(Flow::Continue)
    }

    fn epoch(&mut self, _: &EpochRecord, _: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        Ok(Flow::Continue)
    }
}
