use fer_artifact::Checkpoint;

use crate::{EpochRecord, Error};

/// Is told how a training goes, keeps what should be kept, and may stop it.
pub trait Observer {
    /// Seconds since any fixed moment: the one clock that training uses, for `images_per_second` alone.
    fn seconds(&mut self) -> f64;

    /// A batch is done.
    fn batch(&mut self, progress: &Progress) -> Flow;

    /// An epoch is done, with its evaluation if it had one. `checkpoint` makes the state to go on from; whoever
    /// writes it down loses nothing when a later epoch fails.
    ///
    /// # Errors
    /// Whatever keeps the observer from doing its part; the training then ends with it.
    fn epoch(
        &mut self,
        record: &EpochRecord,
        checkpoint: &dyn Fn() -> Result<Checkpoint, Error>,
    ) -> Result<Flow, Box<dyn std::error::Error + Send + Sync>>;
}

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
}

/// Watches in silence, without a clock: `images_per_second` is 0.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Observer for Quiet {
    fn seconds(&mut self) -> f64 {
        0.0
    }

    fn batch(&mut self, _: &Progress) -> Flow {
        Flow::Continue
    }

    fn epoch(
        &mut self,
        _: &EpochRecord,
        _: &dyn Fn() -> Result<Checkpoint, Error>,
    ) -> Result<Flow, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Flow::Continue)
    }
}
