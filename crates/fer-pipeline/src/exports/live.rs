//! The curves of a training under way, which grow epoch by epoch outside of what is hashed.
//!
//! They begin anew, with all epochs so far, each time that the training goes on: however often it was killed, there is
//! one curve.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use fer_artifact::EpochRecord;
use fer_artifact::names::HISTORY;
use serde_json::Value;

use super::events::{events, restart, version};
use super::tables::{ACCURACY, ACCURACY_FILE, HISTORY as LOSSES, HISTORY_FILE, rows};
use crate::run_folder::live::renew;

/// The files, open for what comes.
pub(crate) struct Live {
    history: File,
    losses: File,
    scores: File,
    /// The columns of `scores`, once an epoch was evaluated.
    columns: Vec<&'static str>,
    events: File,
}

impl Live {
    /// Begins the curves of the training in this stage's folder, with these epochs.
    pub(crate) fn start(stage: &Path, history: &[EpochRecord]) -> io::Result<Self> {
        let (folder, event_file) = renew(stage)?;
        let create = |name: &str| File::create_new(folder.join(name));
        let mut live = Self {
            history: create(HISTORY)?,
            losses: create(HISTORY_FILE)?,
            scores: create(ACCURACY_FILE)?,
            columns: vec![],
            events: create(&event_file)?,
        };
        live.events.write_all(&[version(), restart()].concat())?;
        live.losses.write_all((LOSSES.join("\t") + "\n").as_bytes())?;
        live.append(history)?;
        Ok(live)
    }

    /// Adds epochs.
    pub(crate) fn append(&mut self, records: &[EpochRecord]) -> io::Result<()> {
        let lines: Result<Vec<String>, _> = records.iter().map(serde_json::to_string).collect();
        self.history.write_all(lines?.iter().map(|line| line.clone() + "\n").collect::<String>().as_bytes())?;
        let timeless: Vec<Value> = records.iter().map(EpochRecord::timeless).collect();
        self.losses.write_all(rows(&timeless, &LOSSES).as_bytes())?;
        self.append_scores(&timeless)?;
        self.events.write_all(&events(&timeless))
    }

    /// Which scores there are, the first evaluated epoch tells.
    fn append_scores(&mut self, records: &[Value]) -> io::Result<()> {
        let Some(evaluated) = records.iter().find(|record| record.get("train_accuracy").is_some()) else {
            return Ok(());
        };
        if self.columns.is_empty() {
            self.columns = ACCURACY.into_iter().filter(|column| evaluated.get(column).is_some()).collect();
            self.scores.write_all((self.columns.join("\t") + "\n").as_bytes())?;
        }
        self.scores.write_all(rows(records, &self.columns).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tables::table;
    use super::*;

    fn record(epoch: usize) -> EpochRecord {
        let score = epoch.is_multiple_of(2).then_some(0.5);
        EpochRecord {
            epoch,
            loss: 1.5,
            last_batch_loss: 1.25,
            learning_rate: 0.1,
            train_accuracy: score,
            validation_accuracy: score,
            validation_loss: score,
            images_per_second: 10.0,
        }
    }

    fn read(folder: &Path, name: &str) -> String {
        fs::read_to_string(folder.join(name)).unwrap()
    }

    #[test]
    fn curves_grow_and_begin_anew_with_the_epochs_so_far() {
        let parent = tempfile::tempdir().unwrap();
        let (stage, folder) = (parent.path(), parent.path().join("live"));
        let mut live = Live::start(stage, &[]).unwrap();
        (1..=3).for_each(|epoch| live.append(&[record(epoch)]).unwrap());
        let mut live = Live::start(stage, &[record(1), record(2)]).unwrap();
        (3..=4).for_each(|epoch| live.append(&[record(epoch)]).unwrap());
        let all: Vec<Value> = (1..=4).map(|epoch| record(epoch).timeless()).collect();
        assert_eq!(read(&folder, "history.tsv"), table(&all, &LOSSES));
        assert_eq!(read(&folder, "accuracy.tsv"), table(&all, &ACCURACY));
        let lines = read(&folder, "history.jsonl");
        let epochs: Vec<EpochRecord> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(epochs, (1..=4).map(record).collect::<Vec<_>>());
        let expected = [version(), restart(), events(&all)].concat();
        assert!(fs::read(folder.join("events.out.tfevents.1.fer")).unwrap() == expected);
        assert!(!folder.join("events.out.tfevents.0.fer").exists());
    }
}
