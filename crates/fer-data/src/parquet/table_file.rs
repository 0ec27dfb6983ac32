//! A table of any columns, written to a Parquet file row by row. The only file that knows polars' writer of Parquet.

use std::io;
use std::mem::take;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use fer_artifact::{Digest, write_atomic};
use polars::prelude::{Column, DataFrame, DataType, Field, ParquetWriter, Schema};

use crate::Error;

/// Rows of a row group: so many are in memory.
const ROWS: usize = 8192;
/// Row groups that wait to be written.
const WAITING: usize = 1;

/// What a column of a [`TableFile`] holds. Any of its cells may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// Numbers: `double`.
    Number,
    /// Whole numbers: `int64`.
    Whole,
    /// Text: `string`.
    Text,
}

/// A cell of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Empty,
    /// A number.
    Number(f64),
    /// A whole number.
    Whole(i64),
    /// A text.
    Text(&'a str),
}

/// A Parquet file that is written row by row, in memory that does not grow with the number of rows. It is beside its place until
/// [`Self::finish`], and gone if that is never called.
#[derive(Debug)]
pub struct TableFile {
    path: PathBuf,
    columns: Vec<(String, Values)>,
    rows: usize,
    writing: Option<Writing>,
}

/// What is written by a thread: compressing takes a while.
#[derive(Debug)]
struct Writing {
    groups: SyncSender<Message>,
    thread: JoinHandle<Result<Digest, fer_artifact::Error>>,
}

#[derive(Debug)]
enum Message {
    Group(DataFrame),
    End,
}

/// The cells of a column that are not handed on yet.
#[derive(Debug)]
enum Values {
    Number(Vec<Option<f64>>),
    Whole(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
}

impl TableFile {
    /// Begins a file with these columns, whose names differ.
    pub fn begin(path: &Path, columns: &[(String, CellKind)]) -> Self {
        let (groups, receiver) = sync_channel(WAITING);
        let fields = columns.iter().map(|(name, kind)| Field::new(name.as_str().into(), kind.of_polars()));
        let (schema, target): (Schema, _) = (fields.collect(), path.to_owned());
        let thread = thread::spawn(move || write_atomic(&target, |out| write(out, &schema, &receiver)));
        let columns = columns.iter().map(|(name, kind)| (name.clone(), kind.values())).collect();
        Self { path: path.to_owned(), columns, rows: 0, writing: Some(Writing { groups, thread }) }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`Error::Artifact`] if the file cannot be written; no further row is taken then.
    ///
    /// # Panics
    /// If the cells are not those of the columns, in number and kind.
    pub fn push(&mut self, cells: &[Cell<'_>]) -> Result<(), Error> {
        assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        self.columns.iter_mut().zip(cells).for_each(|((_, values), &cell)| values.push(cell));
        self.rows += 1;
        if self.rows == ROWS { self.hand_on() } else { Ok(()) }
    }

    /// Completes the file and puts it in its place.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(mut self) -> Result<(), Error> {
        if self.rows > 0 {
            self.hand_on()?;
        }
        self.send(Message::End)?;
        self.joined()
    }

    fn hand_on(&mut self) -> Result<(), Error> {
        let column = |(name, values): &mut (String, Values)| values.take_column(name);
        let columns: Vec<Column> = self.columns.iter_mut().map(column).collect();
        let group =
            DataFrame::new(take(&mut self.rows), columns).expect("columns of one length with names that differ");
        self.send(Message::Group(group))
    }

    fn send(&mut self, message: Message) -> Result<(), Error> {
        match &self.writing {
            Some(writing) if writing.groups.send(message).is_ok() => Ok(()),
            // The thread says why it takes no more.
            _ => self.joined(),
        }
    }

    fn joined(&mut self) -> Result<(), Error> {
        let failed = || Error::io(&self.path, "write the file")(io::Error::other("its writer has failed"));
        let Some(Writing { groups, thread }) = self.writing.take() else { return Err(failed()) };
        drop(groups);
        thread.join().map_err(|_| failed())??;
        Ok(())
    }
}

/// What is half done is removed before the program goes on.
impl Drop for TableFile {
    fn drop(&mut self) {
        if self.writing.is_some() {
            let _ = self.joined();
        }
    }
}

fn write(out: &mut dyn io::Write, schema: &Schema, groups: &Receiver<Message>) -> io::Result<()> {
    let mut writer = ParquetWriter::new(out).batched(schema).map_err(io::Error::other)?;
    loop {
        match groups.recv() {
            Ok(Message::Group(group)) => writer.write_batch(&group).map_err(io::Error::other)?,
            Ok(Message::End) => return writer.finish().map(|_| ()).map_err(io::Error::other),
            Err(_) => return Err(io::Error::other("it was given up")),
        }
    }
}

impl CellKind {
    fn of_polars(self) -> DataType {
        match self {
            Self::Number => DataType::Float64,
            Self::Whole => DataType::Int64,
            Self::Text => DataType::String,
        }
    }

    fn values(self) -> Values {
        match self {
            Self::Number => Values::Number(vec![]),
            Self::Whole => Values::Whole(vec![]),
            Self::Text => Values::Text(vec![]),
        }
    }
}

impl Values {
    fn push(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Self::Number(values), Cell::Empty) => values.push(None),
            (Self::Whole(values), Cell::Empty) => values.push(None),
            (Self::Text(values), Cell::Empty) => values.push(None),
            (Self::Number(values), Cell::Number(value)) => values.push(Some(value)),
            (Self::Whole(values), Cell::Whole(value)) => values.push(Some(value)),
            (Self::Text(values), Cell::Text(value)) => values.push(Some(value.to_owned())),
            (values, cell) => panic!("a cell of the column's kind, {values:?}, not {cell:?}"),
        }
    }

    fn take_column(&mut self, name: &str) -> Column {
        match self {
            Self::Number(values) => Column::new(name.into(), take(values)),
            Self::Whole(values) => Column::new(name.into(), take(values)),
            Self::Text(values) => Column::new(name.into(), take(values)),
        }
    }
}
