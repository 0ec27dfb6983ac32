use std::path::Path;

use fer_data::{Cell, CellKind, TableFile};
use polars::prelude::{AnyValue, DataFrame, DataType, ParquetReader, SerReader};

const ROWS: usize = 20_000;

fn columns() -> [(String, CellKind); 3] {
    [("time", CellKind::Number), ("frame", CellKind::Whole), ("p \"é\"", CellKind::Text)]
        .map(|(name, kind)| (name.to_owned(), kind))
}

fn read(path: &Path) -> (DataFrame, usize) {
    let mut reader = ParquetReader::new(std::fs::File::open(path).unwrap());
    let groups = reader.get_metadata().unwrap().row_groups.len();
    (reader.finish().unwrap(), groups)
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn rows_are_read_back_in_order_with_what_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let mut table = TableFile::begin(&path, &columns());
    for row in 0..ROWS {
        let text = format!("row {row}");
        let cells = match row % 3 {
            0 => [Cell::Number(row as f64 / 3.0), Cell::Whole(-(row as i64)), Cell::Text(&text)],
            1 => [Cell::Number(f64::MIN_POSITIVE), Cell::Empty, Cell::Text("")],
            _ => [Cell::Empty; 3],
        };
        table.push(&cells).unwrap();
    }
    assert!(!path.exists(), "it is there once it is complete");
    table.finish().unwrap();
    let (frame, groups) = read(&path);
    assert_eq!((frame.height(), groups, files(folder.path())), (ROWS, 3, 1), "8192 rows a group");
    assert_eq!(frame.dtypes(), [DataType::Float64, DataType::Int64, DataType::String]);
    let names: Vec<String> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
    assert_eq!(names, columns().map(|(name, _)| name));
    for row in 0..ROWS {
        let text = format!("row {row}");
        let expected = match row % 3 {
            0 => [AnyValue::Float64(row as f64 / 3.0), AnyValue::Int64(-(row as i64)), AnyValue::String(&text)],
            1 => [AnyValue::Float64(f64::MIN_POSITIVE), AnyValue::Null, AnyValue::String("")],
            _ => [AnyValue::Null, AnyValue::Null, AnyValue::Null],
        };
        assert_eq!(frame.get(row).unwrap(), expected, "row {row}");
    }
}

#[test]
fn a_table_without_rows_has_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    TableFile::begin(&path, &columns()).finish().unwrap();
    assert_eq!((read(&path).0.height(), read(&path).0.width()), (0, 3));
}

#[test]
fn one_that_is_given_up_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    std::fs::write(&path, "before").unwrap();
    let mut table = TableFile::begin(&path, &columns());
    table.push(&[Cell::Number(1.0), Cell::Whole(1), Cell::Empty]).unwrap();
    drop(table);
    assert_eq!((std::fs::read_to_string(&path).unwrap(), files(folder.path())), ("before".to_owned(), 1));
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let path = folder.path().join("file/t.parquet");
    let error = TableFile::begin(&path, &columns()).finish().unwrap_err().to_string();
    assert_eq!(error, format!("{}: cannot write the file", path.display()));
    let mut table = TableFile::begin(&path, &columns());
    let failed = (0..ROWS).find_map(|_| table.push(&[Cell::Empty; 3]).err());
    assert!(failed.is_some_and(|error| error.to_string().ends_with("cannot write the file")), "not only at the end");
}
