use fer_artifact::EpochRecord;
use fer_train::{Flow, MakeCheckpoint, Observer, ObserverError, Progress};

use crate::context::Context;

/// Takes part in a training that another process leads, and passes on that it was asked to stop.
pub(super) struct Follower<'a, 'b> {
    context: &'a Context<'b>,
}

impl<'a, 'b> Follower<'a, 'b> {
    pub(super) fn new(context: &'a Context<'b>) -> Self {
        Self { context }
    }

    fn flow(&self) -> Flow {
        if self.context.reporter.stop_requested() { Flow::Stop } else { Flow::Continue }
    }
}

impl Observer for Follower<'_, '_> {
    fn seconds(&mut self) -> f64 {
        self.context.elapsed().as_secs_f64()
    }

    fn batch(&mut self, _: &Progress, _: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        Ok(self.flow())
    }

    fn epoch(&mut self, _: &EpochRecord, _: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        Ok(self.flow())
    }
}
