//! The one way to make and open what the program owns in a folder: files through no link, folders through no link of somebody else,
//! who may have put one there to have the program write elsewhere. The folder itself is named by the user and may be a link.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Error, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

use crate::place::folder_of;
use crate::regular::{check, what_is};

/// Opens a file for a lock, to read and to write; one that is there keeps its bytes. Whoever can open it can hold the lock: those
/// who may not write it may not read it either.
///
/// # Errors
/// The system's, and [`ErrorKind::InvalidInput`] for a link, or for something else that is no file.
pub fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = through_no_link(options, path)?;
    for_writers_alone(&file);
    Ok(file)
}

/// Opens a file to append to it.
///
/// # Errors
/// As [`open_lock`], and the same for a file that has another name too, under which it may be somewhere else.
pub fn open_log(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    let file = through_no_link(options, path)?;
    match names(&file.metadata()?) {
        0 | 1 => Ok(file),
        names => {
            let message = format!("expected a file of one name, found one of {names} names (hard links)");
            Err(Error::new(ErrorKind::InvalidInput, message))
        }
    }
}

/// Writes a file, or a new one in its place, without waiting for the disk. What another name (a hard link) gives is left as it was.
///
/// # Errors
/// As [`open_lock`].
pub fn write_owned(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Ok(found) = fs::symlink_metadata(path) {
        check(&found)?;
        fs::remove_file(path)?;
    }
    File::create_new(path)?.write_all(bytes)
}

/// Makes a folder, and those above it that are missing. Their names survive a loss of power, as what is synced in them has to.
///
/// # Errors
/// The system's.
pub fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = folder_of(path);
    // The current folder lies in itself.
    if above != path {
        make_folder(above)?;
    }
    match create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        created => created,
    }
}

/// Makes a folder, and syncs its name.
fn create(path: &Path) -> io::Result<()> {
    fs::create_dir(path)?;
    sync_folder(folder_of(path))
}

/// Has the names in a folder survive a loss of power. A folder that may be written and not read cannot be synced, and need not be.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        opened => opened?.sync_all(),
    }
}

fn through_no_link(mut options: OpenOptions, path: &Path) -> io::Result<File> {
    if let Ok(found) = fs::symlink_metadata(path) {
        check(&found)?;
    }
    not_following(&mut options);
    let file = options.open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

/// Makes the folders `below` in the folder `root`, which is made too. None of those below may be a link of somebody else's.
///
/// ```
/// let root = tempfile::tempdir()?;
/// let made = fer_artifact::make_folders(root.path(), "train/checkpoints".as_ref())?;
/// assert!(made.is_dir() && made.ends_with("train/checkpoints"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// The system's, and [`ErrorKind::InvalidInput`] with the name of what is no folder, or for a path that leads out of `root`.
pub fn make_folders(root: &Path, below: &Path) -> io::Result<PathBuf> {
    let refuse = |told: String| Err(Error::new(ErrorKind::InvalidInput, told));
    if let Some(other) = below.components().find(|component| !matches!(component, Component::Normal(_))) {
        let (below, other) = (below.display(), other.as_os_str().display());
        return refuse(format!("expected names of folders in `{below}`, found `{other}`"));
    }
    make_folder(root)?;
    let mut folder = root.to_owned();
    for component in below.components() {
        folder.push(component);
        match create(&folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            Err(_) if !is_folder(&folder) => {
                let what = match fs::metadata(&folder) {
                    _ if is_link_of_others(&folder) => "a link of another user's",
                    Ok(found) => what_is(&found),
                    Err(_) => "a link that leads nowhere",
                };
                return refuse(format!("expected `{}` to be a folder, found {what}", folder.display()));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(folder)
}

/// Whether the folders `below` are all there in the folder `root`, and none of them is a link of somebody else's.
pub fn are_folders(root: &Path, below: &Path) -> bool {
    let mut folder = root.to_owned();
    below.components().all(|component| {
        folder.push(component);
        is_folder(&folder)
    })
}

fn is_folder(path: &Path) -> bool {
    !is_link_of_others(path) && fs::metadata(path).is_ok_and(|found| found.is_dir())
}

/// Whether a link lies there that another user made, or a link whose owner nobody can tell. What the user made who runs the
/// program, or root, leads where it is meant to lead.
pub fn is_link_of_others(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink() && !is_own(&found))
}

#[cfg(unix)]
fn is_own(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    [0, rustix::process::geteuid().as_raw()].contains(&found.uid())
}

#[cfg(unix)]
fn names(found: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(found)
}

#[cfg(not(unix))]
fn is_own(_: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn names(_: &Metadata) -> u64 {
    1
}

#[cfg(unix)]
fn not_following(options: &mut OpenOptions) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32);
}

#[cfg(unix)]
fn for_writers_alone(file: &File) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(found) = file.metadata() else { return };
    let mode = found.permissions().mode() & 0o777;
    // The bit to read lies one above that to write.
    let kept = [0o020, 0o002]
        .into_iter()
        .fold(mode, |mode, write| if mode & write == 0 { mode & !(write << 1) } else { mode });
    if kept != mode {
        // Somebody else's file stays as it is.
        let _ = file.set_permissions(PermissionsExt::from_mode(kept));
    }
}

#[cfg(not(unix))]
fn not_following(_: &mut OpenOptions) {}

#[cfg(not(unix))]
fn for_writers_alone(_: &File) {}
