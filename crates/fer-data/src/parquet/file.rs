//! One Parquet file: its columns, and its rows some at a time. The only file that knows polars' reader of Parquet.

use std::io::Read;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use fer_artifact::{FIRST, identify, open_regular};
use polars::prelude::{
    ArrowDataType, ArrowSchema, FileMetadata, ParallelStrategy, ParquetReader, PolarsError, SerReader, Series,
};
use polars_parquet::parquet::metadata::SchemaDescriptor;
use polars_parquet::parquet::schema::types::{IntegerType, ParquetType, PrimitiveConvertedType, PrimitiveLogicalType};
use polars_parquet::read::infer_schema;

use super::footer;
use crate::{Error, shards};

/// Most rows that are read at a time.
const ROWS: usize = 1024;
/// Most bytes of rows that are read at a time, if they are as long as their row group's are on average.
const BYTES: usize = 32 << 20;
/// Where writers keep a schema of their own, with types that say no more than Parquet's.
const ARROW_SCHEMA: &str = "ARROW:schema";
/// Where the hub keeps what columns mean.
const HUGGING_FACE: &str = "huggingface";

/// What a column holds, as far as it is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Whole numbers, or others, as text has them.
    Numbers,
    Text,
    Bytes,
    /// A struct with `bytes` and perhaps `path`.
    Pictures {
        path: bool,
    },
    /// A list of whole numbers in each row.
    Lists,
}

/// A Parquet file whose columns are known.
pub(crate) struct ParquetFile<'a> {
    pub(crate) path: &'a Path,
    metadata: Arc<FileMetadata>,
    schema: ArrowSchema,
}

impl<'a> ParquetFile<'a> {
    /// Reads what the file's end says of its columns and rows.
    pub(crate) fn open(path: &'a Path) -> Result<Self, Error> {
        let mut file = open_regular(path).map_err(Error::io(path, "open the file"))?;
        let mut first = vec![];
        file.by_ref().take(FIRST).read_to_end(&mut first).map_err(Error::io(path, "read the file"))?;
        if !first.starts_with(shards::MAGIC) {
            let found = identify(&first).map_or_else(|| "a file of unknown content".into(), |found| found.into_owned());
            return Err(Error::NotParquet { path: path.to_owned(), found });
        }
        if !footer::is_sound(&mut file).map_err(Error::io(path, "read the file"))? {
            return Err(damaged(path)("its end does not hold what it says"));
        }
        let (metadata, schema) = caught(path, || {
            let mut metadata = FileMetadata::clone(ParquetReader::new(file).get_metadata()?);
            let own = metadata.key_value_metadata.get_or_insert_default();
            own.retain(|entry| entry.key != ARROW_SCHEMA);
            let fields = metadata.schema_descr.fields().iter().cloned().map(widened).collect();
            metadata.schema_descr = SchemaDescriptor::new(metadata.schema_descr.name().into(), fields);
            let schema = infer_schema(&metadata)?;
            Ok((Arc::new(metadata), schema))
        })?;
        let rows = metadata.row_groups.iter().try_fold(0_usize, |sum, group| sum.checked_add(group.num_rows()));
        match rows {
            Some(rows) if rows == metadata.num_rows => Ok(Self { path, metadata, schema }),
            _ => Err(damaged(path)("its row groups do not have as many rows as it says")),
        }
    }

    /// Names of the columns.
    pub(crate) fn names(&self) -> Vec<String> {
        self.schema.iter_names().map(|name| name.to_string()).collect()
    }

    /// What a column holds; otherwise the name of its type.
    pub(crate) fn holds(&self, column: &str) -> Result<Holds, String> {
        let Some(field) = self.schema.get(column) else { return Err("nothing".to_owned()) };
        holds(&field.dtype)
            .ok_or_else(|| format!("{:?}", field.dtype).chars().take_while(|letter| *letter != '(').collect())
    }

    /// The names that the hub's metadata gives the numbers of a column.
    pub(crate) fn class_names(&self, column: &str) -> Option<Vec<String>> {
        let entries = self.metadata.key_value_metadata.as_ref()?;
        let text = entries.iter().find(|entry| entry.key == HUGGING_FACE)?.value.as_ref()?;
        let info: serde_json::Value = serde_json::from_str(text).ok()?;
        let feature = info.get("info")?.get("features")?.get(column)?;
        let names = feature.get("names").filter(|_| feature["_type"] == "ClassLabel")?.as_array()?;
        names.iter().map(|name| Some(name.as_str()?.to_owned())).collect()
    }

    /// The rows in parts, each within a row group and small enough to lie in memory.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut end = 0;
        self.metadata.row_groups.iter().flat_map(move |group| {
            let (start, rows) = (end, group.num_rows());
            end += rows;
            let bytes = group.total_byte_size().max(group.compressed_size()) / rows.max(1);
            let step = (BYTES / bytes.max(1)).clamp(1, ROWS);
            (start..start + rows).step_by(step).map(move |from| from..(from + step).min(start + rows))
        })
    }

    /// These columns of some rows, in the order of the names.
    pub(crate) fn read(&self, names: &[&str], rows: Range<usize>) -> Result<Vec<Series>, Error> {
        let io = Error::io(self.path, "open the file");
        let file = open_regular(self.path).map_err(io)?;
        let mut distinct: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let frame = caught(self.path, || {
            let mut reader = ParquetReader::new(file)
                .read_parallel(ParallelStrategy::RowGroups)
                .with_slice(Some((rows.start, rows.len())))
                .with_columns(Some(distinct));
            reader.set_metadata(self.metadata.clone());
            reader.finish()
        })?;
        let column = |name: &&str| match frame.column(name) {
            Ok(column) if column.len() == rows.len() => Ok(column.as_materialized_series().clone()),
            Ok(_) => Err(damaged(self.path)("a column has fewer rows than the file")),
            Err(error) => Err(damaged(self.path)(error)),
        };
        names.iter().map(column).collect()
    }
}

/// What polars makes of a file; a panic in it is a refusal.
fn caught<T>(path: &Path, read: impl FnOnce() -> Result<T, PolarsError>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(damaged(path)),
        Err(_) => Err(damaged(path)("its reader gave up")),
    }
}

fn damaged<E: Into<Box<dyn std::error::Error + Send + Sync>>>(path: &Path) -> impl FnOnce(E) -> Error {
    let path = path.to_owned();
    move |source| Error::Parquet { path, source: source.into() }
}

/// The type with numbers of 8 and 16 bits as the 32 that Parquet stores them in: polars reads these without further features.
fn widened(mut of: ParquetType) -> ParquetType {
    use IntegerType::{Int8, Int16, UInt8, UInt16};
    use PrimitiveConvertedType as Converted;
    match &mut of {
        ParquetType::PrimitiveType(column) => {
            let narrow = match (column.logical_type, column.converted_type) {
                (Some(PrimitiveLogicalType::Integer(integer)), _) => matches!(integer, Int8 | Int16 | UInt8 | UInt16),
                (None, Some(converted)) => {
                    matches!(converted, Converted::Int8 | Converted::Int16 | Converted::Uint8 | Converted::Uint16)
                }
                _ => false,
            };
            if narrow {
                (column.logical_type, column.converted_type) = (None, None);
            }
        }
        ParquetType::GroupType { fields, .. } => *fields = std::mem::take(fields).into_iter().map(widened).collect(),
    }
    of
}

fn holds(of: &ArrowDataType) -> Option<Holds> {
    match of {
        ArrowDataType::Int32
        | ArrowDataType::Int64
        | ArrowDataType::UInt32
        | ArrowDataType::UInt64
        | ArrowDataType::Float32
        | ArrowDataType::Float64 => Some(Holds::Numbers),
        ArrowDataType::Utf8View | ArrowDataType::Utf8 | ArrowDataType::LargeUtf8 => Some(Holds::Text),
        ArrowDataType::BinaryView | ArrowDataType::Binary | ArrowDataType::LargeBinary => Some(Holds::Bytes),
        ArrowDataType::LargeList(inner) | ArrowDataType::List(inner) => {
            (holds(&inner.dtype) == Some(Holds::Numbers)).then_some(Holds::Lists)
        }
        ArrowDataType::Struct(fields) => {
            let has =
                |name: &str, what| fields.iter().any(|field| field.name == name && holds(&field.dtype) == Some(what));
            has("bytes", Holds::Bytes).then(|| Holds::Pictures { path: has("path", Holds::Text) })
        }
        _ => None,
    }
}
