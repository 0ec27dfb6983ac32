//! Faces in a CSV file, one a row.

use std::path::Path;

use rayon::prelude::*;

use crate::blocks::{Block, Blocks};
use crate::fields::{self, Fields};
use crate::table::{Face, Request, Splits, Table};
use crate::{BadRow, Classes, CsvSource, Error, Place, RowProblem, labels, pixels};

/// Reads all rows of a CSV file. One block is parsed while the next is read and unpacked.
pub(crate) fn read(source: &CsvSource, request: Request<'_>) -> Result<Table, Error> {
    let path = &source.path;
    let mut blocks = Blocks::open(path)?;
    let mut first = blocks.next()?.ok_or_else(|| Error::Empty { path: path.clone() })?;
    let header = fields::names(path, &first.pop_first())?;
    let columns = Columns::find(source, request.splits, header)?;
    let mut reader = Reader { path, request, columns, table: Table::default() };
    let mut next = if first.lines.is_empty() { blocks.next()? } else { Some(first) };
    while let Some(block) = next {
        let (parsed, following) = rayon::join(|| reader.append(&block), || blocks.next());
        parsed?;
        next = following?;
    }
    reader.table.checked(path, "row after the header")
}

/// A column of the file.
struct Column {
    index: usize,
    name: String,
}

/// The columns that are read.
struct Columns {
    label: Column,
    pixels: Column,
    split: Option<Column>,
    /// Number of columns in the header.
    count: usize,
}

impl Columns {
    fn find(source: &CsvSource, splits: Splits, names: Vec<String>) -> Result<Self, Error> {
        let find = |given: &Option<String>, usual: &[&str], content, parameter| {
            let expected = match given {
                Some(name) => vec![name.trim().to_owned()],
                None => usual.iter().map(|&name| name.to_owned()).collect(),
            };
            let position = |wanted: &String| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
            match expected.iter().find_map(position) {
                Some(index) => Ok(Column { index, name: names[index].clone() }),
                None => {
                    let (path, found) = (source.path.clone(), names.clone());
                    Err(Error::MissingColumn { path, content, expected, found, parameter })
                }
            }
        };
        Ok(Self {
            label: find(&source.label_column, &["label", "emotion"], "labels", "label_column")?,
            pixels: find(&source.pixels_column, &["feature", "pixels"], "pixels", "pixels_column")?,
            split: match splits {
                Splits::Read => Some(find(&source.split_column, &["Usage"], "splits", "split_column")?),
                Splits::Ignore => None,
            },
            count: names.len(),
        })
    }

    /// Name of the column in which a problem stands, if it is one.
    fn name_of(&self, problem: &RowProblem) -> Option<String> {
        match problem {
            RowProblem::ExtraField { .. } => None,
            RowProblem::Label { .. } => Some(self.label.name.clone()),
            RowProblem::Split { .. } => self.split.as_ref().map(|column| column.name.clone()),
            _ => Some(self.pixels.name.clone()),
        }
    }

    /// The fields of a block's rows that are read.
    fn rows<'a>(&self, fields: &'a Fields) -> Vec<Row<'a>> {
        let (label, pixels) = (fields.column(self.label.index), fields.column(self.pixels.index));
        let (extra, split) = (fields.column(self.count), self.split.as_ref().map(|column| fields.column(column.index)));
        let row = |index: usize| Row {
            label: label[index],
            pixels: pixels[index],
            split: split.as_ref().map(|split| split[index]),
            extra: extra[index],
        };
        (0..label.len()).map(row).collect()
    }

    fn indices(&self) -> Vec<usize> {
        // The one behind the last column shows rows with too many fields.
        [self.label.index, self.pixels.index, self.count]
            .into_iter()
            .chain(self.split.as_ref().map(|column| column.index))
            .collect()
    }
}

/// The fields of a row that are read.
struct Row<'a> {
    label: &'a str,
    pixels: &'a str,
    split: Option<&'a str>,
    /// What stands behind the last column.
    extra: &'a str,
}

/// Parses block after block into one table.
struct Reader<'a> {
    path: &'a Path,
    request: Request<'a>,
    columns: Columns,
    table: Table,
}

impl Reader<'_> {
    fn append(&mut self, block: &Block) -> Result<(), Error> {
        let fields = Fields::split(self.path, block, self.columns.count + 1, &self.columns.indices())?;
        let rows = self.columns.rows(&fields);
        let before_size = self.set_size(&rows);
        let size = self.table.size.map(|(height, width)| height * width);
        let size_at = |index| size.filter(|_| index >= before_size);
        let face = |(index, row)| face(row, size_at(index), &self.columns, self.request.classes);
        // What is wrong with a row is many times its text: it is asked for again where it is told.
        let faces: Vec<Option<Face>> = rows.par_iter().enumerate().map(|row| face(row).ok()).collect();
        for (index, (found, &line)) in faces.into_iter().zip(&block.lines).enumerate() {
            match found {
                Some(face) => self.table.push(face),
                None => self.table.refuse(self.path, self.request.on_bad_row, |row| {
                    let problem = face((index, &rows[index])).err().expect("the row was refused before");
                    BadRow { row, place: Place::Line { line, column: self.columns.name_of(&problem) }, problem }
                })?,
            }
        }
        Ok(())
    }

    /// Takes the images' size from the first row with as many values as a square has, unless an earlier block had one.
    /// Returns how many of the rows come before it.
    fn set_size(&mut self, rows: &[Row<'_>]) -> usize {
        if self.table.size.is_some() {
            return 0;
        }
        let side = |row: &Row<'_>| pixels::side(pixels::count(row.pixels));
        let first = rows.iter().enumerate().find_map(|(index, row)| side(row).map(|side| (index, side)));
        self.table.size = first.map(|(_, side)| (side, side));
        first.map_or(rows.len(), |(index, _)| index)
    }
}

/// What a row holds; `size` is the number of its pixels, once a row has set it.
fn face(row: &Row<'_>, size: Option<usize>, columns: &Columns, classes: &Classes) -> Result<Face, RowProblem> {
    if !row.extra.is_empty() {
        return Err(RowProblem::ExtraField { expected: columns.count, found: row.extra.to_owned() });
    }
    let label = labels::label(row.label, classes)?;
    let split = row.split.map(labels::split).transpose()?;
    match size.and_then(|size| pixels::parse(row.pixels, size)) {
        Some(pixels) => Ok(Face { label, split, pixels }),
        None => Err(pixels::problem(row.pixels, size)),
    }
}
