//! What a run tells while it goes on, and the clock that it is lent.

use fer_artifact::EpochRecord;
use std::time::Duration;

use crate::{Reason, StageName};

/// What the runner tells while it works.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A stage's outputs are as they would come out again; it is skipped.
    Fresh {
        /// The stage.
        stage: StageName,
    },
    /// A stage begins.
    Started {
        /// The stage.
        stage: StageName,
        /// Why it runs; empty for a stage run alone.
        reasons: &'a [Reason],
    },
    /// Instead of running, a stage's earlier outputs came back from the store.
    Reused {
        /// The stage.
        stage: StageName,
    },
    /// Instead of running, a stage took the outputs of another cell of the sweep.
    Shared {
        /// The stage.
        stage: StageName,
        /// The other cell.
        cell: &'a str,
    },
    /// A stage has something to say: one or more lines of text.
    Note {
        /// The stage.
        stage: StageName,
        /// The text, without a line break at its end.
        text: &'a str,
    },
    /// A stage has something to say to those who want to know more: a line of text.
    Detail {
        /// The stage.
        stage: StageName,
        /// The text.
        text: &'a str,
    },
    /// A batch of a training is done.
    Batch(BatchProgress),
    /// An epoch of a training is done.
    Epoch {
        /// Its line of `history.jsonl`.
        record: &'a EpochRecord,
        /// Epochs planned.
        epochs: usize,
    },
    /// A stage is done and its outputs are in place.
    Finished {
        /// The stage.
        stage: StageName,
        /// How long it took.
        seconds: f64,
    },
}

/// How far a training is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchProgress {
    /// The epoch under way, from 1.
    pub epoch: usize,
    /// Epochs planned.
    pub epochs: usize,
    /// Batches done in this epoch, from 1.
    pub batch: usize,
    /// Batches in an epoch.
    pub batches: usize,
    /// Mean loss over this epoch so far.
    pub loss: f64,
    /// Images a second over this epoch so far.
    pub images_per_second: f64,
}

/// Is told of events and shows them, or not.
pub trait Reporter {
    /// Something happened.
    fn event(&mut self, event: &Event<'_>);
    /// Whether the run should stop at the next good moment.
    fn stop_requested(&self) -> bool {
        false
    }
}

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn event(&mut self, _: &Event<'_>) {}
}

/// Tells the time: libraries do not read the clock, so the program lends them one. Times go into `run.lock.json` and
/// the speed in `history.jsonl`, and change nothing else.
pub trait Clock {
    /// Time since some fixed moment; never runs backwards.
    fn elapsed(&self) -> Duration;
    /// Date and time in UTC as RFC 3339 has it, such as `2026-05-17T08:30:00Z`.
    fn now(&self) -> String;
}
