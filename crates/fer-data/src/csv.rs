//! Faces in a CSV file, one a row.

use std::path::Path;

use fer_artifact::Size;
use fer_imgproc::resize;
use rayon::prelude::*;

use crate::blocks::{Block, Blocks};
use crate::columns::{self, Columns, Row, first_square};
use crate::face::{Face, Image};
use crate::labels::{self, Meaning};
use crate::table::{Request, Splits, Table};
use crate::unpacked::Expansion;
use crate::{BadRow, CsvSource, Error, OnBadRow, Place, RowProblem, pixels};

/// Reads all rows of a CSV file. One block is parsed while the next is read and unpacked.
pub(crate) fn read(source: &CsvSource, request: &Request<'_>) -> Result<Table, Error> {
    let path = &source.path;
    let Opened { mut blocks, first: mut next, separator, names } = open(path, Expansion::of_source(source.expansion))?;
    let columns = Columns::find(source, request, separator, names)?;
    let mut reader = Reader { path, request, columns, table: Table::new(request.scratch) };
    reader.table.left_out.add_all("not read beside the CSV file of the archive", blocks.others());
    while let Some(block) = next {
        let (parsed, following) = rayon::join(|| reader.append(&block), || blocks.next());
        parsed.map_err(|error| with_labels(error, source, request))?;
        next = following?;
    }
    reader.table.digest = blocks.digest();
    reader.table.checked(path, "row after the header")
}

/// A file behind its header.
pub(crate) struct Opened<'a> {
    /// What follows [`Self::first`].
    pub(crate) blocks: Blocks<'a>,
    /// The first rows, if there are any.
    pub(crate) first: Option<Block>,
    pub(crate) separator: u8,
    /// Names of the columns.
    pub(crate) names: Vec<String>,
}

/// Reads a file's header.
pub(crate) fn open(path: &Path, expansion: Expansion) -> Result<Opened<'_>, Error> {
    let empty = || Error::Empty { path: path.to_owned() };
    let mut blocks = Blocks::expanding(path, expansion)?;
    let mut first = blocks.next()?.ok_or_else(empty)?;
    let (separator, names) = columns::header(path, &mut first)?.ok_or_else(empty)?;
    let first = if first.lines.is_empty() { blocks.next()? } else { Some(first) };
    Ok(Opened { blocks, first, separator, names })
}

/// The error with all labels of the file, if a label that is a number brought it about.
fn with_labels(error: Error, source: &CsvSource, request: &Request<'_>) -> Error {
    error.with_labels(request.labels.classes(), || {
        let Opened { mut blocks, first: mut next, separator, names } =
            open(&source.path, Expansion::of_source(source.expansion))?;
        let columns = Columns::find(source, request, separator, names)?;
        let mut found = std::collections::BTreeSet::new();
        while let Some(block) = next {
            columns
                .with_rows(&source.path, &block, |rows| found.extend(rows.iter().map(|row| row.label.to_owned())))?;
            next = blocks.next()?;
        }
        Ok(found)
    })
}

/// Parses block after block into one table.
struct Reader<'a> {
    path: &'a Path,
    request: &'a Request<'a>,
    columns: Columns,
    table: Table,
}

/// A row that is no bad one: a face, or of a label that the classes do not choose.
type Outcome = Option<(Face, Meaning)>;

impl Reader<'_> {
    fn append(&mut self, block: &Block) -> Result<(), Error> {
        let Self { path, request, columns, table } = self;
        columns.with_rows(path, block, |rows| {
            let before_size = set_size(table, rows, request.size);
            let size = table.size.map(Size::area);
            let size_at = |index| size.filter(|_| index >= before_size);
            let face = |(index, row)| face(row, size_at(index), columns, request);
            // What is wrong with a row is many times its text: it is asked for again where it is told.
            let faces: Vec<Result<Outcome, OnBadRow>> = rows
                .par_iter()
                .enumerate()
                .map(|row| face(row).map_err(|problem| request.on_bad_row.of(&problem)))
                .collect();
            for (index, (found, &line)) in faces.into_iter().zip(&block.lines).enumerate() {
                match found {
                    Ok(Some((face, meaning))) => table.push(path, face, meaning, rows[index].label)?,
                    Ok(None) => table.leave_out(rows[index].label),
                    Err(on_bad_row) => table.refuse(path, on_bad_row, |row| {
                        let problem = face((index, &rows[index])).err().expect("the row was refused before");
                        BadRow { row, place: Place::Line { line, column: columns.name_of(&problem) }, problem }
                    })?,
                }
            }
            Ok(())
        })?
    }
}

/// Takes the images' size from the first row with as many values as a square has, unless it is given or an earlier block
/// had one. Returns how many of the rows come before it.
fn set_size(table: &mut Table, rows: &[Row<'_>], given: Option<Size>) -> usize {
    table.size = table.size.or(given);
    if table.size.is_some() {
        return 0;
    }
    let first = first_square(rows);
    table.size = first.and_then(|(_, side)| Size::new(side, side).ok());
    first.map_or(rows.len(), |(index, _)| index)
}

/// What a row holds; `size` is the number of its pixels, once a row has set it.
fn face(row: &Row<'_>, size: Option<usize>, columns: &Columns, request: &Request<'_>) -> Result<Outcome, RowProblem> {
    columns.check_end(row)?;
    let meaning = request.labels.meaning(row.label)?;
    let Some(label) = meaning.class() else { return Ok(None) };
    let split = match row.split.map(labels::split) {
        Some(Err(problem)) if request.splits == Splits::Read => return Err(problem),
        split => split.and_then(Result::ok),
    };
    if row.group.is_some_and(str::is_empty) {
        return Err(RowProblem::NoGroup);
    }
    let group = row.group.map(str::to_owned);
    let values = row.values.iter().map(|value| (*value).to_owned()).collect();
    let text = row.text();
    // Where every image is brought to one size, each row may have its own.
    let own = request.size.and_then(|_| pixels::side(pixels::count(&text)));
    let size = own.map(|side| side * side).or(size.filter(|_| request.size.is_none()));
    let image = Image::new(resized(pixels::read(&text, size)?, own, request.size));
    Ok(Some((Face { label, split, group, values, origin: None, image }, meaning)))
}

fn resized(pixels: Vec<u8>, side: Option<usize>, to: Option<Size>) -> Vec<u8> {
    match (side.and_then(|side| Size::new(side, side).ok()), to) {
        (Some(from), Some(to)) => resize(&pixels, from, to),
        _ => pixels,
    }
}
