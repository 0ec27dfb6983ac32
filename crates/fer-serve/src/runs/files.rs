//! Files below the folder of runs: no link is followed, and no more is read than is asked for.

use std::fs::File;
use std::io::{self, Error, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

/// What is said where a link is found.
const NO_LINK: &str = "expected a file, found a link, which is not followed";

/// A file of at most `limit` bytes and its length; every folder on the way from `root` is a folder and no link.
pub(super) fn whole(root: &Path, relative: &Path, limit: u64) -> io::Result<(File, u64)> {
    match open(root, relative)? {
        (_, length) if length > limit => {
            Err(Error::new(ErrorKind::FileTooLarge, format!("expected at most {limit} bytes, found {length}")))
        }
        found => Ok(found),
    }
}

/// The last bytes of a file, at most so many, and its length; what is appended meanwhile is left out.
pub(super) fn tail(root: &Path, relative: &Path, limit: u64) -> io::Result<(Vec<u8>, u64)> {
    let (mut file, length) = open(root, relative)?;
    file.seek(SeekFrom::Start(length.saturating_sub(limit)))?;
    let mut bytes = vec![];
    file.take(length.min(limit)).read_to_end(&mut bytes)?;
    Ok((bytes, length))
}

fn open(root: &Path, relative: &Path) -> io::Result<(File, u64)> {
    let file = open_below(root, relative)?;
    let found = file.metadata()?;
    match found.is_file() {
        true => Ok((file, found.len())),
        false => Err(Error::new(ErrorKind::InvalidInput, "expected a file, found a folder or a device")),
    }
}

/// Each folder is opened in the one before it, so that nobody can put a link there in the meantime.
#[cfg(unix)]
fn open_below(root: &Path, relative: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open, openat};
    use rustix::io::Errno;

    // A pipe would be waited for.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let refused = |error| match error {
        Errno::LOOP => Error::new(ErrorKind::InvalidInput, NO_LINK),
        error => Error::from(error),
    };
    let mut at = open(root, flags | OFlags::DIRECTORY, Mode::empty())?;
    let names = names(relative)?;
    for (place, name) in names.iter().enumerate() {
        let kind = if place + 1 < names.len() { OFlags::DIRECTORY } else { OFlags::empty() };
        at = openat(&at, *name, flags | kind, Mode::empty()).map_err(refused)?;
    }
    Ok(File::from(at))
}

#[cfg(not(unix))]
fn open_below(root: &Path, relative: &Path) -> io::Result<File> {
    let mut path = root.to_owned();
    for name in names(relative)? {
        path.push(name);
        if path.symlink_metadata()?.is_symlink() {
            return Err(Error::new(ErrorKind::InvalidInput, NO_LINK));
        }
    }
    File::open(path)
}

fn names(relative: &Path) -> io::Result<Vec<&std::ffi::OsStr>> {
    let name = |part| match part {
        Component::Normal(name) => Ok(name),
        _ => Err(Error::new(ErrorKind::InvalidInput, "expected a path below the folder")),
    };
    relative.components().map(name).collect()
}

/// The folder of this name below `root`, if every part of it is a folder, no link and not hidden; `.` is `root` itself.
pub(super) fn folder(root: &Path, name: &str) -> Option<PathBuf> {
    let mut path = root.to_owned();
    if name == "." {
        return Some(path);
    }
    for part in name.split('/') {
        let is_plain = !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0']);
        // A drive or the like, where there is such.
        let is_one = matches!(Path::new(part).components().collect::<Vec<_>>()[..], [Component::Normal(_)]);
        if !is_plain || !is_one {
            return None;
        }
        path.push(part);
        if !path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            return None;
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn no_path_leads_out_and_no_link_is_followed() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "secret").unwrap();
        let root = tempfile::tempdir().unwrap();
        let within = root.path().join("a/b");
        std::fs::create_dir_all(&within).unwrap();
        std::fs::write(within.join("log"), "0123456789").unwrap();
        std::os::unix::fs::symlink(outside.path(), root.path().join("out")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), within.join("link")).unwrap();
        let read = |path: &str| {
            let (mut file, length) = whole(root.path(), Path::new(path), 10).ok()?;
            let mut bytes = vec![];
            file.read_to_end(&mut bytes).unwrap();
            (bytes.len() as u64 == length).then_some(bytes)
        };
        assert_eq!(read("a/b/log"), Some(b"0123456789".to_vec()));
        for path in ["a/b/link", "out/secret", "a/../a/b/log", "/etc/hostname", "a/b", "", "a/b/none"] {
            assert_eq!(read(path), None, "{path}");
        }
        assert!(whole(root.path(), Path::new("a/b/log"), 9).is_err());
        assert_eq!(tail(root.path(), Path::new("a/b/log"), 4).unwrap(), (b"6789".to_vec(), 10));
        assert_eq!(folder(root.path(), "a/b"), Some(within.clone()));
        assert_eq!(folder(root.path(), "."), Some(root.path().to_owned()));
        std::fs::create_dir(root.path().join(".hidden")).unwrap();
        for name in ["", "..", "a/..", "a//b", "/a", "a/", "out", "a/b/log", ".hidden", "a/./b", "a\\b", "c", "a\0"] {
            assert_eq!(folder(root.path(), name), None, "{name}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_pipe_is_not_waited_for() {
        let root = tempfile::tempdir().unwrap();
        let made = std::process::Command::new("mkfifo").arg(root.path().join("pipe")).status().unwrap();
        assert!(made.success() && whole(root.path(), Path::new("pipe"), 10).is_err());
    }
}
