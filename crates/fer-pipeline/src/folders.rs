//! A run folder as a thing of its own: named, noted on, removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Error as IoError, ErrorKind};
use std::path::{Path, PathBuf};

use fer_artifact::tidy;
use serde::Serialize;
use serde_json::Value;

use crate::run_folder::checkpoints::CHECKPOINTS;
use crate::run_folder::digests::CACHE_FILE;
use crate::run_folder::folder::{
    CELLS, CONFIG_FILE, HOLDER_FILE, LOCK_FILE, LOG_FILE, Writer, io, is_run, is_unfinished, writer,
};
use crate::run_folder::live;
use crate::run_folder::lock::Lock;
use crate::run_folder::notes::{NOTE_FILE, write_note};
use crate::run_folder::origin::{ORIGIN_FILE, base, note_base};
use crate::run_folder::state::STATE_FILE;
use crate::run_folder::store::STORE;
use crate::siblings::CLAIMS;
use crate::stages::entry;
use crate::yaml::document::Document;
use crate::{Error, StageKind, StageName};

/// Notes this of the run in the folder; an empty text removes the note.
///
/// # Errors
/// Another writer in the folder, or a folder that cannot be written.
pub fn note_run(run_dir: &Path, text: &str) -> Result<(), Error> {
    write_note(run_dir, text)
}

/// Moves a run folder, or that of a sweep with its cells. It can be run there as before.
///
/// # Errors
/// [`Error::NoRun`], a run that is under way, or a place that is taken or cannot be written.
pub fn rename_run(from: &Path, to: &Path) -> Result<(), Error> {
    let runs = runs_of(from)?;
    if to.symlink_metadata().is_ok() {
        return Err(io(to, "move the run there")(IoError::new(ErrorKind::AlreadyExists, "something is there already")));
    }
    let real = |base: PathBuf| base.canonicalize().unwrap_or(base);
    let bases: Vec<Option<PathBuf>> = runs.iter().map(|run| base(run).map(real)).collect();
    {
        let _writers: Vec<Writer> = runs.iter().map(|run| Writer::hold(run)).collect::<Result<_, _>>()?;
        if let Some(parent) = to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(io(parent, "make the folder"))?;
        }
        fs::rename(from, to).map_err(io(to, "move the run there"))?;
    }
    for (run, base) in runs.iter().zip(bases) {
        let below = run.strip_prefix(from).unwrap_or(Path::new(""));
        if let Some(base) = base {
            note_base(&if below.as_os_str().is_empty() { to.to_owned() } else { to.join(below) }, &base)?;
        }
    }
    Ok(())
}

fn configuration(run_dir: &Path) -> Result<Option<Value>, Error> {
    let path = run_dir.join(CONFIG_FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let invalid = |problem| Error::Invalid { problems: vec![problem] };
    Document::read(&path, &[])?.parse("", &[]).map(Some).map_err(invalid)
}

/// The run folder, and those of its cells.
fn runs_of(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut runs: Vec<PathBuf> = is_run(folder).then(|| folder.to_owned()).into_iter().collect();
    let cells = fs::read_dir(folder.join(CELLS)).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut cells: Vec<PathBuf> = cells.filter(|cell| is_run(cell)).collect();
    cells.sort();
    runs.extend(cells);
    if runs.is_empty() { Err(Error::NoRun { path: folder.to_owned() }) } else { Ok(runs) }
}

/// What removing a run, or a sweep with its cells, takes away. What the program did not write stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removal {
    /// The folder.
    pub path: PathBuf,
    /// Runs in it: itself, and its cells.
    pub runs: usize,
    /// Bytes that it frees: files that other runs link too free none.
    pub bytes: u64,
    #[serde(skip)]
    files: Vec<PathBuf>,
    /// The folders, the innermost first.
    #[serde(skip)]
    folders: Vec<PathBuf>,
    #[serde(skip)]
    run_dirs: Vec<PathBuf>,
}

impl Removal {
    /// What would go; nothing goes yet.
    ///
    /// # Errors
    /// [`Error::NoRun`], or a run that is under way.
    pub fn plan(folder: &Path) -> Result<Self, Error> {
        let run_dirs = runs_of(folder)?;
        let (mut files, mut folders) = (vec![], vec![]);
        for run_dir in &run_dirs {
            if let Some(holder) = writer(run_dir) {
                return Err(Error::Held { path: run_dir.clone(), holder });
            }
            owned(run_dir, &mut files, &mut folders);
        }
        all_in(&folder.join(CELLS).join(CLAIMS), &mut files, &mut folders);
        folders.extend([folder.join(CELLS), folder.to_owned()]);
        let bytes = freed(&files);
        Ok(Self { path: folder.to_owned(), runs: run_dirs.len(), bytes, files, folders, run_dirs })
    }

    /// Removes it; gives the files that stay, as they are none of the program's.
    ///
    /// # Errors
    /// A run that is under way, or a file that cannot be removed.
    pub fn carry_out(&self) -> Result<Vec<PathBuf>, Error> {
        let writers: Vec<Writer> = self.run_dirs.iter().map(|run| Writer::hold(run)).collect::<Result<_, _>>()?;
        for path in &self.files {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(io(path, "remove the file")(error)),
                _ => {}
            }
        }
        for run_dir in &self.run_dirs {
            let _ = fs::remove_file(run_dir.join(HOLDER_FILE));
        }
        drop(writers);
        let mut folders = self.folders.clone();
        folders.sort_by_key(|folder| std::cmp::Reverse(folder.components().count()));
        // One that is not empty holds what is not ours.
        folders.iter().for_each(|folder| drop(fs::remove_dir(folder)));
        let (mut left, mut within) = (vec![], vec![]);
        all_in(&self.path, &mut left, &mut within);
        left.sort();
        Ok(left)
    }
}

/// The files of a run folder that the program writes, and the folders that they lie in.
fn owned(run_dir: &Path, files: &mut Vec<PathBuf>, folders: &mut Vec<PathBuf>) {
    let lock = Lock::read(run_dir).unwrap_or_default();
    for (stage, kind) in stages(run_dir, &lock) {
        let folder = run_dir.join(stage.as_str());
        let possible = kind.into_iter().flat_map(|kind| entry(kind).outputs).map(|output| folder.join(output.file));
        files.extend(possible.filter(|path| path.symlink_metadata().is_ok()));
        all_in(&folder.join(CHECKPOINTS), files, folders);
        files.extend(live::files(&folder));
        folders.extend([live::live_folder(&folder), folder]);
    }
    let outputs = lock.stages.values().flat_map(|entry| entry.outputs.keys()).map(|path| run_dir.join(path));
    files.extend(outputs.filter(|path| path.symlink_metadata().is_ok() && tidy(path).starts_with(run_dir)));
    all_in(&run_dir.join(STORE), files, folders);
    for entry in fs::read_dir(run_dir).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let own = [CONFIG_FILE, LOCK_FILE, NOTE_FILE, ORIGIN_FILE, LOG_FILE, CACHE_FILE, STATE_FILE];
        match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            true if is_unfinished(&name) => all_in(&path, files, folders),
            false if is_unfinished(&name) || own.iter().any(|own| name == *own) => files.push(path),
            _ => {}
        }
    }
    files.sort();
    files.dedup();
    folders.push(run_dir.to_owned());
}

/// The stages that the lock or the configuration knows.
fn stages(run_dir: &Path, lock: &Lock) -> BTreeMap<StageName, Option<StageKind>> {
    let locked = lock.stages.iter().map(|(name, entry)| (*name, entry.kind(*name)));
    let config = configuration(run_dir).ok().flatten().unwrap_or_default();
    let planned = config["stages"].as_array().into_iter().flatten().filter_map(|stage| {
        let kind: StageKind = stage["stage"].as_str()?.parse().ok()?;
        let name = stage["name"].as_str().map_or(Some(kind.into()), |name| name.parse().ok())?;
        Some((name, Some(kind)))
    });
    locked.chain(planned).collect()
}

/// All files of a folder, at any depth, and its folders. Links are not followed.
fn all_in(folder: &Path, files: &mut Vec<PathBuf>, folders: &mut Vec<PathBuf>) {
    if !folder.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        return;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            true => all_in(&entry.path(), files, folders),
            false => files.push(entry.path()),
        }
    }
    folders.push(folder.to_owned());
}

/// Bytes of files that have no other name than these.
#[cfg(unix)]
fn freed(files: &[PathBuf]) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let mut names: BTreeMap<(u64, u64), (u64, u64, u64)> = BTreeMap::new();
    let files: BTreeSet<&PathBuf> = files.iter().collect();
    for file in files.into_iter().filter_map(|path| path.symlink_metadata().ok()) {
        let known = names.entry((file.dev(), file.ino())).or_insert((0, file.nlink(), file.len()));
        known.0 += 1;
    }
    names.values().filter(|(found, links, _)| found == links).map(|(_, _, bytes)| bytes).sum()
}

#[cfg(not(unix))]
fn freed(files: &[PathBuf]) -> u64 {
    let files: BTreeSet<&PathBuf> = files.iter().collect();
    files.into_iter().filter_map(|path| path.symlink_metadata().ok()).map(|file| file.len()).sum()
}
