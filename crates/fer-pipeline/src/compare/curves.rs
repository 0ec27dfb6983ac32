use std::path::Path;

use fer_artifact::names::HISTORY;
use fer_artifact::{EpochRecord, RECORD, read_regular_text};
use serde::Serialize;

use crate::run_folder::folder::io;
use crate::run_folder::live::live_folder;
use crate::{Error, StageName};

/// The epochs of a training in a run folder, of one that is under way those so far.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Curves {
    /// The training.
    pub stage: StageName,
    /// Whether they are of a training that has not come to its end: it is under way, or was interrupted.
    pub is_live: bool,
    /// The epochs.
    pub epochs: Vec<EpochRecord>,
}

impl Curves {
    /// Reads the curves of the training of this name. A last line that is not written to its end is left out.
    ///
    /// # Errors
    /// A history that cannot be read, or is none.
    pub fn read(run_dir: &Path, stage: StageName) -> Result<Self, Error> {
        let folder = run_dir.join(stage.as_str());
        let live = live_folder(&folder).join(HISTORY);
        for (path, is_live) in [(live, true), (folder.join(HISTORY), false)] {
            match read_regular_text(&path, RECORD) {
                // The live one goes as the other comes.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(io(&path, "read the history")(error)),
                Ok(text) => {
                    let whole = if is_live { text.rfind('\n').map_or("", |end| &text[..end]) } else { text.trim_end() };
                    let epochs = whole.lines().map(serde_json::from_str).collect::<Result<_, _>>();
                    let epochs = epochs.map_err(|error| io(&path, "read the history")(error.into()))?;
                    return Ok(Self { stage, is_live, epochs });
                }
            }
        }
        Ok(Self { stage, is_live: false, epochs: vec![] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StageKind;

    #[test]
    fn live_curves_come_first_without_a_half_line() {
        let run = tempfile::tempdir().unwrap();
        let read = || Curves::read(run.path(), StageKind::Train.into()).unwrap();
        assert!(read().epochs.is_empty());
        let live = run.path().join("train/live");
        std::fs::create_dir_all(&live).unwrap();
        let line = |epoch: usize| {
            format!(
                "{{\"epoch\":{epoch},\"loss\":1.5,\"last_batch_loss\":1,\"learning_rate\":0.1,\"images_per_second\":9}}\n"
            )
        };
        std::fs::write(run.path().join("train/history.jsonl"), line(1)).unwrap();
        assert_eq!((read().is_live, read().epochs.len()), (false, 1));
        std::fs::write(live.join("history.jsonl"), format!("{}{}{{\"epoch\":3,", line(1), line(2))).unwrap();
        let found = read();
        assert_eq!((found.is_live, found.epochs.len(), found.epochs[1].epoch), (true, 2, 2));
        std::fs::write(live.join("history.jsonl"), "no history\n").unwrap();
        assert!(Curves::read(run.path(), StageKind::Train.into()).is_err());
    }
}
