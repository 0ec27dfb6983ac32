//! The one way to open a file that somebody else may have put in its place: a regular one, read up to a bound.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Error, ErrorKind, Read};
use std::path::Path;

/// Most bytes of a JSON record in a run folder: lock, scores, notes.
pub const RECORD: u64 = 64 << 20;
/// Most bytes of a JSON file that has an entry for each row or file of a source.
pub const TABLE: u64 = 256 << 20;

/// Whether a file is there, also at the end of a link. That nobody can tell is an error, and no answer.
///
/// ```
/// assert!(fer_artifact::has_file("Cargo.toml".as_ref())? && !fer_artifact::has_file("nowhere".as_ref())?);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// The system's, but for what says that there is nothing.
pub fn has_file(path: &Path) -> io::Result<bool> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(found.is_file()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Opens a file to read it. What is none, such as a pipe, a device, a socket or a folder, is refused by its name, also at the end
/// of a link: to open a pipe would wait for its writer, and a device may have no end.
///
/// ```
/// let error = fer_artifact::open_regular("/dev/null".as_ref()).unwrap_err();
/// # #[cfg(unix)]
/// assert_eq!(error.to_string(), "expected a file, found a device");
/// ```
///
/// # Errors
/// The system's, and [`ErrorKind::InvalidInput`] for what is no regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    // Before it is opened, which may do something to a device; and after it, as something else may have come to its place.
    check(&std::fs::metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    without_waiting(&mut options);
    let file = options.open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

/// The bytes of such a file, of which there may be `most`.
///
/// ```
/// let error = fer_artifact::read_regular("Cargo.toml".as_ref(), 10).unwrap_err();
/// assert_eq!(error.to_string(), "expected at most 10 bytes, found more");
/// ```
///
/// # Errors
/// As [`open_regular`], and [`ErrorKind::FileTooLarge`] for a longer file, of which no more is read.
pub fn read_regular(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open_regular(path)?;
    let length = file.metadata()?.len();
    if length > most {
        return too_long(most);
    }
    let mut bytes = vec![];
    bytes.try_reserve_exact(length as usize + 1).map_err(|_| ErrorKind::OutOfMemory)?;
    file.take(most + 1).read_to_end(&mut bytes)?;
    within(bytes, most)
}

/// The same of a text in UTF-8.
///
/// # Errors
/// As [`read_regular`], and [`ErrorKind::InvalidData`] for other bytes.
pub fn read_regular_text(path: &Path, most: u64) -> io::Result<String> {
    let no_text = |_| Error::new(ErrorKind::InvalidData, "expected text in UTF-8, found other bytes");
    String::from_utf8(read_regular(path, most)?).map_err(no_text)
}

/// Fails if what is at `path`, or at the end of a link there, is no regular file: a device or a pipe would be replaced by one, and a
/// folder cannot be. What is not there yet can be written.
///
/// ```
/// let error = fer_artifact::check_place("/dev/null".as_ref()).unwrap_err();
/// # #[cfg(unix)]
/// assert_eq!(error.to_string(), "expected a file, found a device");
/// assert!(fer_artifact::check_place("nowhere".as_ref()).is_ok());
/// ```
///
/// # Errors
/// [`ErrorKind::InvalidInput`], with what it is.
pub fn check_place(path: &Path) -> io::Result<()> {
    std::fs::metadata(path).map_or(Ok(()), |found| check(&found))
}

/// The bytes of what the program was started with as one of its open files, such as `/dev/stdin` and a shell's `<(…)`: a pipe, too, of
/// which no more than `most` bytes are read. It has its writer already, so nobody waits for one. Any other path is [`read_regular`]'s.
///
/// # Errors
/// As [`read_regular`].
pub fn read_named(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let is_open = path == Path::new("/dev/stdin")
        || path.parent().is_some_and(|folder| ["/dev/fd", "/proc/self/fd"].map(Path::new).contains(&folder));
    if !is_open || !is_pipe(&std::fs::metadata(path)?) {
        return read_regular(path, most);
    }
    let mut bytes = vec![];
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    within(bytes, most)
}

fn within(bytes: Vec<u8>, most: u64) -> io::Result<Vec<u8>> {
    if bytes.len() as u64 > most { too_long(most) } else { Ok(bytes) }
}

fn too_long<T>(most: u64) -> io::Result<T> {
    Err(Error::new(ErrorKind::FileTooLarge, format!("expected at most {most} bytes, found more")))
}

#[cfg(unix)]
fn is_pipe(found: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&found.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

/// Fails for what is no regular file, with what it is.
pub(crate) fn check(found: &Metadata) -> io::Result<()> {
    match found.is_file() {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::InvalidInput, format!("expected a file, found {}", what_is(found)))),
    }
}

/// What it is that lies somewhere, in the words of [`open_regular`]: a file, a folder, or none of them.
///
/// ```
/// let what = |path| std::fs::metadata(path).map(|found| fer_artifact::what_is(&found));
/// assert_eq!((what("Cargo.toml")?, what("src")?), ("a file", "a folder"));
/// # #[cfg(unix)]
/// assert_eq!(what("/dev/null")?, "a device");
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(unix)]
pub fn what_is(found: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = found.file_type();
    match () {
        () if kind.is_file() => "a file",
        () if kind.is_dir() => "a folder",
        () if kind.is_symlink() => "a link",
        () if kind.is_fifo() => "a pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}

/// What it is that lies somewhere: a file, a folder, or none of them.
#[cfg(not(unix))]
pub fn what_is(found: &Metadata) -> &'static str {
    match () {
        () if found.is_file() => "a file",
        () if found.is_dir() => "a folder",
        () => "something else",
    }
}

#[cfg(unix)]
fn without_waiting(options: &mut OpenOptions) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32);
}

#[cfg(not(unix))]
fn without_waiting(_: &mut OpenOptions) {}
