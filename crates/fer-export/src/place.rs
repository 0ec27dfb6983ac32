//! Where a model goes, and what may not be lost there.

use std::path::Path;

use crate::{Error, Format};

/// What becomes of a file that stands where another is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is written.
    Keep,
    /// It is overwritten.
    Overwrite,
}

/// That `out` may be written: a file, or for [`Format::HuggingFace`] a folder, of which an empty one loses nothing.
pub(crate) fn check(out: &Path, format: Format, existing: Existing) -> Result<(), Error> {
    let path = || out.to_owned();
    let (is_folder, wants_folder) = (out.is_dir(), format == Format::HuggingFace);
    if out.symlink_metadata().is_err() {
        return Ok(());
    }
    match (wants_folder, is_folder) {
        (true, false) => Err(Error::WrongPlace { path: path(), expected: "a folder", found: "a file" }),
        (false, true) => Err(Error::WrongPlace { path: path(), expected: "a file", found: "a folder" }),
        _ if existing == Existing::Overwrite || is_folder && is_empty(out)? => Ok(()),
        _ => Err(Error::Exists { path: path() }),
    }
}

fn is_empty(folder: &Path) -> Result<bool, fer_artifact::Error> {
    let io = |source| fer_artifact::Error::Io { path: folder.to_owned(), action: "list the folder", source };
    Ok(std::fs::read_dir(folder).map_err(io)?.next().is_none())
}
