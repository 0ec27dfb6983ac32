//! Faces in Parquet files, one a row, as the Hugging Face hub has them.

mod columns;
mod file;
mod footer;
mod glance;
mod rows;
mod table_file;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fer_artifact::{Size, Split, with_causes};
use fer_imgproc::{Beside, Picture, side_by_side};

use crate::face::{self, Face};
use crate::gray::{CommonSize, Gray};
use crate::labels::{self, Meaning};
use crate::look::{Seen, Several};
use crate::shards::{self, Shard};
use crate::table::{Request, Splits, Table};
use crate::{BadRow, Error, Group, ParquetSource, Place, RowProblem};
use columns::{Columns, Image, Rows};
use file::ParquetFile;
pub(crate) use glance::{Glance, column_names, glance};
pub(crate) use rows::read_rows;
pub use table_file::{Cell, CellKind, TableFile};

/// Reads all rows of the files.
pub(crate) fn read(source: &ParquetSource, request: &Request<'_>) -> Result<Table, Error> {
    let path = &source.path;
    let (shards, left_out) = shards::of(path)?;
    let reader = Reader { source, request };
    let mut table = Table::new(request.scratch);
    table.left_out = left_out;
    let mut filled = Filled { table, size: CommonSize::default(), several: Several::default() };
    for shard in &shards {
        reader
            .append(shard, &mut filled)
            .map_err(|error| error.with_labels(request.labels.classes(), || reader.labels(&shards)))?;
    }
    let Filled { mut table, size, several } = filled;
    table.size = size.get();
    table.warnings.extend(several.warning(request));
    table.checked(path, "row in a Parquet file (.parquet)")
}

/// The rows so far.
struct Filled {
    table: Table,
    size: CommonSize,
    several: Several,
}

struct Reader<'a> {
    source: &'a ParquetSource,
    request: &'a Request<'a>,
}

/// A row of a file: what it means, and what its image holds; `None` for a row of a label that the classes do not choose.
type Row = Option<(Known, Seen)>;

/// A row, or what is wrong with it.
type Outcome = Result<Row, Problem>;

/// What is wrong with a row, and the column in which it stands.
type Problem = (RowProblem, Option<String>);

/// What is known of a row beside its image.
struct Known {
    label: u8,
    meaning: Meaning,
    split: Option<Split>,
    group: Option<String>,
}

impl Reader<'_> {
    /// Appends the rows of a file.
    fn append(&self, shard: &Shard, filled: &mut Filled) -> Result<(), Error> {
        let file = ParquetFile::open(&shard.path)?;
        let columns = Columns::find(&file, self.source, self.request, shard.split.is_some())?;
        for part in file.parts() {
            let rows = columns.read(&file, part.clone())?;
            let mut rest = 0..rows.len();
            while !rest.is_empty() {
                let known = filled.size.get();
                let batch = rest.start..rest.end.min(rest.start + filled.size.at_a_time(self.request.size));
                rest.start = batch.end;
                let indices: Vec<usize> = batch.clone().collect();
                let outcomes: Vec<Outcome> = side_by_side(&indices, |&index, beside| {
                    self.row(&rows, index, (shard, &columns), (known, beside)).transpose()
                });
                for (index, outcome) in batch.zip(outcomes) {
                    let label = rows.label(index, &[]).unwrap_or_default();
                    self.put(outcome, (&shard.name, part.start + index), (&label, &columns.image), filled)?;
                }
            }
        }
        Ok(())
    }

    /// Appends what a row gives; `label` is its label, and `image` the column of its image.
    fn put(
        &self,
        outcome: Outcome,
        (file, row): (&Path, usize),
        (label, image): (&str, &str),
        Filled { table, size, several }: &mut Filled,
    ) -> Result<(), Error> {
        let refuse = |table: &mut Table, (problem, column): Problem| {
            let place = Place::Record { file: file.to_owned(), row, column };
            let on_bad_row = self.request.on_bad_row.of(&problem);
            table.refuse(&self.source.path, on_bad_row, |row| BadRow { row, place, problem })
        };
        let (known, seen) = match outcome {
            Err(problem) => return refuse(table, problem),
            Ok(None) => {
                table.leave_out(label);
                return Ok(());
            }
            Ok(Some(face)) => face,
        };
        let name = || format!("row {row} of {}", file.display());
        let origin = || format!("{}#row={row}", file.display());
        several.note(seen.faces, name);
        for Gray { size: found, pixels } in seen.images {
            match size.check(found, || PathBuf::from(name())) {
                Err(problem) => refuse(table, (problem, Some(image.to_owned())))?,
                Ok(()) => table.push(&self.source.path, known.face(pixels, origin()), known.meaning, label)?,
            }
        }
        Ok(())
    }

    /// What a row gives; none if its picture has to be alone. Pixels of another size than the one that is `known` are not kept.
    fn row(
        &self,
        rows: &Rows<'_>,
        index: usize,
        (shard, columns): (&Shard, &Columns),
        (size, beside): (Option<Size>, Beside),
    ) -> Result<Option<Row>, Problem> {
        let request = self.request;
        let text = rows.label(index, request.labels.classes().names());
        let meaning = text.and_then(|text| request.labels.meaning(&text));
        let meaning = meaning.map_err(|problem| (problem, columns.label.clone()))?;
        let Some(label) = meaning.class() else { return Ok(Some(None)) };
        let split = match rows.split(index).map(|split| labels::split(&split)) {
            Some(Err(problem)) if request.splits == Splits::Read => return Err((problem, columns.split.clone())),
            Some(split) => split.ok(),
            None => shard.split.filter(|_| request.splits != Splits::Ignore),
        };
        let group = match request.group {
            Some(Group::Column(_)) => rows.group(index).map(|group| group.into_owned()),
            Some(Group::Pattern(pattern)) => rows.name(index).and_then(|name| pattern.find_group(&name)),
            _ => None,
        };
        if request.group.is_some() && group.as_ref().is_none_or(String::is_empty) {
            return Err((RowProblem::NoGroup, columns.group.clone()));
        }
        let seen = rows.image(index).and_then(|image| match image {
            Image::File(bytes) => decoded(bytes, beside)?.map(|picture| request.look(picture, None)).transpose(),
            Image::Pixels(text) => Gray::of_text(&text).map(|image| Some(request.whole(image))),
        });
        let seen = seen.map_err(|problem| (problem, Some(columns.image.clone())))?;
        Ok(seen.map(|seen| Some((Known { label, meaning, split, group }, seen.only_of(size)))))
    }

    /// All labels of the files.
    fn labels(&self, shards: &[Shard]) -> Result<BTreeSet<String>, Error> {
        let mut found = BTreeSet::new();
        for shard in shards {
            let file = ParquetFile::open(&shard.path)?;
            let columns = Columns::find(&file, self.source, self.request, shard.split.is_some())?;
            for part in file.parts() {
                found.extend(columns.labels(&file, part)?);
            }
        }
        Ok(found)
    }
}

impl Known {
    fn face(&self, pixels: Vec<u8>, origin: String) -> Face {
        Face {
            label: self.label,
            split: self.split,
            group: self.group.clone(),
            values: vec![],
            origin: Some(origin),
            image: face::Image::new(pixels),
        }
    }
}

fn decoded(bytes: &[u8], beside: Beside) -> Result<Option<Picture>, RowProblem> {
    Picture::decode_beside(bytes, beside).map_err(|problem| RowProblem::Picture { reason: with_causes(&problem) })
}
