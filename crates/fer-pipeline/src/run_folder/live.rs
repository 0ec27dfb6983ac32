//! A stage's folder `live`: files that grow while the stage runs, and go when its outputs come.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fer_artifact::make_folder;

const FOLDER: &str = "live";
/// TensorBoard knows its files by the beginning of their names.
const EVENTS: &str = "events.out.tfevents.";
const END: &str = ".fer";

/// The folder, in the one of a stage.
pub(crate) fn live_folder(stage: &Path) -> PathBuf {
    stage.join(FOLDER)
}

/// Whether a training's curves are there.
pub(crate) fn stands(stage: &Path) -> bool {
    names(stage).iter().any(|name| number(name).is_some())
}

/// An empty folder, and a name for an event file that none in the folder has: TensorBoard keeps a file open.
pub(crate) fn renew(stage: &Path) -> io::Result<(PathBuf, String)> {
    let number = names(stage).iter().filter_map(|name| number(name)).max();
    clear(stage);
    let folder = live_folder(stage);
    make_folder(&folder)?;
    if !fs::symlink_metadata(&folder)?.is_dir() {
        return Err(io::Error::other("expected a folder, found a link"));
    }
    let number = number.map_or(0, |number| number.saturating_add(1));
    Ok((folder, format!("{EVENTS}{number}{END}")))
}

/// Removes what a training left there, and the folder if that was all. What cannot be removed does no harm.
pub(crate) fn clear(stage: &Path) {
    let folder = live_folder(stage);
    for name in names(stage) {
        let _ = fs::remove_file(folder.join(name));
    }
    let _ = fs::remove_dir(folder);
}

/// The files that a training left there.
pub(crate) fn files(stage: &Path) -> Vec<PathBuf> {
    names(stage).into_iter().map(|name| live_folder(stage).join(name)).collect()
}

/// Names of the files that are a training's.
fn names(stage: &Path) -> Vec<String> {
    let folder = live_folder(stage);
    if !fs::symlink_metadata(&folder).is_ok_and(|found| found.is_dir()) {
        return vec![];
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let is_curve = |name: &String| name.ends_with(".tsv") || name.ends_with(".jsonl") || number(name).is_some();
    names.filter(is_curve).collect()
}

fn number(name: &str) -> Option<u64> {
    name.strip_prefix(EVENTS)?.strip_suffix(END)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_begin_anew_in_an_event_file_of_another_name() {
        let stage = tempfile::tempdir().unwrap();
        for number in 0..3 {
            let (folder, event_file) = renew(stage.path()).unwrap();
            assert_eq!(event_file, format!("events.out.tfevents.{number}.fer"));
            assert!(files(stage.path()).is_empty(), "those of the former start are gone");
            ["history.tsv", "history.jsonl", &event_file]
                .iter()
                .for_each(|name| fs::write(folder.join(name), []).unwrap());
            assert!(stands(stage.path()));
        }
    }
}
