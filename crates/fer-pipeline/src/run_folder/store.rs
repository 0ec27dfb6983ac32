//! Earlier outputs, kept in the run folder for when their parameters come back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fer_artifact::{Digest, RECORD, are_folders, make_folders, read_regular};
use serde::Serialize;

use crate::run_folder::checkpoints::CHECKPOINTS;
use crate::run_folder::folder::{is_unfinished, move_into_place};
use crate::run_folder::live::{clear, live_folder, stands};
use crate::run_folder::lock::Entry;
use crate::{Error, StageName};

pub(crate) const STORE: &str = ".store";
const ENTRY_FILE: &str = "entry.json";

/// The store of a run folder: `.store/<stage>/<key>` holds the outputs of a stage under their names, and their entry
/// of the lock.
pub(crate) struct Store {
    run_dir: PathBuf,
}

/// Something in a run folder that can go without harm to what is in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spare {
    /// Folder or file, relative to the run folder.
    pub path: PathBuf,
    /// What it is.
    pub kind: SpareKind,
    /// Size of its files.
    pub bytes: u64,
    #[serde(skip)]
    modified: Option<SystemTime>,
}

/// Why something may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpareKind {
    /// Outputs of other parameters or inputs than the present.
    Earlier,
    /// Checkpoints of another training than the pipeline's.
    Checkpoints,
    /// What a killed run was writing.
    Unfinished,
}

impl Store {
    pub(crate) fn new(run_dir: &Path) -> Self {
        Self { run_dir: run_dir.to_owned() }
    }

    fn place(&self, stage: StageName, key: &str) -> PathBuf {
        self.run_dir.join(STORE).join(stage.as_str()).join(key)
    }

    /// Keeps a stage's outputs, which stay in place too, as hard links, until others take it. Outputs that this fails
    /// for, as on a file system without links, are not kept.
    pub(crate) fn keep(&self, stage: StageName, key: &str, entry: &Entry) {
        let place = self.place(stage, key);
        if self.link(&place, entry).is_err() {
            let _ = fs::remove_dir_all(&place);
        }
    }

    fn link(&self, place: &Path, entry: &Entry) -> std::io::Result<()> {
        if place.symlink_metadata().is_ok() {
            fs::remove_dir_all(place)?;
        }
        make_folders(&self.run_dir, place.strip_prefix(&self.run_dir).unwrap_or(place))?;
        for path in entry.outputs.keys() {
            let name = Path::new(path).file_name().unwrap_or_default();
            fs::hard_link(self.run_dir.join(path), place.join(name))?;
        }
        // Last: an entry that can be read stands for outputs that are complete.
        fs::write(place.join(ENTRY_FILE), serde_json::to_vec(entry)?)
    }

    /// The lock's entry of the outputs with this key, if all of them are there.
    pub(crate) fn find(&self, stage: StageName, key: &str) -> Option<Entry> {
        let place = self.place(stage, key);
        let entry: Entry = serde_json::from_slice(&read_regular(&place.join(ENTRY_FILE), RECORD).ok()?).ok()?;
        names(stage, &entry)?.keys().all(|name| place.join(name).is_file()).then_some(entry)
    }

    /// Moves the outputs with this key into place, if they are whole; `possible` are all that the stage may have.
    pub(crate) fn take(&self, stage: StageName, key: &str, possible: &[&str]) -> Result<Option<Entry>, Error> {
        let Some(entry) = self.find(stage, key) else { return Ok(None) };
        let (place, outputs) = (self.place(stage, key), names(stage, &entry).unwrap_or_default());
        let is_whole = |(name, digest): (&String, &Digest)| Digest::of_file(&place.join(name)).ok() == Some(*digest);
        let all_whole = outputs.iter().all(is_whole);
        if all_whole {
            move_into_place(&place, &self.run_dir.join(stage.as_str()), &outputs, possible)?;
        }
        let _ = fs::remove_dir_all(&place);
        Ok(all_whole.then_some(entry))
    }

    /// Removes what was kept longest until all spares together have no more bytes than `limit`.
    pub(crate) fn trim(&self, limit: u64, present: &[PathBuf]) {
        let mut spares = self.spares(present);
        spares.sort_by_key(|spare| spare.modified);
        let mut bytes: u64 = spares.iter().map(|spare| spare.bytes).sum();
        for spare in spares {
            if bytes <= limit {
                return;
            }
            bytes -= spare.bytes;
            let _ = self.remove(&spare);
        }
    }

    /// All that may go; `present` are the folders of checkpoints that may not.
    pub(crate) fn spares(&self, present: &[PathBuf]) -> Vec<Spare> {
        let mut spares = vec![];
        for stage in stages(self.entries(Path::new(STORE))) {
            spares.extend(self.folders(&Path::new(STORE).join(stage.as_str()), SpareKind::Earlier));
        }
        for stage in stages(self.entries(Path::new(""))) {
            let checkpoints = self.folders(&Path::new(stage.as_str()).join(CHECKPOINTS), SpareKind::Checkpoints);
            spares.extend(checkpoints.into_iter().filter(|spare| !present.contains(&spare.path)));
            let curves = live_folder(Path::new(stage.as_str()));
            let own = Path::new(stage.as_str());
            let is_there = are_folders(&self.run_dir, own) && stands(&self.run_dir.join(own));
            spares.extend(is_there.then(|| self.spare(curves, SpareKind::Unfinished)));
        }
        spares.extend(self.unfinished(Path::new("")));
        spares
    }

    fn folders(&self, parent: &Path, kind: SpareKind) -> Vec<Spare> {
        let mut folders: Vec<Spare> = self
            .entries(parent)
            .into_iter()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .map(|entry| self.spare(parent.join(entry.file_name()), kind))
            .collect();
        folders.sort_by(|a, b| a.path.cmp(&b.path));
        folders
    }

    /// What killed runs left, wherever it lies.
    fn unfinished(&self, folder: &Path) -> Vec<Spare> {
        let mut found = vec![];
        for entry in self.entries(folder) {
            let path = folder.join(entry.file_name());
            if is_unfinished(&entry.file_name()) {
                found.push(self.spare(path, SpareKind::Unfinished));
            } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                found.extend(self.unfinished(&path));
            }
        }
        found
    }

    /// What a folder of the run folder holds; nothing at the end of a link.
    fn entries(&self, folder: &Path) -> Vec<fs::DirEntry> {
        if are_folders(&self.run_dir, folder) { entries(&self.run_dir.join(folder)) } else { vec![] }
    }

    fn spare(&self, path: PathBuf, kind: SpareKind) -> Spare {
        let full = self.run_dir.join(&path);
        let modified = fs::metadata(&full).and_then(|metadata| metadata.modified()).ok();
        Spare { bytes: size(&full), path, kind, modified }
    }

    pub(crate) fn remove(&self, spare: &Spare) -> Result<(), Error> {
        let path = self.run_dir.join(&spare.path);
        if let Some(stage) = path.parent().filter(|stage| live_folder(stage) == path) {
            clear(stage);
            return Ok(());
        }
        let removed =
            if path.is_dir() && !path.is_symlink() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(|source| Error::Io { path, action: "remove it", source })
    }
}

/// Outputs by their name in the stage's folder; none if one is elsewhere, which no run writes.
pub(crate) fn names(stage: StageName, entry: &Entry) -> Option<BTreeMap<String, Digest>> {
    let name = |(path, digest): (&String, &Digest)| match path.split_once('/') {
        Some((folder, name)) if folder == stage.as_str() && !name.contains(['/', '\\']) && name != ".." => {
            Some((name.to_owned(), *digest))
        }
        _ => None,
    };
    entry.outputs.iter().map(name).collect()
}

/// Those that are named as a stage may be, in order.
fn stages(entries: Vec<fs::DirEntry>) -> BTreeSet<StageName> {
    entries.into_iter().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn entries(folder: &Path) -> Vec<fs::DirEntry> {
    fs::read_dir(folder).into_iter().flatten().flatten().collect()
}

/// Bytes of a file, or of all in a folder.
fn size(path: &Path) -> u64 {
    if path.is_dir() && !path.is_symlink() {
        return entries(path).iter().map(|entry| size(&entry.path())).sum();
    }
    fs::symlink_metadata(path).map_or(0, |metadata| metadata.len())
}
