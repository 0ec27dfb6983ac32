//! Images in a Parquet file, whatever their labels.

use std::path::Path;

use fer_imgproc::Picture;

use super::columns::{Columns, Image};
use super::file::ParquetFile;
use crate::gray::Gray;
use crate::{Error, FaceRow, RowImage};

/// Reads the images of a file's rows and hands them to `judge` in order, up to `at_a_time` in a call.
///
/// # Panics
/// From row 2³² on, and for no rows at a time.
pub(crate) fn read_rows<E: From<Error>>(
    path: &Path,
    at_a_time: usize,
    mut judge: impl FnMut(Vec<FaceRow>) -> Result<(), E>,
) -> Result<(), E> {
    let file = ParquetFile::open(path)?;
    let columns = Columns::of_images(&file, &None)?;
    let mut count = 0;
    for part in file.parts() {
        let rows = columns.read(&file, part.clone())?;
        let row = |index: usize| FaceRow {
            row: u32::try_from(part.start + index).expect("fewer than 2^32 rows"),
            line: None,
            image: rows.image(index).and_then(|image| match image {
                Image::File(bytes) => Ok(RowImage::File(bytes.to_vec())),
                Image::Pixels(text) => Gray::of_text(&text).map(|face| {
                    RowImage::Face(Picture::from_gray(face.pixels, face.size).expect("a square of pixels"))
                }),
            }),
        };
        let all: Vec<usize> = (0..rows.len()).collect();
        all.chunks(at_a_time).try_for_each(|some| judge(some.iter().map(|&index| row(index)).collect()))?;
        count += rows.len();
    }
    match count {
        0 => Err(Error::NoRows { path: path.to_owned(), unit: "row" }.into()),
        _ => Ok(()),
    }
}
