use std::path::Path;

use anyhow::{Error, Result};
use fer_artifact::with_causes;
use fer_data::{FaceRow, RowImage, read_faces};
use fer_imgproc::{Beside, Picture, side_by_side};
use fer_predict::Recognizer;

use super::seen::{Seen, faces};
use crate::terminal::to_stderr;

/// Shows the rows of a CSV or Parquet file to `judge`, some at a time and in order, and then why the file could not be read to its
/// end, if so.
pub(super) fn each_row(
    path: &Path,
    recognizer: &Recognizer,
    at_a_time: usize,
    judge: &mut impl FnMut(&[Seen<'_>]) -> Result<()>,
) -> Result<()> {
    let read = read_faces(path, at_a_time, |rows| {
        judge(&side_by_side(&rows, |row, beside| seen(path, row, recognizer, beside)))
    });
    match read.map_err(Error::downcast::<fer_data::Error>) {
        Ok(others) if others.is_empty() => Ok(()),
        Ok(others) => {
            let (path, count) = (path.display(), others.len());
            to_stderr(&format!(
                "{path}: not read beside the CSV file: {count} of the archive's files, the first {}",
                others[0]
            ));
            Ok(())
        }
        Err(Ok(problem)) => judge(&[Seen { path, row: None, outcome: Err(without_path(path, &problem)) }]),
        Err(Err(error)) => Err(error),
    }
}

fn seen<'a>(path: &'a Path, row: &FaceRow, recognizer: &Recognizer, beside: Beside) -> Option<Seen<'a>> {
    let outcome = match &row.image {
        // Pixels are a face; a picture's file is looked at as one that lies in a folder.
        Ok(RowImage::Face(picture)) => Ok(vec![recognizer.whole(picture.clone())]),
        Ok(RowImage::File(bytes)) => faces(Picture::decode_beside(bytes, beside), recognizer)?,
        Err(problem) => Err(row.line.map_or_else(|| problem.to_string(), |line| format!("line {line}: {problem}"))),
    };
    Some(Seen { path, row: Some(row.row), outcome })
}

/// A problem of a file without the file's name, beside which it is printed.
fn without_path(path: &Path, problem: &fer_data::Error) -> String {
    let said = with_causes(problem);
    said.strip_prefix(&format!("{}: ", path.display())).map(str::to_owned).unwrap_or(said)
}
