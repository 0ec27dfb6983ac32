//! The run folder: who writes in it, and how a stage's outputs come into place.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use fer_artifact::{Digest, make_folder, make_folders, open_lock, open_regular};

use crate::run_folder::live::clear;
use crate::{Error, StageName};

/// The chain as it ran, with every parameter written out.
pub(crate) const CONFIG_FILE: &str = "config.resolved.yaml";
/// What every stage was made from, and what came out.
pub(crate) const LOCK_FILE: &str = "run.lock.json";
/// What the runs of a cell told.
pub const LOG_FILE: &str = "cell.log";
/// Folder of the cells' run folders in that of a sweep.
pub const CELLS: &str = "cells";
/// Folder beside them of the locks of what they share.
pub(crate) const CLAIMS: &str = ".claims";
/// Folder of what was given to an engine in that of a sweep.
pub(crate) const JOBS: &str = "jobs";
/// The page of a search, in its folder.
pub(crate) const SEARCH_PAGE: &str = "search.html";
/// Tells that a training diverged.
pub(crate) const DIVERGED_FILE: &str = ".diverged.json";
pub(crate) const HOLDER_FILE: &str = ".writer";
/// How often, and how long, a file that nobody is named in is waited for.
const LOOKS: usize = 20;
/// Bytes of a holder's name that are read.
const LONGEST_NAME: u64 = 100;
const MOMENT: Duration = Duration::from_millis(5);

/// Whether a run has begun in this folder.
pub fn is_run(path: &Path) -> bool {
    [LOCK_FILE, CONFIG_FILE].iter().any(|name| path.join(name).is_file())
}

pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, action, source }
}

/// The right to write in a run folder; given back when dropped, or when the process ends in whatever way.
#[must_use = "dropping the writer gives the run folder back"]
pub(crate) struct Writer {
    file: File,
    run_dir: PathBuf,
}

impl Writer {
    /// Makes the folder if there is none, and takes hold of it.
    pub(crate) fn hold(run_dir: &Path) -> Result<Self, Error> {
        make_folder(run_dir).map_err(io(run_dir, "make the run folder"))?;
        let path = run_dir.join(HOLDER_FILE);
        let mut file = open_lock(&path).map_err(|error| match error.kind() {
            ErrorKind::InvalidInput => io(&path, "hold the run folder by it")(error),
            _ => io(run_dir, "write in the run folder")(error),
        })?;
        let mut looks = 0;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                // Whoever asks for the writer holds the file for a moment, and leaves no name in it.
                Err(TryLockError::WouldBlock) if looks < LOOKS && name(&mut file).is_none() => {
                    looks += 1;
                    sleep(MOMENT);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Held { path: run_dir.to_owned(), holder: named(&mut file) });
                }
                Err(TryLockError::Error(error)) => return Err(io(&path, "lock the run folder")(error)),
            }
        }
        let noted = file.set_len(0).and_then(|()| file.write_all(own_name().as_bytes()));
        noted.map_err(io(&path, "write in the run folder"))?;
        Ok(Self { file, run_dir: run_dir.to_owned() })
    }

    /// Fails if the run folder, or the file that it is held by, is no longer in its place: another run may be at work there.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let found = fs::symlink_metadata(self.run_dir.join(HOLDER_FILE));
        let same = |found: &Metadata| self.file.metadata().is_ok_and(|own| identity(&own) == identity(found));
        match found {
            Ok(found) if same(&found) => Ok(()),
            // It may well be there.
            Err(source) if source.kind() != ErrorKind::NotFound => {
                Err(io(&self.run_dir, "look into the run folder")(source))
            }
            _ => Err(Error::Lost { path: self.run_dir.clone(), what: self.lost() }),
        }
    }

    fn lost(&self) -> &'static str {
        match self.run_dir.is_dir() {
            true => "its file `.writer` was removed or replaced",
            false => "it was removed or renamed",
        }
    }
}

/// What tells that a file or folder is still the same.
#[cfg(unix)]
fn identity(found: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// Fails for a folder in which this process may not write, before there is anything to write.
pub(crate) fn check_writable(folder: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    if folder.is_dir() {
        use rustix::fs::{Access, access};
        let may = access(folder, Access::WRITE_OK | Access::EXEC_OK);
        may.map_err(|error| io(folder, "write in the folder")(error.into()))?;
    }
    Ok(())
}

/// Who writes in the run folder at this moment, if anybody does.
pub(crate) fn writer(run_dir: &Path) -> Option<String> {
    let mut file = open_regular(&run_dir.join(HOLDER_FILE)).ok()?;
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)).then(|| named(&mut file))
}

/// What the holder's file says of the holder.
fn name(file: &mut File) -> Option<String> {
    let mut name = String::new();
    let read = file.rewind().and_then(|()| file.take(LONGEST_NAME).read_to_string(&mut name));
    read.is_ok_and(|length| length > 0).then_some(name)
}

fn named(file: &mut File) -> String {
    name(file).unwrap_or_else(|| "another process".to_owned())
}

/// What the file of this process says of it.
pub(crate) fn own_name() -> String {
    format!("process {}", std::process::id())
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Only the message of a second writer reads it.
        let _ = self.file.set_len(0);
    }
}

/// A temporary folder beside a stage's own, for outputs that are not complete yet. Removed when dropped.
#[must_use = "dropping the folder removes it"]
pub(crate) struct Staging {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl Staging {
    /// An empty folder `.<stage>.partial` in the run folder; what a killed run left there goes.
    pub(crate) fn new(run_dir: &Path, stage: StageName) -> Result<Self, Error> {
        let name = format!(".{stage}.partial");
        let path = run_dir.join(&name);
        if path.symlink_metadata().is_ok() {
            fs::remove_dir_all(&path).map_err(io(&path, "remove what an earlier run left"))?;
        }
        make_folders(run_dir, name.as_ref()).map_err(io(&path, "make the folder"))?;
        let identity = found(&path);
        Ok(Self { path, identity })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves the outputs, file by file, into `target`, and removes those of `possible` that have not come out.
    pub(crate) fn commit(
        self,
        target: &Path,
        outputs: &BTreeMap<String, Digest>,
        possible: &[&str],
    ) -> Result<(), Error> {
        move_into_place(&self.path, target, outputs, possible)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Nothing depends on it: the next run of the stage removes what is left. A folder that another run has put in its place
        // is not ours.
        if found(&self.path) == self.identity {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn found(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().as_ref().and_then(identity)
}

/// Moves a stage's outputs, file by file, from one folder into another, and removes there those of `possible` that are
/// not among them.
pub(crate) fn move_into_place(
    from: &Path,
    target: &Path,
    outputs: &BTreeMap<String, Digest>,
    possible: &[&str],
) -> Result<(), Error> {
    make_folder(target).map_err(io(target, "make the folder"))?;
    // What they told is told by the outputs.
    clear(target);
    for name in outputs.keys() {
        let place = target.join(name);
        fs::rename(from.join(name), &place).map_err(io(&place, "move the output into place"))?;
    }
    for name in possible.iter().filter(|name| !outputs.contains_key(**name)) {
        let place = target.join(name);
        match fs::remove_file(&place) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(io(&place, "remove the former output")(error));
            }
            _ => {}
        }
    }
    // The renames themselves must survive a power cut.
    File::open(target).and_then(|folder| folder.sync_all()).map_err(io(target, "write the folder"))
}

/// Whether a killed run left this: a file that [`fer_artifact::write_atomic`] had begun, or a stage's [`Staging`].
pub(crate) fn is_unfinished(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with(".writing-") || (name.starts_with('.') && name.ends_with(".partial"))
}

/// A file under another name as well; a copy where that cannot be. What is no file is refused, a link too.
pub(crate) fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    if !fs::symlink_metadata(from)?.is_file() {
        return Err(std::io::Error::new(ErrorKind::InvalidInput, "expected a file, found something else"));
    }
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to)?;
    File::open(to)?.sync_all()
}

/// Removes from a folder what killed runs left in it. What cannot be removed does no harm.
pub(crate) fn remove_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten().filter(|entry| is_unfinished(&entry.file_name()))
    {
        let path = entry.path();
        let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
    }
}
