//! How the last run in a run folder stands, unless it came to a good end.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use fer_artifact::{RECORD, open_regular, read_regular};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::StageName;
use crate::run_folder::folder::{HOLDER_FILE, own_name, writer};

pub(crate) const STATE_FILE: &str = ".state.json";
/// A name that the next run removes.
const UNFINISHED: &str = ".writing-state";

/// What a run is at, or was at when it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Activity {
    /// The stage.
    pub stage: StageName,
    /// The epoch under way, of a training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<usize>,
    /// Epochs planned, of a training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epochs: Option<usize>,
    /// Seconds that the training will take at its pace so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<u64>,
}

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "lowercase")]
#[non_exhaustive]
pub enum RunState {
    /// Every stage has run.
    Finished,
    /// Some stage has not run yet.
    Unfinished,
    /// A process is at it.
    Running {
        /// The process.
        process: String,
        /// What it is at, once that is known.
        activity: Option<Activity>,
    },
    /// It was asked to stop, or killed.
    Interrupted {
        /// What it was at.
        activity: Option<Activity>,
    },
    /// It ended with an error.
    Failed {
        /// What it was at.
        activity: Option<Activity>,
        /// The error with its causes.
        message: String,
    },
}

/// The file: what the process that wrote it was at, and how it ended. A process that is killed writes no end.
#[derive(Serialize, Deserialize)]
struct Note {
    process: String,
    activity: Option<Activity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<End>,
}

/// How a run ended, if not well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum End {
    Interrupted,
    Failed(String),
}

impl RunState {
    /// The state in a word, as JSON has it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Unfinished => "unfinished",
            Self::Running { .. } => "running",
            Self::Interrupted { .. } => "interrupted",
            Self::Failed { .. } => "failed",
        }
    }

    /// What a run folder tells; nothing if the last run in it ended well. Who holds the folder is running, whatever
    /// else is told.
    pub(crate) fn read(run_dir: &Path) -> Option<Self> {
        let note = read_regular(&run_dir.join(STATE_FILE), RECORD)
            .ok()
            .and_then(|text| serde_json::from_slice::<Note>(&text).ok());
        let holder = writer(run_dir).or_else(|| unseen(run_dir, note.as_ref()?));
        match (holder, note) {
            (Some(process), note) => {
                let own = note.filter(|note| note.process == process && note.end.is_none());
                Some(Self::Running { process, activity: own.and_then(|note| note.activity) })
            }
            (None, Some(Note { activity, end: Some(End::Failed(message)), .. })) => {
                Some(Self::Failed { activity, message })
            }
            (None, Some(Note { activity, .. })) => Some(Self::Interrupted { activity }),
            (None, None) => None,
        }
    }
}

/// Who wrote a note that tells of no end, for somebody who may not look whether the folder is held: if that process is there.
fn unseen(run_dir: &Path, note: &Note) -> Option<String> {
    let may_not_look = |error: io::Error| error.kind() == io::ErrorKind::PermissionDenied;
    let is_hidden = open_regular(&run_dir.join(HOLDER_FILE)).err().is_some_and(may_not_look);
    let id: u32 = note.process.strip_prefix("process ")?.parse().ok()?;
    let is_there = Path::new("/proc").join(id.to_string()).is_dir();
    (is_hidden && is_there && note.end.is_none()).then(|| note.process.clone())
}

/// Takes down what this process is at in the run folder, and how it ended. Nothing depends on it, so that it cannot be
/// written is no failure, and it is not synced.
pub(crate) fn note(run_dir: &Path, activity: Option<Activity>, end: Option<End>) {
    let note = Note { process: own_name(), activity, end };
    let (unfinished, path) = (run_dir.join(UNFINISHED), run_dir.join(STATE_FILE));
    let write = || {
        let _ = fs::remove_file(&unfinished);
        File::create_new(&unfinished)?.write_all(&serde_json::to_vec(&note)?)?;
        fs::rename(&unfinished, &path)
    };
    let _: std::io::Result<()> = write();
}

/// Takes down that the run failed, unless it has said so itself.
pub(crate) fn note_failure(run_dir: &Path, message: &str) {
    let activity = match RunState::read(run_dir) {
        Some(RunState::Running { .. } | RunState::Failed { .. }) => return,
        Some(RunState::Interrupted { activity }) => activity,
        _ => None,
    };
    note(run_dir, activity, Some(End::Failed(message.to_owned())));
}

/// Forgets how an earlier run ended.
pub(crate) fn forget(run_dir: &Path) {
    let _ = fs::remove_file(run_dir.join(STATE_FILE));
}

impl Activity {
    /// Of a stage that is no training, or has not begun its first batch.
    pub(crate) fn of(stage: StageName) -> Self {
        Self { stage, epoch: None, epochs: None, seconds_left: None }
    }
}

/// `epoch 5 of 12, 3 min left`, or the stage.
impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.epoch, self.epochs) {
            (Some(epoch), Some(epochs)) => write!(f, "epoch {epoch} of {epochs}")?,
            _ => write!(f, "{}", self.stage)?,
        }
        self.seconds_left.map_or(Ok(()), |seconds| write!(f, ", {} left", duration(seconds)))
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            RunState::Finished | RunState::Unfinished | RunState::Interrupted { activity: None } => Ok(()),
            RunState::Running { process, activity: None } => write!(f, ", {process}"),
            RunState::Running { process, activity: Some(activity) } => write!(f, ", {activity}, {process}"),
            RunState::Interrupted { activity: Some(activity) } => {
                write!(f, " at {}", Activity { seconds_left: None, ..activity.clone() })
            }
            RunState::Failed { message, .. } => write!(f, ": {message}"),
        }
    }
}

/// Seconds in the unit that a person would take: `40 s`, `3 min`, `2 h 5 min`.
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h {} min", (seconds + 30) / 3600, (seconds + 30) / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StageKind;
    use crate::run_folder::folder::Writer;

    fn activity() -> Activity {
        Activity { epoch: Some(5), epochs: Some(12), seconds_left: Some(170), ..Activity::of(StageKind::Train.into()) }
    }

    fn told(run_dir: &Path) -> Option<String> {
        RunState::read(run_dir).map(|state| state.to_string())
    }

    #[test]
    fn a_process_is_running_as_long_as_it_holds_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(told(folder.path()), None);
        let writer = Writer::hold(folder.path()).unwrap();
        assert_eq!(told(folder.path()), Some(format!("running, {}", own_name())));
        note(folder.path(), Some(activity()), None);
        assert_eq!(told(folder.path()), Some(format!("running, epoch 5 of 12, 3 min left, {}", own_name())));
        drop(writer);
        assert_eq!(told(folder.path()).unwrap(), "interrupted at epoch 5 of 12", "as after a kill");
        note_failure(folder.path(), "out of memory");
        note_failure(folder.path(), "later");
        assert_eq!(told(folder.path()).unwrap(), "failed: out of memory");
        forget(folder.path());
        assert_eq!(told(folder.path()), None);
    }

    #[test]
    fn a_state_has_the_name_that_json_has() {
        let failed = RunState::Failed { activity: None, message: "out of memory".to_owned() };
        let running = RunState::Running { process: own_name(), activity: Some(activity()) };
        let interrupted = RunState::Interrupted { activity: None };
        for state in [RunState::Finished, RunState::Unfinished, running, interrupted, failed] {
            assert_eq!(serde_json::to_value(&state).unwrap()["state"], state.name());
        }
    }

    #[test]
    fn seconds_are_told_in_their_unit() {
        let told = [0, 59, 60, 3569, 3600, 7500, 7170].map(duration);
        assert_eq!(told, ["0 s", "59 s", "1 min", "59 min", "1 h 0 min", "2 h 5 min", "2 h 0 min"]);
    }
}
