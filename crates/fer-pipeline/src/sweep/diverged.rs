//! Trainings whose loss grew without bounds: they would do so again, since a training depends on its inputs alone.

use fer_artifact::{RECORD, read_regular, with_causes};
use serde::{Deserialize, Serialize};

use super::Cell;
use crate::run_folder::digests::Digests;
use crate::run_folder::folder::DIVERGED_FILE;
use crate::{Error, StageName};

#[derive(Serialize, Deserialize)]
struct Note {
    stage: StageName,
    /// Of all that the training depends on.
    key: String,
    message: String,
}

impl Cell {
    /// Leaves in the run folder that its training diverged, if this error says so. Nothing is lost if that cannot be
    /// written: the training then diverges again.
    pub(super) fn note_divergence(&self, error: &Error) {
        let Error::Stage { stage, source } = error else { return };
        let is_divergence = matches!(
            source.downcast_ref::<fer_train::Error>(),
            Some(fer_train::Error::Diverged { .. } | fer_train::Error::DivergedWeights { .. })
        );
        if let (true, Some(key)) = (is_divergence, self.key_of(*stage)) {
            let note = Note { stage: *stage, key, message: with_causes(error) };
            let text = serde_json::to_vec(&note).expect("texts are representable in JSON");
            let _ = fer_artifact::write_atomic(&self.run_dir().join(DIVERGED_FILE), |out| out.write_all(&text));
        }
    }

    /// What its training said when it diverged, if it would do so again.
    pub fn divergence(&self) -> Option<String> {
        let note: Note =
            serde_json::from_slice(&read_regular(&self.run_dir().join(DIVERGED_FILE), RECORD).ok()?).ok()?;
        (self.key_of(note.stage)? == note.key).then_some(note.message)
    }

    /// The key of all that a stage's outputs depend on.
    fn key_of(&self, stage: StageName) -> Option<String> {
        let link = self.pipeline.stages.iter().find(|link| link.name() == stage)?;
        let inputs = link.digests(&Digests::new(self.run_dir())).ok()?;
        Some(link.origin(self.pipeline.seed, &inputs).key())
    }

    /// Whether its chain is the one that its run folder was last started with.
    pub(crate) fn is_configured(&self) -> bool {
        self.pipeline.is_configured()
    }

    /// Whether a training keeps the weights of its best epoch.
    pub(crate) fn keeps_best(&self, stage: StageName) -> bool {
        let link = self.pipeline.stages.iter().find(|link| link.name() == stage);
        link.is_some_and(|link| link.stage.params()["select"] == "best")
    }
}
