//! A run folder as a thing of its own: named, noted on, removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Error as IoError, ErrorKind};
use std::path::{Component, Path, PathBuf};

use fer_artifact::are_folders;
use serde::Serialize;

use crate::compare::Config;
use crate::run_folder::checkpoints::CHECKPOINTS;
use crate::run_folder::digests::CACHE_FILE;
use crate::run_folder::folder::{
    CELLS, CLAIMS, CONFIG_FILE, DIVERGED_FILE, HOLDER_FILE, JOBS, LOCK_FILE, LOG_FILE, SEARCH_PAGE, Writer, io, is_run,
    is_unfinished, writer,
};
use crate::run_folder::live;
use crate::run_folder::lock::Lock;
use crate::run_folder::notes::{NOTE_FILE, write_note};
use crate::run_folder::origin::{ORIGIN_FILE, base, note_base};
use crate::run_folder::state::STATE_FILE;
use crate::run_folder::store::STORE;
use crate::stages::entry;
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
    let (bases, whole): (Vec<Option<PathBuf>>, PathBuf) =
        (runs.iter().map(|run| base(run).map(real)).collect(), real(from.to_owned()));
    runs.iter().try_for_each(|run| not_held(run))?;
    if let Some(parent) = to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(io(parent, "make the folder"))?;
    }
    fs::rename(from, to).map_err(io(to, "move the run there"))?;
    for (run, base) in runs.iter().zip(bases) {
        let below = run.strip_prefix(from).unwrap_or(Path::new(""));
        if let Some(base) = base {
            // A pipeline file in the folder has moved with it.
            let base = base.strip_prefix(&whole).map_or(base.clone(), |within| to.join(within));
            note_base(&if below.as_os_str().is_empty() { to.to_owned() } else { to.join(below) }, &base)?;
        }
    }
    Ok(())
}

/// Fails for a run that is under way.
fn not_held(run_dir: &Path) -> Result<(), Error> {
    match writer(run_dir) {
        Some(holder) => Err(Error::Held { path: run_dir.to_owned(), holder }),
        None => Ok(()),
    }
}

/// The run folder, and those of its cells. A run has begun before it is configured.
fn runs_of(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let begun = |path: &Path| is_run(path) || [HOLDER_FILE, LOG_FILE].iter().any(|name| path.join(name).is_file());
    let mut runs: Vec<PathBuf> = begun(folder).then(|| folder.to_owned()).into_iter().collect();
    let cells = fs::read_dir(folder.join(CELLS)).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut cells: Vec<PathBuf> = cells.filter(|cell| begun(cell)).collect();
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
    /// Each run folder with its files, and the files of the sweep.
    #[serde(skip)]
    files: Vec<(Option<PathBuf>, Vec<PathBuf>)>,
    #[serde(skip)]
    folders: Vec<PathBuf>,
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
            not_held(run_dir)?;
            files.push((Some(run_dir.clone()), owned(run_dir, &mut folders)));
        }
        let page = folder.join(SEARCH_PAGE);
        let mut of_sweep: Vec<PathBuf> =
            page.symlink_metadata().is_ok_and(|found| !found.is_dir()).then_some(page).into_iter().collect();
        all_in(&folder.join(CELLS).join(CLAIMS), &mut of_sweep, &mut folders);
        all_in(&folder.join(JOBS), &mut of_sweep, &mut folders);
        files.push((None, of_sweep));
        folders.extend([folder.join(CELLS), folder.to_owned()]);
        let bytes = freed(files.iter().flat_map(|(_, files)| files));
        Ok(Self { path: folder.to_owned(), runs: run_dirs.len(), bytes, files, folders })
    }

    /// Removes it; gives the files that stay, as they are none of the program's.
    ///
    /// # Errors
    /// A run that is under way, or a file that cannot be removed.
    pub fn carry_out(&self) -> Result<Vec<PathBuf>, Error> {
        // One after the other, since a system bounds how many files are open.
        for (run_dir, files) in &self.files {
            let _writer = run_dir.as_deref().map(Writer::hold).transpose()?;
            for path in files {
                match fs::remove_file(path) {
                    Err(error) if error.kind() != ErrorKind::NotFound => {
                        return Err(io(path, "remove the file")(error));
                    }
                    _ => {}
                }
            }
            let _ = run_dir.as_ref().map(|run_dir| fs::remove_file(run_dir.join(HOLDER_FILE)));
        }
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

/// The files of a run folder that the program writes; the folders that they lie in go to `folders`.
fn owned(run_dir: &Path, folders: &mut Vec<PathBuf>) -> Vec<PathBuf> {
    let mut files = vec![];
    let lock = Lock::read(run_dir).unwrap_or_default();
    // Through a link, they would be somebody else's.
    let is_own = |folder: &Path| are_folders(run_dir, folder);
    for (stage, kind) in stages(run_dir, &lock).into_iter().filter(|(stage, _)| is_own(stage.as_str().as_ref())) {
        let folder = run_dir.join(stage.as_str());
        let possible = kind.into_iter().flat_map(|kind| entry(kind).outputs).map(|output| folder.join(output.file));
        files.extend(possible.filter(|path| path.symlink_metadata().is_ok()));
        all_in(&folder.join(CHECKPOINTS), &mut files, folders);
        files.extend(live::files(&folder));
        folders.extend([live::live_folder(&folder), folder]);
    }
    let is_below = |path: &&String| Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let outputs = lock.stages.values().flat_map(|entry| entry.outputs.keys()).filter(is_below);
    let outputs = outputs.filter(|path| is_own(Path::new(path).parent().unwrap_or(Path::new(""))));
    files.extend(outputs.map(|path| run_dir.join(path)).filter(|path| path.symlink_metadata().is_ok()));
    all_in(&run_dir.join(STORE), &mut files, folders);
    for entry in fs::read_dir(run_dir).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let own = [CONFIG_FILE, LOCK_FILE, NOTE_FILE, ORIGIN_FILE, LOG_FILE, CACHE_FILE, STATE_FILE, DIVERGED_FILE];
        match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            true if is_unfinished(&name) => all_in(&path, &mut files, folders),
            false if is_unfinished(&name) || own.iter().any(|own| name == *own) => files.push(path),
            _ => {}
        }
    }
    files.sort();
    files.dedup();
    folders.push(run_dir.to_owned());
    files
}

/// The stages that the lock or the configuration knows.
fn stages(run_dir: &Path, lock: &Lock) -> BTreeMap<StageName, Option<StageKind>> {
    let locked = lock.stages.iter().map(|(name, entry)| (*name, entry.kind(*name)));
    let config = Config::read(run_dir).unwrap_or_default();
    locked.chain(config.stages.into_iter().map(|(name, kind)| (name, Some(kind)))).collect()
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
fn freed<'a>(files: impl Iterator<Item = &'a PathBuf>) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let mut names: BTreeMap<(u64, u64), (u64, u64, u64)> = BTreeMap::new();
    let files: BTreeSet<&PathBuf> = files.collect();
    for file in files.into_iter().filter_map(|path| path.symlink_metadata().ok()) {
        let known = names.entry((file.dev(), file.ino())).or_insert((0, file.nlink(), file.len()));
        known.0 += 1;
    }
    names.values().filter(|(found, links, _)| found == links).map(|(_, _, bytes)| bytes).sum()
}

#[cfg(not(unix))]
fn freed<'a>(files: impl Iterator<Item = &'a PathBuf>) -> u64 {
    let files: BTreeSet<&PathBuf> = files.collect();
    files.into_iter().filter_map(|path| path.symlink_metadata().ok()).map(|file| file.len()).sum()
}
