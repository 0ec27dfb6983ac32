//! Which open files lie below the folder, and which names lead there.

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::plan::plan;

pub(crate) const AT_FDCWD: c_int = -100;

/// Paths by open file.
pub(crate) static OPEN: Mutex<Vec<Option<PathBuf>>> = Mutex::new(vec![]);
/// Paths by folder that is being listed, and the open file that it was given as.
pub(crate) static LISTED: Mutex<Vec<(usize, PathBuf, c_int)>> = Mutex::new(vec![]);

pub(crate) fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The path of an open file below the folder.
pub(crate) fn of_fd(fd: c_int) -> Option<PathBuf> {
    held(&OPEN).get(usize::try_from(fd).ok()?)?.clone()
}

pub(crate) fn set_fd(fd: c_int, path: Option<PathBuf>) {
    let (Ok(fd), Some(_)) = (usize::try_from(fd), plan()) else { return };
    let mut open = held(&OPEN);
    if open.len() <= fd {
        open.resize(fd + 1, None);
    }
    open[fd] = path;
}

/// The whole path of a name, if it leads below the folder.
///
/// # Safety
/// The name is null or ends in NUL.
pub(crate) unsafe fn below(folder: c_int, name: *const c_char) -> Option<PathBuf> {
    let plan = plan()?;
    // SAFETY: as this function's.
    let name = Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(name.as_ref()?) }.to_bytes()));
    let whole = match (name.is_absolute(), folder) {
        (true, _) => name.to_owned(),
        (false, AT_FDCWD) => std::env::current_dir().ok()?.join(name),
        (false, folder) => of_fd(folder)?.join(name),
    };
    let mut path = PathBuf::new();
    for component in whole.components() {
        match component {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path.starts_with(&plan.below).then_some(path)
}
