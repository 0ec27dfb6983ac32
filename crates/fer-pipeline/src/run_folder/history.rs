//! The history of a training: a line an epoch.

use std::io::ErrorKind;
use std::path::Path;

use fer_artifact::{EpochRecord, RECORD, read_regular_text};

use crate::Error;
use crate::run_folder::folder::io;

/// Whether somebody is writing a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writing {
    /// The last line may not be written to its end; it is left out then.
    UnderWay,
    /// All of it is there.
    Done,
}

/// The epochs of a history; nothing if there is no such file.
///
/// # Errors
/// A file that cannot be read, or [`Error::History`].
pub(crate) fn read_history(path: &Path, writing: Writing) -> Result<Option<Vec<EpochRecord>>, Error> {
    let text = match read_regular_text(path, RECORD) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(path, "read the history")(error)),
    };
    let whole = match writing {
        Writing::UnderWay => text.rfind('\n').map_or("", |end| &text[..end]),
        Writing::Done => text.trim_end(),
    };
    let epoch = |(number, line): (usize, &str)| {
        let wrong = |source| Error::History { path: path.to_owned(), line: number + 1, source };
        serde_json::from_str(line).map_err(wrong)
    };
    whole.lines().enumerate().map(epoch).collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_epoch_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.jsonl");
        assert_eq!(read_history(&path, Writing::Done).unwrap(), None);
        std::fs::write(&path, "{\"epoch\": 1, \"validation").unwrap();
        let error = read_history(&path, Writing::Done).unwrap_err().to_string();
        assert!(error.ends_with("history.jsonl:1: expected an epoch of a training's history"), "{error}");
        assert_eq!(read_history(&path, Writing::UnderWay).unwrap(), Some(vec![]));
    }
}
