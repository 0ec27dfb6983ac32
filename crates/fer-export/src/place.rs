//! Where a model goes, and what may not be lost there.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use fer_artifact::{folder_of, what_is};
use tempfile::TempPath;

use crate::{Error, Format};

/// What becomes of a file that stands where another is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is written.
    Keep,
    /// It is overwritten.
    Overwrite,
}

/// A place that may be written.
#[derive(Debug)]
pub(crate) struct Place {
    /// A file, or for [`Format::HuggingFace`] a folder; behind any link.
    path: PathBuf,
    existing: Existing,
}

impl Place {
    /// That `out` may be written: a file, or for [`Format::HuggingFace`] a folder, of which an empty one loses nothing.
    pub(crate) fn new(out: &Path, format: Format, existing: Existing) -> Result<Self, Error> {
        let expected = if format == Format::HuggingFace { FOLDER } else { FILE };
        let Some(found) = found(out) else { return Ok(Self { path: out.to_owned(), existing }) };
        if found != expected {
            return Err(Error::WrongPlace { path: out.to_owned(), expected, found });
        }
        if existing == Existing::Keep && !(found == FOLDER && is_empty(out)?) {
            return Err(Error::Exists { path: out.to_owned() });
        }
        let path = fs::canonicalize(out).map_err(io(out, "find the place"))?;
        Ok(Self { path, existing })
    }

    /// Moves what `fill` writes at a path, a file or a folder of files, in place once all of it is complete; gives the
    /// number of bytes.
    pub(crate) fn put(&self, fill: impl FnOnce(&Path) -> Result<(), Error>) -> Result<u64, Error> {
        // Within a folder that stands, as that may be a file system of its own.
        let near = if self.path.is_dir() { &self.path } else { folder_of(&self.path) };
        fs::create_dir_all(near).map_err(io(near, "make the folder"))?;
        let made = tempfile::Builder::new().prefix(".writing-").tempdir_in(near);
        let made = made.map_err(io(near, "make a folder in the folder"))?;
        let written = made.path().join("model");
        fill(&written)?;
        let files = if written.is_dir() { self.files_of(&written)? } else { vec![(written, self.path.clone())] };
        for (_, path) in &files {
            match found(path) {
                Some(found) if found != FILE => {
                    return Err(Error::WrongPlace { path: path.clone(), expected: FILE, found });
                }
                _ => {}
            }
        }
        files.into_iter().map(|(written, path)| self.move_file(&written, &path)).sum()
    }

    /// The files of a written folder, by name, each with its place.
    fn files_of(&self, written: &Path) -> Result<Vec<(PathBuf, PathBuf)>, Error> {
        fs::create_dir_all(&self.path).map_err(io(&self.path, "make the folder"))?;
        let mut names = fs::read_dir(written)
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>, _>>())
            .map_err(io(written, "list the folder"))?;
        names.sort();
        Ok(names.into_iter().map(|name| (written.join(&name), self.path.join(name))).collect())
    }

    /// What appeared there in the meantime is not overwritten unasked either.
    fn move_file(&self, written: &Path, path: &Path) -> Result<u64, Error> {
        let bytes = fs::metadata(written).map_err(io(written, "read the file"))?.len();
        let file = TempPath::try_from_path(written).map_err(io(written, "find the file"))?;
        let moved = match self.existing {
            Existing::Keep => file.persist_noclobber(path),
            Existing::Overwrite => file.persist(path),
        };
        match moved {
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                return Err(Error::Exists { path: path.to_owned() });
            }
            moved => moved.map_err(|error| io(path, WRITE)(error.error))?,
        }
        // The move itself must survive a power cut too.
        File::open(folder_of(path)).and_then(|folder| folder.sync_all()).map_err(io(path, WRITE))?;
        Ok(bytes)
    }
}

// As `what_is` calls them.
const FILE: &str = "a file";
const FOLDER: &str = "a folder";
const WRITE: &str = "write the file";

/// What stands at a path, behind any link.
fn found(path: &Path) -> Option<&'static str> {
    match fs::metadata(path) {
        Ok(metadata) => Some(what_is(&metadata)),
        Err(_) => path.is_symlink().then_some("a link that leads nowhere"),
    }
}

fn is_empty(folder: &Path) -> Result<bool, Error> {
    Ok(fs::read_dir(folder).map_err(io(folder, "list the folder"))?.next().is_none())
}

fn io(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| fer_artifact::Error::Io { path, action, source }.into()
}
