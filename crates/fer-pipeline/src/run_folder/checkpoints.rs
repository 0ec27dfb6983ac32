//! The checkpoints of one training in the run folder.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fer_artifact::{
    Checkpoint, Digest, EpochRecord, Provenance, RECORD, make_folders, read_known, read_regular, with_causes, write,
    write_atomic,
};
use fer_train::Reached;
use serde::{Deserialize, Serialize};

use crate::run_folder::folder::{link, remove_unfinished};
use crate::run_folder::sealed::{open, seal};

/// A stage's folder for checkpoints, in its own.
pub const CHECKPOINTS: &str = "checkpoints";
/// Checkpoints that are kept, beside the one of the best epoch and the last from which a longer training may go on.
const KEPT: usize = 2;

/// When a training writes checkpoints: whichever comes first. It also writes one when it is interrupted, and one
/// after its last batch if it can be made longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointEvery {
    /// Epochs from one to the next.
    pub epochs: Option<NonZeroUsize>,
    /// Time from one to the next.
    pub time: Duration,
}

impl Default for CheckpointEvery {
    fn default() -> Self {
        Self { epochs: None, time: Duration::from_secs(60) }
    }
}

/// What stands beside a checkpoint, `epoch-0007.json` beside `epoch-0007.safetensors`: enough to choose one without
/// reading it, to tell whether it is damaged, and the history with its speeds, which a checkpoint does not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    /// Digest of the checkpoint's file.
    pub(crate) digest: Digest,
    /// Epochs done.
    pub(crate) epoch: usize,
    /// Batches done of the epoch after them.
    pub(crate) batch: usize,
    /// Images in these batches.
    pub(crate) images: usize,
    /// Batches in an epoch.
    pub(crate) batches: usize,
    /// Epochs planned.
    pub(crate) epochs: usize,
    /// The best evaluated epoch.
    pub(crate) best: Option<usize>,
    pub(crate) history: Vec<EpochRecord>,
}

impl Note {
    /// Of a training that has not begun.
    pub(crate) fn start() -> Self {
        let digest = Digest::of_bytes(&[]);
        Self { digest, epoch: 0, batch: 0, images: 0, batches: 0, epochs: 0, best: None, history: vec![] }
    }

    /// The epoch that is under way or, between two, comes next; the last, after it.
    pub(crate) fn epoch_under_way(&self) -> usize {
        self.epoch.saturating_add(1).min(self.epochs)
    }

    /// The place in the words of `fer-train`.
    pub(crate) fn reached(&self) -> Reached {
        Reached { epoch: self.epoch, is_within_next: self.batch > 0, planned: self.epochs }
    }

    /// Whether every batch was trained.
    pub(crate) fn is_end(&self) -> bool {
        self.epoch.saturating_add(usize::from(self.batch == self.batches)) >= self.epochs
    }

    fn name(&self) -> String {
        match self.batch {
            0 => format!("epoch-{:04}", self.epoch),
            batch => format!("epoch-{:04}-batch-{batch:05}", self.epoch.saturating_add(1)),
        }
    }
}

/// A folder `train/checkpoints/<key>`.
pub(crate) struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    /// Those of the training with this key.
    pub(crate) fn new(folder: &Path, key: &str) -> Self {
        Self { folder: folder.join(key) }
    }

    /// The notes, that of the latest checkpoint first. What cannot be read is left out: there is no telling what it
    /// stands for.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return vec![] };
        let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        let note = |path: PathBuf| open(&read_regular(&path, RECORD).ok()?);
        let mut notes: Vec<Note> = paths.filter_map(note).collect();
        notes.sort_by_key(|note| std::cmp::Reverse((note.epoch, note.batch)));
        notes
    }

    /// The checkpoint of this note.
    ///
    /// # Errors
    /// In words, what is wrong with the file.
    pub(crate) fn read(&self, note: &Note) -> Result<Checkpoint, String> {
        read_known(&self.path(note, "safetensors"), &note.digest).map_err(|error| match error {
            fer_artifact::Error::Changed { path } => {
                format!("{}: its contents are not those that were written", path.display())
            }
            error => with_causes(&error),
        })
    }

    /// Writes a checkpoint and the note beside it (with its digest), and removes the checkpoints that are not kept. In the
    /// first `free` epochs nothing depends on the training's length.
    pub(crate) fn write(
        &self,
        checkpoint: &Checkpoint,
        note: &Note,
        provenance: &Provenance,
        free: usize,
    ) -> Result<(), fer_artifact::Error> {
        self.make_folder()?;
        let digest = write(&self.path(note, "safetensors"), checkpoint, provenance)?;
        let note = Note { digest, ..note.clone() };
        write_atomic(&self.path(&note, "json"), |out| out.write_all(&seal(&note)?))?;
        self.keep_last_best_and_free(free);
        Ok(())
    }

    /// Makes the folder, in that of the stage, through no link.
    fn make_folder(&self) -> Result<(), fer_artifact::Error> {
        let (path, action) = (self.folder.clone(), "make the folder");
        let Some(stage) = path.ancestors().nth(2).map(Path::to_owned) else { return Ok(()) };
        let made = make_folders(&stage, path.strip_prefix(&stage).unwrap_or(&path)).map(drop);
        made.map_err(|source| fer_artifact::Error::Io { path, action, source })
    }

    /// Removes all but the last two, that of the best epoch, and the last within the first `free` epochs. What cannot be
    /// removed does no harm.
    fn keep_last_best_and_free(&self, free: usize) {
        let notes = self.notes();
        let best = notes.first().and_then(|last| last.best);
        let last_free = notes.iter().position(|note| note.epoch.saturating_add(usize::from(note.batch > 0)) <= free);
        let is_best = |note: &Note| note.batch == 0 && Some(note.epoch) == best;
        for (place, note) in notes.iter().enumerate().skip(KEPT) {
            if Some(place) != last_free && !is_best(note) {
                self.remove(note);
            }
        }
    }

    /// Links the checkpoint of this note, which lies in the folder of another run, into this one; copies it where that
    /// cannot be.
    ///
    /// # Errors
    /// The system's, and a link in the place of a file or folder.
    pub(crate) fn borrow(&self, other: &Self, note: &Note) -> std::io::Result<()> {
        self.make_folder().map_err(std::io::Error::other)?;
        // Nothing may stand for a file that is not there.
        for extension in ["safetensors", "json"] {
            let place = self.path(note, extension);
            let _ = std::fs::remove_file(&place);
            link(&other.path(note, extension), &place)?;
        }
        Ok(())
    }

    /// Removes a checkpoint; its note first, since nothing may stand for a file that is not there.
    pub(crate) fn remove(&self, note: &Note) {
        for extension in ["json", "safetensors"] {
            let _ = std::fs::remove_file(self.path(note, extension));
        }
    }

    /// Removes all of them.
    pub(crate) fn clear(&self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    /// Removes what a killed run was writing.
    pub(crate) fn tidy(&self) {
        remove_unfinished(&self.folder);
    }

    fn path(&self, note: &Note, extension: &str) -> PathBuf {
        self.folder.join(note.name()).with_extension(extension)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn note(epoch: usize, batch: usize, best: Option<usize>) -> Note {
        let digest = Digest::of_bytes(b"");
        Note { digest, epoch, batch, images: batch * 10, batches: 4, epochs: 9, best, history: vec![] }
    }

    fn written(notes: &[Note], free: usize) -> (tempfile::TempDir, Checkpoints) {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(folder.path(), "key");
        let checkpoint = Checkpoint { classes: vec!["a".into()], state: Value::Null, tensors: [].into() };
        for note in notes {
            let provenance = Provenance::new("test", fer_artifact::Seed::new(1));
            checkpoints.write(&checkpoint, note, &provenance, free).unwrap();
        }
        (folder, checkpoints)
    }

    fn places(checkpoints: &Checkpoints) -> Vec<(usize, usize)> {
        checkpoints.notes().iter().map(|note| (note.epoch, note.batch)).collect()
    }

    #[test]
    fn the_last_two_and_that_of_the_best_epoch_are_kept() {
        let notes =
            [note(1, 0, Some(1)), note(2, 0, Some(2)), note(3, 0, Some(2)), note(3, 2, Some(2)), note(3, 3, Some(2))];
        let (folder, checkpoints) = written(&notes, 9);
        assert_eq!(places(&checkpoints), [(3, 3), (3, 2), (2, 0)]);
        let mut files: Vec<_> = std::fs::read_dir(folder.path().join("key")).unwrap().collect();
        assert_eq!(files.len(), 6);
        files.retain(|file| file.as_ref().unwrap().file_name() == "epoch-0004-batch-00003.safetensors");
        assert_eq!(files.len(), 1);
    }

    #[test]
    fn the_last_from_which_a_longer_training_may_go_on_is_kept() {
        let notes = [note(1, 0, None), note(2, 0, None), note(2, 2, None), note(3, 0, None), note(4, 1, None)];
        assert_eq!(places(&written(&notes, 2).1), [(4, 1), (3, 0), (2, 0)]);
        assert_eq!(places(&written(&notes, 0).1), [(4, 1), (3, 0)]);
    }

    #[test]
    fn a_damaged_checkpoint_is_noticed() {
        let (folder, checkpoints) = written(&[note(1, 0, None)], 9);
        let last = checkpoints.notes().remove(0);
        assert!(checkpoints.read(&last).is_ok());
        let path = folder.path().join("key/epoch-0001.safetensors");
        let whole = std::fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for damaged in [&flipped[..], &whole[..whole.len() - 1], &[]] {
            std::fs::write(&path, damaged).unwrap();
            let error = checkpoints.read(&last).unwrap_err();
            assert!(error.ends_with("epoch-0001.safetensors: its contents are not those that were written"), "{error}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(checkpoints.read(&last).unwrap_err().contains("cannot read the file"));
        let path = folder.path().join("key/epoch-0001.json");
        let whole = std::fs::read_to_string(&path).unwrap();
        for damaged in ["{".to_owned(), whole.replace("\"images\":0", "\"images\":1")] {
            assert_ne!(whole, damaged);
            std::fs::write(&path, damaged).unwrap();
            assert!(checkpoints.notes().is_empty());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_checkpoint_is_not_taken_over() {
        use std::os::unix::fs::symlink;
        let (other, checkpoints) = written(&[note(1, 0, None)], 9);
        let (last, run) = (checkpoints.notes().remove(0), tempfile::tempdir().unwrap());
        let own = Checkpoints::new(&run.path().join("train/checkpoints"), "key");
        own.borrow(&checkpoints, &last).unwrap();
        assert!(own.read(&last).is_ok());
        let (file, elsewhere) = (other.path().join("key/epoch-0001.safetensors"), other.path().join("elsewhere"));
        std::fs::rename(&file, &elsewhere).unwrap();
        symlink(&elsewhere, &file).unwrap();
        assert!(own.borrow(&checkpoints, &last).is_err(), "the file is a link");
    }

    #[test]
    fn a_note_tells_how_far_the_training_is() {
        assert_eq!((note(6, 2, None).epoch_under_way(), note(6, 2, None).is_end()), (7, false));
        assert_eq!((note(8, 4, None).epoch_under_way(), note(8, 4, None).is_end()), (9, true));
        assert_eq!((note(9, 0, None).epoch_under_way(), note(9, 0, None).is_end()), (9, true));
    }
}
