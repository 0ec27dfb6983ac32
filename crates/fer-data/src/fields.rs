//! Taking rows of CSV apart into fields of text: the only file that knows polars' reader of CSV.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{CsvParseOptions, CsvReadOptions, DataFrame, DataType, Schema, SerReader};

use crate::Error;
use crate::blocks::Block;

/// Most columns of a file: polars needs some hundred bytes for each. Enough for a column a pixel.
const MOST_COLUMNS: usize = 20_000;
/// Some programs begin every piece of text with it, and polars drops it at the beginning of a block alone.
const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// The column names in a header, a row like any other: polars would rename those that stand there twice.
pub(crate) fn names(path: &Path, header: &Block, separator: u8) -> Result<Vec<String>, Error> {
    let count = 1 + separators(&header.bytes, separator);
    if count > MOST_COLUMNS {
        return Err(Error::TooManyColumns { path: path.to_owned(), limit: MOST_COLUMNS, found: count });
    }
    let columns: Vec<usize> = (0..count).collect();
    let fields = Fields::split(path, header, separator, count, &columns)?;
    Ok(columns.into_iter().map(|index| fields.column(index)[0].to_owned()).collect())
}

/// Number of these separators outside of quotes.
pub(crate) fn separators(row: &[u8], separator: u8) -> usize {
    let (mut count, mut quoted) = (0, false);
    for at in memchr::memchr2_iter(separator, b'"', row) {
        match row[at] {
            b'"' => quoted = !quoted,
            _ => count += usize::from(!quoted),
        }
    }
    count
}

/// Some columns of some rows.
pub(crate) struct Fields(DataFrame);

impl Fields {
    /// Takes a block's rows apart, keeping these of `width` columns. Missing fields are empty, excess ones are ignored.
    pub(crate) fn split(
        path: &Path,
        block: &Block,
        separator: u8,
        width: usize,
        columns: &[usize],
    ) -> Result<Self, Error> {
        let schema: Schema = (0..width).map(|index| (column_name(index).into(), DataType::String)).collect();
        let mut projection = columns.to_vec();
        projection.sort_unstable();
        projection.dedup();
        let parse = CsvParseOptions::default().with_separator(separator).with_truncate_ragged_lines(true);
        let options = CsvReadOptions::default()
            .with_has_header(false)
            .with_schema(Some(Arc::new(schema)))
            .with_projection(Some(Arc::new(projection)))
            .with_parse_options(parse);
        let frame = options.into_reader_with_file_handle(Cursor::new(&block.bytes)).finish();
        let fields = Self(frame.map_err(unreadable(path, &block.lines))?);
        // Every field that is read must be there, or rows would shift against their numbers.
        match columns.iter().map(|&index| fields.column(index).len()).find(|&rows| rows != block.lines.len()) {
            None => Ok(fields),
            Some(rows) => Err(unreadable(path, &block.lines)(format!("found {rows} rows"))),
        }
    }

    /// A column's fields, without the white space, quotes and byte order marks around them.
    ///
    /// # Panics
    /// If the column is none of those kept.
    pub(crate) fn column(&self, index: usize) -> Vec<&str> {
        let fields = self.0.column(&column_name(index)).and_then(|column| column.str());
        let fields = fields.expect("the schema has this column, as strings");
        fields.iter().map(|field| clean(field.unwrap_or_default())).collect()
    }
}

fn column_name(index: usize) -> String {
    index.to_string()
}

fn clean(field: &str) -> &str {
    field.trim_matches(|letter: char| letter.is_ascii_whitespace() || matches!(letter, '"' | BYTE_ORDER_MARK))
}

fn unreadable<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    path: &Path,
    lines: &[u64],
) -> impl FnOnce(E) -> Error {
    let (path, first, last) = (path.to_owned(), lines[0], lines[lines.len() - 1]);
    move |source| Error::Csv { path, first, last, source: source.into() }
}
