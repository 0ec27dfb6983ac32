//! Takes down in the run folder what a run is at, for whoever asks while it goes on or after it was killed.

use std::path::Path;
use std::time::Duration;

use fer_artifact::with_causes;

use crate::Error;
use crate::progress::{BatchProgress, Clock, Event, Reporter};
use crate::run_folder::state::{Activity, End, forget, note};

/// From one note on a training to the next.
const PERIOD: Duration = Duration::from_secs(1);

/// Passes events on, and takes them down.
pub(crate) struct Recorder<'a> {
    inner: &'a mut dyn Reporter,
    clock: &'a dyn Clock,
    run_dir: &'a Path,
    activity: Option<Activity>,
    /// When the first batch of this training was done here, and how many were done then.
    start: Option<(Duration, usize)>,
    noted: Option<Duration>,
}

impl<'a> Recorder<'a> {
    /// What an earlier run was at does not count any more.
    pub(crate) fn new(run_dir: &'a Path, clock: &'a dyn Clock, inner: &'a mut dyn Reporter) -> Self {
        forget(run_dir);
        Self { inner, clock, run_dir, activity: None, start: None, noted: None }
    }

    /// The run has ended, with this error if it failed.
    pub(crate) fn end(self, error: Option<&Error>) {
        match error {
            None => forget(self.run_dir),
            // Another run may be at work there.
            Some(Error::Lost { .. }) => {}
            Some(Error::Interrupted { .. }) => note(self.run_dir, self.activity, Some(End::Interrupted)),
            Some(error) => note(self.run_dir, self.activity, Some(End::Failed(with_causes(error)))),
        }
    }

    fn batch(&mut self, progress: &BatchProgress) {
        let now = self.clock.elapsed();
        let done = (progress.epoch - 1) * progress.batches + progress.batch;
        let (began, before) = *self.start.get_or_insert((now, done));
        let Some(activity) = &mut self.activity else { return };
        let left = progress.epochs * progress.batches - done;
        let pace = (now - began).as_secs_f64() / (done - before) as f64;
        (activity.epoch, activity.epochs) = (Some(progress.epoch), Some(progress.epochs));
        activity.seconds_left = (done > before).then(|| (pace * left as f64).round() as u64);
        if self.noted.is_none_or(|noted| now - noted >= PERIOD) {
            self.noted = Some(now);
            note(self.run_dir, self.activity.clone(), None);
        }
    }
}

impl Reporter for Recorder<'_> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Started { stage, .. } => {
                (self.activity, self.start, self.noted) = (Some(Activity::of(*stage)), None, None);
                note(self.run_dir, self.activity.clone(), None);
            }
            Event::Finished { .. } => self.activity = None,
            Event::Batch(progress) => self.batch(progress),
            _ => {}
        }
        self.inner.event(event);
    }

    fn stop_requested(&self) -> bool {
        self.inner.stop_requested()
    }
}
