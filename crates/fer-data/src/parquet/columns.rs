//! The columns of a Parquet file that are read, and what stands in their rows.

use std::borrow::Cow;
use std::fmt::{Display, Write};
use std::ops::Range;

use polars::prelude::{AnyValue, DataType, Series};

use super::file::{Holds, ParquetFile};
use crate::columns::column;
use crate::table::{Request, Splits};
use crate::{Error, Group, ParquetSource, RowProblem};

const IMAGES: [&str; 5] = ["image", "img_bytes", "img", "pixels", "feature"];
const LABELS: [&str; 5] = ["label", "labels", "emotion", "expression", "class"];
const SPLITS: [&str; 2] = ["split", "Usage"];

/// The columns that are read.
pub(crate) struct Columns {
    pub(crate) image: String,
    holds: Holds,
    /// Not read to predict.
    pub(crate) label: Option<String>,
    /// What the numbers of the labels mean, where the file says it.
    class_names: Option<Vec<String>>,
    pub(crate) split: Option<String>,
    pub(crate) group: Option<String>,
}

impl Columns {
    /// Finds the columns of a file; `has_split` says whether its name says the split.
    pub(crate) fn find(
        file: &ParquetFile<'_>,
        source: &ParquetSource,
        request: &Request<'_>,
        has_split: bool,
    ) -> Result<Self, Error> {
        let names = file.names();
        let find = |given: &Option<String>, usual: &[&str], content, parameter| {
            let found = column(file.path, &names, given.as_deref(), usual, content, Some(parameter));
            found.map(|column| column.name)
        };
        let label = request.labels.column(|| find(&source.label_column, &LABELS, "labels", "label_column"))?;
        let split = match (request.splits, find(&source.split_column, &SPLITS, "splits", "split_column")) {
            (Splits::Ignore, _) => None,
            (Splits::Read, Err(error)) if !has_split => return Err(error),
            (_, Err(error)) if source.split_column.is_some() => return Err(error),
            (_, found) => found.ok(),
        };
        let group = match request.group {
            Some(Group::Column(name)) => Some(find(&Some(name.clone()), &[], "groups", "group")?),
            _ => None,
        };
        let only_text = |name: &String| match file.holds(name) {
            Ok(Holds::Text | Holds::Numbers) => Ok(()),
            other => Err(another(file, name, "text or numbers", other)),
        };
        [label.as_ref(), split.as_ref(), group.as_ref()].into_iter().flatten().try_for_each(only_text)?;
        let class_names = label.as_ref().and_then(|label| file.class_names(label));
        Ok(Self { label, class_names, split, group, ..Self::of_images(file, &source.image_column)? })
    }

    /// Finds the column of images and no others.
    pub(crate) fn of_images(file: &ParquetFile<'_>, given: &Option<String>) -> Result<Self, Error> {
        let names = file.names();
        let image = column(file.path, &names, given.as_deref(), &IMAGES, "images", Some("image_column"))?.name;
        let holds = match file.holds(&image) {
            Ok(Holds::Numbers) => return Err(another(file, &image, PICTURES, Ok(Holds::Numbers))),
            other => other.map_err(|found| another(file, &image, PICTURES, Err(found)))?,
        };
        Ok(Self { image, holds, label: None, class_names: None, split: None, group: None })
    }

    /// The labels alone.
    pub(crate) fn labels(&self, file: &ParquetFile<'_>, rows: Range<usize>) -> Result<Vec<String>, Error> {
        let Some(label) = &self.label else { return Ok(vec![]) };
        let read = file.read(&[label], rows)?;
        let text = |index| cell(&read[0], index).map(|text| self.label(&text).unwrap_or(text).into_owned());
        Ok((0..read[0].len()).filter_map(text).collect())
    }

    /// The name of a class, where the file names its numbers, or the label as it is.
    fn label<'a>(&'a self, text: &Cow<'a, str>) -> Option<Cow<'a, str>> {
        match &self.class_names {
            None => Some(text.clone()),
            Some(names) => match text.parse::<i64>() {
                Err(_) => Some(text.clone()),
                Ok(number) => Some(names.get(usize::try_from(number).ok()?)?.into()),
            },
        }
    }

    /// Reads some rows.
    pub(crate) fn read(&self, file: &ParquetFile<'_>, rows: Range<usize>) -> Result<Rows<'_>, Error> {
        let others = [&self.label, &self.split, &self.group].map(|name| name.as_deref());
        let names: Vec<&str> = std::iter::once(&*self.image).chain(others.into_iter().flatten()).collect();
        let mut read = file.read(&names, rows)?.into_iter();
        let image = read.next().expect("a column for each name");
        let mut next = |name: Option<&str>| name.and_then(|_| read.next());
        let [label, split, group] = others.map(&mut next);
        let inner = |name: &str| -> Result<Series, Error> {
            let fields = image.struct_().and_then(|fields| fields.field_by_name(name));
            fields.map_err(|error| Error::Parquet { path: file.path.to_owned(), source: error.into() })
        };
        let (images, paths) = match self.holds {
            Holds::Pictures { path } => (inner("bytes")?, path.then(|| inner("path")).transpose()?),
            _ => (image, None),
        };
        Ok(Rows { columns: self, images, paths, label, split, group })
    }
}

const PICTURES: &str = "pictures (bytes, or a struct with `bytes`), or pixels as text or lists of whole numbers";

/// The column holds something else.
fn another(file: &ParquetFile<'_>, name: &str, expected: &'static str, found: Result<Holds, String>) -> Error {
    let found = found.map_or_else(|of| of, |holds| format!("{holds:?}")).to_lowercase();
    Error::ColumnType { path: file.path.to_owned(), column: name.to_owned(), expected, found }
}

/// Some rows.
pub(crate) struct Rows<'a> {
    columns: &'a Columns,
    images: Series,
    paths: Option<Series>,
    label: Option<Series>,
    split: Option<Series>,
    group: Option<Series>,
}

/// What stands in the column of images.
pub(crate) enum Image<'a> {
    /// A picture's file.
    File(&'a [u8]),
    /// Pixels as text.
    Pixels(Cow<'a, str>),
}

impl Rows<'_> {
    pub(crate) fn len(&self) -> usize {
        self.images.len()
    }

    /// The label, as a name where the file names its numbers; empty where there is none.
    pub(crate) fn label(&self, index: usize, classes: &[String]) -> Result<Cow<'_, str>, RowProblem> {
        let text = self.label.as_ref().and_then(|label| cell(label, index)).unwrap_or_default();
        // A number without a name is no number of the source's: the hub writes -1 where it has no label.
        let missing = || RowProblem::Label { classes: classes.to_vec(), found: text.to_string() };
        self.columns.label(&text).ok_or_else(missing)
    }

    pub(crate) fn split(&self, index: usize) -> Option<Cow<'_, str>> {
        self.split.as_ref().map(|split| cell(split, index).unwrap_or_default())
    }

    pub(crate) fn group(&self, index: usize) -> Option<Cow<'_, str>> {
        self.group.as_ref().and_then(|group| cell(group, index))
    }

    /// The picture's name, where it has one.
    pub(crate) fn name(&self, index: usize) -> Option<Cow<'_, str>> {
        self.paths.as_ref().and_then(|paths| cell(paths, index))
    }

    pub(crate) fn image(&self, index: usize) -> Result<Image<'_>, RowProblem> {
        let missing = || RowProblem::NoImage { path: self.name(index).map(Cow::into_owned) };
        match self.images.get(index) {
            Ok(AnyValue::Binary(bytes)) => Ok(Image::File(bytes)),
            Ok(AnyValue::String(pixels)) => Ok(Image::Pixels(pixels.into())),
            Ok(AnyValue::List(values)) => Ok(Image::Pixels(listed(&values).into())),
            _ => Err(missing()),
        }
    }
}

/// A list of numbers as text. A number that is missing must not pull the others into its place.
fn listed(values: &Series) -> String {
    match (values.dtype(), values.cast(&DataType::Int64)) {
        (DataType::Float32 | DataType::Float64, _) | (_, Err(_)) => {
            joined(values.iter().map(|value| (!value.is_null()).then_some(value)))
        }
        (_, Ok(whole)) => joined(whole.i64().into_iter().flat_map(|numbers| numbers.iter())),
    }
}

fn joined(values: impl Iterator<Item = Option<impl Display>>) -> String {
    let mut text = String::new();
    for value in values {
        match value {
            Some(value) => write!(text, "{value} ").expect("a text takes all"),
            None => text.push_str("nothing "),
        }
    }
    text
}

/// What stands in a row as text, without white space around it; whole numbers without a fraction. `None` for nothing.
fn cell(column: &Series, index: usize) -> Option<Cow<'_, str>> {
    match column.get(index).ok()? {
        AnyValue::Null => None,
        AnyValue::String(text) => Some(text.trim().into()),
        AnyValue::Float64(number) => number_text(number),
        AnyValue::Float32(number) => number_text(number.into()),
        other => Some(other.to_string().into()),
    }
}

/// Labels become such numbers where some are missing.
fn number_text(number: f64) -> Option<Cow<'static, str>> {
    match number {
        _ if number.is_nan() => None,
        _ if number.fract() == 0.0 && number.abs() < 1e15 => Some(format!("{number:.0}").into()),
        _ => Some(number.to_string().into()),
    }
}
