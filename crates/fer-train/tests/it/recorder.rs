use fer_artifact::{Checkpoint, EpochRecord};
use fer_train::{Flow, MakeCheckpoint, Observer, ObserverError, Progress};

/// Keeps all that it is told. Its clock goes on by a second whenever it is read.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) batches: Vec<Progress>,
    pub(crate) epochs: Vec<EpochRecord>,
    /// One after each epoch.
    pub(crate) checkpoints: Vec<Checkpoint>,
    /// One after each batch, if asked for.
    pub(crate) within: Option<Vec<Checkpoint>>,
    pub(crate) stop: Option<StopAt>,
    pub(crate) seconds: f64,
}

/// When to ask for an end.
#[derive(Debug)]
pub(crate) enum StopAt {
    Batch { epoch: usize, batch: usize },
    Epoch(usize),
}

impl Observer for Recorder {
    fn seconds(&mut self) -> f64 {
        self.seconds += 1.0;
        self.seconds
    }

    fn batch(&mut self, progress: &Progress, checkpoint: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        self.batches.push(*progress);
        if let Some(within) = &mut self.within {
            within.push(checkpoint()?);
        }
        Ok(match self.stop {
            Some(StopAt::Batch { epoch, batch }) if (epoch, batch) == (progress.epoch, progress.batch) => Flow::Stop,
            _ => Flow::Continue,
        })
    }

    fn epoch(&mut self, record: &EpochRecord, checkpoint: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        self.epochs.push(*record);
        self.checkpoints.push(checkpoint()?);
        Ok(match self.stop {
            Some(StopAt::Epoch(epoch)) if epoch == record.epoch => Flow::Stop,
            _ => Flow::Continue,
        })
    }
}
