//! The curves of a training under way, which grow epoch by epoch.
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
/// The curves of a training under way, as files that grow.
#[derive(Debug)]
pub struct LiveCurves {
    history: File,
    losses: File,
    scores: File,
    /// The columns of `scores`, once an epoch was evaluated.
    columns: Vec<&'static str>,
    events: File,
}

impl LiveCurves {
    /// Begins the curves with these epochs, in a folder that has none; `event_file` is TensorBoard's, which looks for
    /// names that begin with `events.out.tfevents`.
    ///
    /// # Errors
    /// Those of the system; also for a file that is there already.
    pub fn start(folder: &Path, event_file: &str, history: &[EpochRecord]) -> io::Result<Self> {
        let create = |name: &str| File::create_new(folder.join(name));
        let mut live = Self {
            history: create(HISTORY)?,
            losses: create(HISTORY_FILE)?,
            scores: create(ACCURACY_FILE)?,
            columns: vec![],
            events: create(event_file)?,
        };
        live.events.write_all(&[version(), restart()].concat())?;
        live.losses.write_all((LOSSES.join("\t") + "\n").as_bytes())?;
        live.append(history)?;
        Ok(live)
    }

    /// Adds epochs.
    ///
    /// # Errors
    /// Those of the system.
    pub fn append(&mut self, records: &[EpochRecord]) -> io::Result<()> {
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
    fn curves_grow_from_the_epochs_so_far() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path();
        let mut live = LiveCurves::start(folder, "events.out.tfevents.1.fer", &[record(1), record(2)]).unwrap();
        (3..=4).for_each(|epoch| live.append(&[record(epoch)]).unwrap());
        let all: Vec<Value> = (1..=4).map(|epoch| record(epoch).timeless()).collect();
        assert_eq!(read(folder, "history.tsv"), table(&all, &LOSSES));
        assert_eq!(read(folder, "accuracy.tsv"), table(&all, &ACCURACY));
        let lines = read(folder, "history.jsonl");
        let epochs: Vec<EpochRecord> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(epochs, (1..=4).map(record).collect::<Vec<_>>());
        let expected = [version(), restart(), events(&all)].concat();
        assert!(fs::read(folder.join("events.out.tfevents.1.fer")).unwrap() == expected);
        assert!(LiveCurves::start(folder, "events.out.tfevents.2.fer", &[]).is_err(), "curves stand there");
    }
}
