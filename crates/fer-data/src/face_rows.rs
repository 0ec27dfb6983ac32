//! Faces in the rows of a table, whatever their labels.

use std::path::Path;

use fer_artifact::Size;
use fer_imgproc::Picture;
use rayon::prelude::*;

use crate::columns::{Columns, Row, first_square};
use crate::csv::{Opened, open};
use crate::unpacked::Expansion;
use crate::{Error, RowProblem, parquet, pixels, shards};

/// How the name of a CSV file ends, packed or not.
const ENDINGS: [&str; 8] = [".csv", ".tsv", ".csv.gz", ".tsv.gz", ".csv.zst", ".tsv.zst", ".csv.zip", ".tsv.zip"];

/// A row of a table.
#[derive(Debug)]
pub struct FaceRow {
    /// The row, from 0.
    pub row: u32,
    /// The row's first line in a CSV file, from 1.
    pub line: Option<u64>,
    /// Its image, or what is wrong with the row.
    pub image: Result<RowImage, RowProblem>,
}

/// The image of a row.
#[derive(Debug)]
pub enum RowImage {
    /// A square of gray pixels, of one size in all rows of a CSV file: one face.
    Face(Picture),
    /// The file of a picture, which is not decoded yet: as any picture, it may be a face or a photograph.
    File(Vec<u8>),
}

/// Whether there is a file with the name of a table of faces: `faces.csv`, `faces.tsv`, or either with `.gz`, `.zst` or
/// `.zip` behind it; `faces.parquet`.
pub fn is_table(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let is_csv = ENDINGS.iter().any(|ending| name.ends_with(ending));
    (is_csv || shards::is_called_parquet(path)) && path.is_file()
}

/// Reads the images of the rows of a CSV or Parquet file and hands them to `judge` in order, up to `at_a_time` rows in a
/// call. Labels may stand beside them or not. Memory does not grow with the number of rows. Returns the names of the other
/// files in an archive, which are not read.
///
/// # Errors
/// Any variant of [`Error`] that concerns such a file but [`Error::Row`], perhaps after calls of `judge`; and what `judge`
/// returns.
///
/// # Panics
/// From row 2³² on, and for no rows at a time.
pub fn read_faces<E: From<Error>>(
    path: &Path,
    at_a_time: usize,
    mut judge: impl FnMut(Vec<FaceRow>) -> Result<(), E>,
) -> Result<Vec<String>, E> {
    if shards::is_called_parquet(path) {
        return parquet::read_rows(path, at_a_time, judge).map(|()| vec![]);
    }
    let Opened { mut blocks, first, separator, names } = open(path, Expansion::FIXED)?;
    let columns = Columns::of_pixels(path, separator, &names)?;
    let mut reader = Reader { columns: &columns, side: None, rows: 0 };
    let mut next = Ok(first);
    // Rows that do not fill a call yet.
    let mut waiting = vec![];
    let read = loop {
        let block = match next {
            Ok(Some(block)) => block,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        let judged = columns.with_rows(path, &block, |rows| {
            rows.chunks(at_a_time).zip(block.lines.chunks(at_a_time)).try_for_each(|(rows, lines)| {
                waiting.extend(reader.faces(rows, lines));
                if waiting.len() < at_a_time {
                    return Ok(());
                }
                let rest = waiting.split_off(at_a_time);
                judge(std::mem::replace(&mut waiting, rest))
            })
        });
        match judged {
            Ok(judged) => judged?,
            Err(error) => break Err(error),
        }
        next = blocks.next();
    };
    // What was read before an error in the file counts.
    if !waiting.is_empty() {
        judge(waiting)?;
    }
    read?;
    match reader.rows {
        0 => Err(Error::NoRows { path: path.to_owned(), unit: "row after the header" }.into()),
        _ => Ok(blocks.others().to_vec()),
    }
}

struct Reader<'a> {
    columns: &'a Columns,
    /// Side of every face, once a row has set it.
    side: Option<usize>,
    /// Number of rows so far.
    rows: u32,
}

impl Reader<'_> {
    /// The faces of the next rows, which begin on these lines.
    fn faces(&mut self, rows: &[Row<'_>], lines: &[u64]) -> Vec<FaceRow> {
        let first = self.side.map(|side| (0, side)).or_else(|| first_square(rows));
        let side = |index| first.filter(|&(from, _)| index >= from).map(|(_, side)| side);
        let (columns, before) = (self.columns, self.rows);
        self.side = first.map(|(_, side)| side);
        self.rows =
            u32::try_from(rows.len()).ok().and_then(|more| before.checked_add(more)).expect("fewer than 2^32 rows");
        let face = |(index, (row, &line))| FaceRow {
            row: before + index as u32,
            line: Some(line),
            image: face(row, side(index), columns).map(RowImage::Face),
        };
        rows.par_iter().zip(lines).enumerate().map(face).collect()
    }
}

/// The face of a row, if it has this side.
fn face(row: &Row<'_>, side: Option<usize>, columns: &Columns) -> Result<Picture, RowProblem> {
    columns.check_end(row)?;
    let pixels = pixels::read(&row.text(), side.map(|side| side * side))?;
    let side = pixels.len().isqrt();
    let size = Size::new(side, side).expect("the longest row is too short for a larger side");
    Ok(Picture::from_gray(pixels, size).expect("a square of pixels"))
}
