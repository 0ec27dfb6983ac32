//! The columns of a CSV file: what stands between them, and which of them are read.

use std::borrow::Cow;
use std::path::Path;

use crate::blocks::Block;
use crate::fields::{self, Fields};
use crate::table::{Request, Splits};
use crate::{CsvSource, Error, Group, RowProblem, pixels};

const COMMA: u8 = b',';
/// What stands between fields where it is no comma.
const OTHER_SEPARATORS: [u8; 2] = [b';', b'\t'];
/// How names of columns of a single pixel begin, before the pixel's number.
const PIXEL_PREFIXES: [&str; 5] = ["pixel", "pixel_", "pixel ", "px", ""];

/// Takes the header out of a file's first block: what stands between its fields, and the names of the columns. A first
/// row `sep=;`, as spreadsheets write it, says the separator; otherwise it is the comma, or the semicolon or tab of a
/// header without commas. `None` for a file without a header.
pub(crate) fn header(path: &Path, first: &mut Block) -> Result<Option<(u8, Vec<String>)>, Error> {
    let mut row = first.pop_first();
    let told = match row.bytes.trim_ascii() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator] => Some(*separator),
        _ => None,
    };
    if told.is_some() {
        if first.lines.is_empty() {
            return Ok(None);
        }
        row = first.pop_first();
    }
    let is_there = |separator: &u8| fields::separators(&row.bytes, *separator) > 0;
    let guess = || [COMMA].into_iter().chain(OTHER_SEPARATORS).find(is_there).unwrap_or(COMMA);
    let separator = told.unwrap_or_else(guess);
    Ok(Some((separator, fields::names(path, &row, separator)?)))
}

/// A column of the file.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) index: usize,
    pub(crate) name: String,
}

/// Where the pixels of a row stand.
#[derive(Debug)]
enum Pixels {
    /// In one column.
    One(Column),
    /// Each in a column of its own, the first pixel's first.
    Each(Vec<Column>),
}

/// The columns that are read.
#[derive(Debug)]
pub(crate) struct Columns {
    label: Option<Column>,
    pixels: Pixels,
    split: Option<Column>,
    group: Option<Column>,
    report_by: Vec<Column>,
    separator: u8,
    /// Number of columns in the header.
    pub(crate) count: usize,
}

/// The fields of a row that are read.
pub(crate) struct Row<'a> {
    /// Empty where labels are not read.
    pub(crate) label: &'a str,
    /// One field, or one a pixel.
    pub(crate) pixels: Vec<&'a str>,
    pub(crate) split: Option<&'a str>,
    pub(crate) group: Option<&'a str>,
    /// The values of the columns that are noted.
    pub(crate) values: Vec<&'a str>,
    /// What stands behind the last column.
    pub(crate) extra: &'a str,
}

impl<'a> Row<'a> {
    /// The pixels as one text.
    pub(crate) fn text(&self) -> Cow<'a, str> {
        match self.pixels.as_slice() {
            [one] => Cow::Borrowed(one),
            // A pixel that is missing must not pull the others into its place.
            each => {
                let there = |pixel: &&'a str| if pixel.is_empty() { "nothing" } else { *pixel };
                each.iter().map(there).collect::<Vec<_>>().join(" ").into()
            }
        }
    }
}

/// The first of these rows with as many pixels as a square has, and the square's side.
pub(crate) fn first_square(rows: &[Row<'_>]) -> Option<(usize, usize)> {
    let side = |row: &Row<'_>| pixels::side(pixels::count(&row.text()));
    rows.iter().enumerate().find_map(|(index, row)| Some((index, side(row)?)))
}

impl Columns {
    /// Finds the columns in a header.
    pub(crate) fn find(
        source: &CsvSource,
        request: &Request<'_>,
        separator: u8,
        names: Vec<String>,
    ) -> Result<Self, Error> {
        let path = &source.path;
        let find = |given: &Option<String>, usual: &[&str], content, parameter| {
            column(path, &names, given.as_deref(), usual, content, Some(parameter))
        };
        Ok(Self {
            label: (request.labels)
                .column(|| find(&source.label_column, &["label", "emotion"], "labels", "label_column"))?,
            pixels: match &source.pixels_column {
                Some(name) => Pixels::One(find(&Some(name.clone()), &[], "pixels", "pixels_column")?),
                None => pixels_among(path, &names, Some("pixels_column"))?,
            },
            split: match (request.splits, find(&source.split_column, &["Usage"], "splits", "split_column")) {
                (Splits::Read, found) => Some(found?),
                // A column that is called by name must be there.
                (Splits::Note, Err(error)) if source.split_column.is_some() => return Err(error),
                (Splits::Note, found) => found.ok(),
                (Splits::Ignore, _) => None,
            },
            group: match request.group {
                Some(Group::Column(name)) => Some(find(&Some(name.clone()), &[], "groups", "group")?),
                _ => None,
            },
            report_by: (request.report_by.iter())
                .map(|name| find(&Some(name.clone()), &[], "values to report by", "report_by"))
                .collect::<Result<_, _>>()?,
            separator,
            count: names.len(),
        })
    }

    /// Finds the columns of pixels in a header, and no others.
    pub(crate) fn of_pixels(path: &Path, separator: u8, names: &[String]) -> Result<Self, Error> {
        let pixels = pixels_among(path, names, None)?;
        Ok(Self { label: None, pixels, split: None, group: None, report_by: vec![], separator, count: names.len() })
    }

    /// That a row has no more fields than the header.
    pub(crate) fn check_end(&self, row: &Row<'_>) -> Result<(), RowProblem> {
        match row.extra {
            "" => Ok(()),
            found => Err(RowProblem::ExtraField { expected: self.count, found: found.to_owned() }),
        }
    }

    /// Name of the column in which a problem of this row stands, if it is one.
    pub(crate) fn name_of(&self, problem: &RowProblem) -> Option<String> {
        let column = match (problem, &self.pixels) {
            (RowProblem::ExtraField { .. }, _) => None,
            (RowProblem::Label { .. } | RowProblem::LabelNumber { .. }, _) => self.label.as_ref(),
            (RowProblem::Split { .. }, _) => self.split.as_ref(),
            (RowProblem::NoGroup, _) => self.group.as_ref(),
            (_, Pixels::One(column)) => Some(column),
            (RowProblem::PixelValue { position, .. }, Pixels::Each(columns)) => columns.get(*position),
            (_, Pixels::Each(_)) => None,
        };
        column.map(|column| column.name.clone())
    }

    /// The fields of a block's rows that are read, handed to `read`.
    pub(crate) fn with_rows<T>(
        &self,
        path: &Path,
        block: &Block,
        read: impl FnOnce(&[Row<'_>]) -> T,
    ) -> Result<T, Error> {
        let fields = Fields::split(path, block, self.separator, self.count + 1, &self.indices())?;
        let extra = fields.column(self.count);
        let optional = |column: &Option<Column>| column.as_ref().map(|column| fields.column(column.index));
        let (label, split, group) = (optional(&self.label), optional(&self.split), optional(&self.group));
        let values: Vec<Vec<&str>> = self.report_by.iter().map(|column| fields.column(column.index)).collect();
        let pixels: Vec<Vec<&str>> = match &self.pixels {
            Pixels::One(column) => vec![fields.column(column.index)],
            Pixels::Each(columns) => columns.iter().map(|column| fields.column(column.index)).collect(),
        };
        let row = |index: usize| Row {
            label: label.as_ref().map_or("", |label| label[index]),
            pixels: pixels.iter().map(|column| column[index]).collect(),
            split: split.as_ref().map(|split| split[index]),
            group: group.as_ref().map(|group| group[index]),
            values: values.iter().map(|column| column[index]).collect(),
            extra: extra[index],
        };
        Ok(read(&(0..extra.len()).map(row).collect::<Vec<_>>()))
    }

    fn indices(&self) -> Vec<usize> {
        let pixels = match &self.pixels {
            Pixels::One(column) => std::slice::from_ref(column),
            Pixels::Each(columns) => columns,
        };
        // The one behind the last column shows rows with too many fields.
        let others = [&self.label, &self.split, &self.group].into_iter().flatten().chain(&self.report_by);
        [self.count].into_iter().chain(pixels.iter().chain(others).map(|column| column.index)).collect()
    }
}

/// The column of a header that is called so, or else by a usual name.
pub(crate) fn column(
    path: &Path,
    names: &[String],
    given: Option<&str>,
    usual: &[&str],
    content: &'static str,
    parameter: Option<&'static str>,
) -> Result<Column, Error> {
    let expected = match given {
        Some(name) => vec![name.trim().to_owned()],
        None => usual.iter().map(|&name| name.to_owned()).collect(),
    };
    let position = |wanted: &String| names.iter().position(|name| name.eq_ignore_ascii_case(wanted));
    match expected.iter().find_map(position) {
        Some(index) => Ok(Column { index, name: names[index].clone() }),
        None => {
            let (path, found) = (path.to_owned(), names.to_vec());
            Err(Error::MissingColumn { path, content, expected, found, parameter })
        }
    }
}

/// The column of pixels by its usual names, or else those of single pixels.
fn pixels_among(path: &Path, names: &[String], parameter: Option<&'static str>) -> Result<Pixels, Error> {
    let one = column(path, names, None, &["feature", "pixels"], "pixels", parameter);
    one.map(Pixels::One).or_else(|error| pixel_columns(names).map(Pixels::Each).ok_or(error))
}

/// The columns of single pixels, if the header has them: at least four, of one prefix, numbered from 0 or 1 without a gap.
fn pixel_columns(names: &[String]) -> Option<Vec<Column>> {
    PIXEL_PREFIXES.iter().find_map(|prefix| {
        let number = |name: &str| {
            let (start, digits) = name.split_at_checked(prefix.len())?;
            let is_number = start.eq_ignore_ascii_case(prefix) && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| digits.parse::<usize>().ok()).flatten()
        };
        let named = names.iter().enumerate().filter_map(|(index, name)| Some((number(name)?, index)));
        let mut numbered: Vec<(usize, usize)> = named.collect();
        numbered.sort_unstable();
        let first = numbered.first()?.0;
        let without_gap = numbered.iter().enumerate().all(|(place, (number, _))| *number == first + place);
        let columns = numbered.iter().map(|&(_, index)| Column { index, name: names[index].clone() });
        (numbered.len() >= 4 && first <= 1 && without_gap).then(|| columns.collect())
    })
}
