//! What a run folder may hold before it is read.

use std::fs::{DirEntry, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fer_artifact::names::{SUBSETS, predictions_file};
use fer_artifact::{RECORD, Split, TABLE};
use fer_pipeline::{CACHE_FILE, CELLS, CHECKPOINTS, StageName};

use crate::limits::{ENTRIES, PREDICTIONS};

/// Folder of curves that grow, in that of a training.
const LIVE: &str = "live";

/// Path, length, time of the last change and number of each.
type Noted = Vec<(PathBuf, u64, Option<SystemTime>, u64)>;

/// The files from which a run is read, so that it is seen when one of them changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen(Noted);

/// The files of a run folder and of its stages. Fails for a link or a device in the place of one of them, which would lead
/// elsewhere, and for one that is too large to be read in whole.
pub(super) fn files(run_dir: &Path) -> Result<Seen, String> {
    let mut seen = vec![];
    for entry in entries(run_dir)? {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_stage = name.parse::<StageName>().is_ok() && *name != *CELLS;
        let is_read = name.starts_with('.') || name.ends_with(".json") || name.ends_with(".yaml");
        let found = found(&entry)?;
        match () {
            () if found.is_dir() && is_stage => stage(&entry.path(), run_dir, &mut seen)?,
            () if found.is_dir() => {}
            () if found.is_file() => note(&entry.path(), run_dir, &found, &mut seen)?,
            () if is_stage || is_read => return Err(no_file(&entry.path(), run_dir)),
            () => {}
        }
    }
    seen.sort();
    Ok(Seen(seen))
}

fn stage(folder: &Path, run_dir: &Path, seen: &mut Noted) -> Result<(), String> {
    for entry in entries(folder)? {
        let found = found(&entry)?;
        match () {
            () if found.is_file() => note(&entry.path(), run_dir, &found, seen)?,
            // They are not read, and a link of the user's leads to more room.
            () if entry.file_name() == CHECKPOINTS => {}
            () if !found.is_dir() => return Err(no_file(&entry.path(), run_dir)),
            () if entry.file_name() == LIVE => stage(&entry.path(), run_dir, seen)?,
            () => {}
        }
    }
    Ok(())
}

fn note(path: &Path, run_dir: &Path, found: &Metadata, seen: &mut Noted) -> Result<(), String> {
    let limit = largest(&path.file_name().unwrap_or_default().to_string_lossy());
    if found.len() > limit {
        let (path, mib) = (below(path, run_dir), limit >> 20);
        return Err(format!("{path}: expected at most {mib} MiB, found {} bytes", found.len()));
    }
    seen.push((path.to_owned(), found.len(), found.modified().ok(), inode(found)));
    Ok(())
}

/// Most bytes of a file of this name.
fn largest(name: &str) -> u64 {
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    match () {
        () if Split::ALL.into_iter().any(|split| name == predictions_file(split)) => PREDICTIONS,
        () if ends(&[".jsonl", CACHE_FILE, SUBSETS]) => TABLE,
        () if ends(&[".json", ".yaml", ".txt"]) => RECORD,
        // Of tensors, no more than the header is read, and of all else nothing.
        () => u64::MAX,
    }
}

fn entries(folder: &Path) -> Result<Vec<DirEntry>, String> {
    let listed = std::fs::read_dir(folder).and_then(|listed| listed.take(ENTRIES + 1).collect());
    let entries: Vec<DirEntry> = listed.map_err(|error| format!("cannot list the folder: {error}"))?;
    match entries.len() > ENTRIES {
        true => Err(format!("expected at most {ENTRIES} files and folders in a folder, found more")),
        false => Ok(entries),
    }
}

/// Of the entry itself, even if it is a link.
fn found(entry: &DirEntry) -> Result<Metadata, String> {
    entry.metadata().map_err(|error| format!("cannot look at {}: {error}", entry.file_name().display()))
}

fn no_file(path: &Path, run_dir: &Path) -> String {
    format!("{}: expected a file or a folder, found a link or a device, which is not followed", below(path, run_dir))
}

fn below(path: &Path, run_dir: &Path) -> String {
    path.strip_prefix(run_dir).unwrap_or(path).display().to_string()
}

#[cfg(unix)]
fn inode(found: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_so_many_entries_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let make = |number: usize| std::fs::write(folder.path().join(number.to_string()), "").unwrap();
        (0..ENTRIES).for_each(make);
        assert_eq!(entries(folder.path()).unwrap().len(), 4096);
        make(ENTRIES);
        let told = "expected at most 4096 files and folders in a folder, found more";
        assert_eq!(entries(folder.path()).unwrap_err(), told);
    }
}
