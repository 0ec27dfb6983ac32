//! The processes that compute the trainings of a run together. Process 0 runs the chain and alone writes; it calls the others to each
//! training, and they wait for its calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fer_train::{Alone, Error, Peers, announce, gather, hear};
use serde::{Deserialize, Serialize};

use crate::StageName;
use crate::run_folder::checkpoints::Note;

/// What process 0 tells the others.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    /// Train with me.
    Train(Training),
    /// The run is over; the number is the program's exit code.
    End(u8),
}

/// A training that begins.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Training {
    pub(crate) stage: StageName,
    /// Of all that its outputs depend on: whoever has another one would compute something else.
    pub(crate) origin: String,
    /// The checkpoint that it goes on from.
    pub(crate) checkpoint: Option<Note>,
}

/// The processes, as one of them sees them.
pub(crate) struct Company {
    peers: Arc<dyn Peers>,
    /// Whether the others are in a training, where they wait for this one.
    training: AtomicBool,
}

impl Company {
    pub(crate) fn of(peers: Arc<dyn Peers>) -> Self {
        Self { peers, training: AtomicBool::new(false) }
    }

    pub(crate) fn alone() -> Self {
        Self::of(Arc::new(Alone))
    }

    pub(crate) fn rank(&self) -> usize {
        self.peers.rank()
    }

    pub(crate) fn count(&self) -> usize {
        self.peers.count()
    }

    /// Has the others, if there are any, do this.
    pub(crate) fn call(&self, call: &Call) -> Result<(), Error> {
        let text = serde_json::to_string(call).map_err(|error| Error::Peers(error.into()))?;
        announce(&*self.peers, &text).map_err(Error::Peers)
    }

    /// What process 0 calls for next.
    pub(crate) fn hear(&self) -> Result<Call, Error> {
        let text = hear(&*self.peers).map_err(Error::Peers)?;
        serde_json::from_str(&text).map_err(|error| Error::Peers(error.into()))
    }

    /// Does what all processes do together; those that end it alike meet at its end.
    pub(crate) fn together<T>(&self, train: impl FnOnce(&dyn Peers) -> Result<T, Error>) -> Result<T, Error> {
        self.training.store(true, Ordering::Relaxed);
        let done = train(&*self.peers);
        if done.as_ref().err().is_none_or(Error::is_everybodys) {
            // Nobody removes a checkpoint, or goes on, before all have read what they read.
            gather(&*self.peers, vec![0], &vec![1; self.count()]).map_err(Error::Peers)?;
            self.training.store(false, Ordering::Relaxed);
        }
        done
    }

    /// Whether the others hear a call: they do unless a training broke off.
    pub(crate) fn is_at_hand(&self) -> bool {
        !self.training.load(Ordering::Relaxed)
    }
}
