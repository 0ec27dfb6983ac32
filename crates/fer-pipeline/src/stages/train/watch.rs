use fer_artifact::EpochRecord;
use fer_export::LiveCurves;
use fer_train::{Flow, MakeCheckpoint, Observer, ObserverError, Progress, TrainParams};

use crate::context::Context;
use crate::error::StageError;
use crate::progress::{BatchProgress, Event};
use crate::run_folder::checkpoints::{Checkpoints, Note};
use crate::run_folder::live::{live_folder, renew};

/// Passes a training's progress on and writes its checkpoints.
pub(super) struct Watch<'a, 'b> {
    context: &'a mut Context<'b>,
    params: &'a TrainParams,
    checkpoints: &'a Checkpoints,
    /// When the part of the epoch under way that this run trains began, in seconds, and the images before it.
    started: (f64, usize),
    /// When the last checkpoint was written.
    written: f64,
    /// Seconds of the epoch under way that passed in waiting for other processes.
    waited: f64,
    /// Where the training stands; without the history.
    note: Note,
    pub(super) history: Vec<EpochRecord>,
    /// The curves for whoever looks on; none if they cannot be written.
    live: Option<LiveCurves>,
}

impl Observer for Watch<'_, '_> {
    fn seconds(&mut self) -> f64 {
        self.context.elapsed().as_secs_f64()
    }

    fn last_layer_begins_afresh(&mut self, classes: usize) {
        self.context.note(&format!("init is of {classes} classes: the last layer begins afresh"));
    }

    fn batch(&mut self, progress: &Progress, checkpoint: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        let now = self.seconds();
        let (started, before) = self.started;
        self.context.reporter.event(&Event::Batch(BatchProgress {
            epoch: progress.epoch,
            epochs: progress.epochs,
            batch: progress.batch,
            batches: progress.batches,
            loss: progress.loss,
            images_per_second: progress.images.saturating_sub(before) as f64 / (now - started).max(1e-9),
        }));
        (self.note.batch, self.note.batches, self.note.images) = (progress.batch, progress.batches, progress.images);
        let is_stop = self.context.reporter.stop_requested() || progress.others_stop;
        self.waited = progress.waited;
        let epochs = self.params.epochs.get();
        let is_end = self.note.is_end() && self.params.free_epochs(epochs) == epochs;
        if is_stop || is_end || self.is_time(now) {
            self.write(checkpoint)?;
        }
        if is_stop {
            let (epoch, epochs) = (progress.epoch, progress.epochs);
            self.context.note(&format!("stopped in epoch {epoch} of {epochs}; the next run goes on from here"));
            return Ok(Flow::Stop);
        }
        Ok(Flow::Continue)
    }

    fn epoch(&mut self, record: &EpochRecord, checkpoint: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        self.context.check_held()?;
        self.history.push(*record);
        if let Some(live) = &mut self.live
            && let Err(error) = live.append(&[*record])
        {
            self.without_curves(&error);
        }
        if self.context.company.count() > 1 {
            let (seconds, waited) = (self.seconds() - self.started.0, self.waited);
            self.context.detail(&format!("waited {waited:.2} s of {seconds:.2} s for other processes"));
        }
        (self.note.epoch, self.note.batch, self.note.images) = (record.epoch, 0, 0);
        let every = self.context.options.checkpoint_every.epochs;
        let epochs = self.params.epochs.get();
        let is_due = every.is_some_and(|every| record.epoch.is_multiple_of(every.get()));
        // From here a longer training can go on.
        let is_last_free = record.epoch == self.params.free_epochs(epochs);
        if record.epoch != epochs && (is_due || is_last_free) {
            self.write(checkpoint)?;
        }
        self.context.reporter.event(&Event::Epoch { record, epochs: self.params.epochs.get() });
        self.started = (self.seconds(), 0);
        Ok(Flow::Continue)
    }
}

impl<'a, 'b> Watch<'a, 'b> {
    /// Watches a training that goes on from `note`.
    pub(super) fn new(
        context: &'a mut Context<'b>,
        params: &'a TrainParams,
        checkpoints: &'a Checkpoints,
        note: Option<Note>,
    ) -> Self {
        let epochs = params.epochs.get();
        let mut note = Note { epochs, ..note.unwrap_or_else(Note::start) };
        let now = context.elapsed().as_secs_f64();
        let (started, history) = ((now, note.images), std::mem::take(&mut note.history));
        let live =
            renew(context.target).and_then(|(folder, event_file)| LiveCurves::start(&folder, &event_file, &history));
        let mut watch =
            Self { context, params, checkpoints, started, written: now, waited: 0.0, note, history, live: None };
        match live {
            Ok(live) => watch.live = Some(live),
            Err(error) => watch.without_curves(&error),
        }
        watch
    }

    /// The training goes on: its outputs hold all curves.
    fn without_curves(&mut self, error: &std::io::Error) {
        self.live = None;
        let folder = live_folder(self.context.target);
        self.context.note(&format!("no curves until the training ends: cannot write in {}: {error}", folder.display()));
    }

    fn is_time(&self, now: f64) -> bool {
        now - self.written >= self.context.options.checkpoint_every.time.as_secs_f64()
    }

    fn write(&mut self, checkpoint: &MakeCheckpoint<'_>) -> Result<(), StageError> {
        self.context.check_held()?;
        let checkpoint = checkpoint()?;
        let best = checkpoint.state["best"]["epoch"].as_u64().map(|epoch| epoch as usize);
        let note = Note { best, history: self.history.clone(), ..self.note.clone() };
        let free = self.params.free_epochs(self.params.epochs.get());
        self.checkpoints.write(&checkpoint, &note, &self.context.provenance, free)?;
        self.context.detail(&format!("checkpoint: {} epochs and {} batches", note.epoch, note.batch));
        self.written = self.seconds();
        Ok(())
    }
}
