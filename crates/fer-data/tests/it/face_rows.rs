//! The rows of a CSV file, handed on some at a time.

use std::path::Path;

use fer_data::{Error, FaceRow, RowImage, RowProblem, is_table, read_faces};
use fer_imgproc::Picture;

use crate::source::Scratch;

/// All rows and how many came at a time.
fn read(path: &Path, at_a_time: usize) -> (Vec<FaceRow>, Vec<usize>) {
    let (mut all, mut lengths) = (vec![], vec![]);
    let read = read_faces(path, at_a_time, |rows| {
        lengths.push(rows.len());
        all.extend(rows);
        Ok::<(), Error>(())
    });
    assert!(read.unwrap().is_empty());
    (all, lengths)
}

/// The pixels of a row, which are a face's.
fn face(image: &RowImage) -> &Picture {
    let RowImage::Face(face) = image else { panic!("{image:?}") };
    face
}

#[test]
fn rows_come_in_order_some_at_a_time_with_their_numbers_and_lines() {
    let scratch = Scratch::new();
    let path = scratch.file("faces.csv", "emotion,pixels\nhappy,1 2 3 4\n\n,5 6 7 8\n300,\"[9, 9, 9, 9]\"\n");
    let (rows, lengths) = read(&path, 2);
    assert_eq!(lengths, [2, 1]);
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.row, row.line.unwrap(), face(row.image.as_ref().unwrap()).clone().into_gray()))
        .collect();
    assert_eq!(told, [(0, 2, vec![1, 2, 3, 4]), (1, 4, vec![5, 6, 7, 8]), (2, 5, vec![9; 4])]);
}

#[test]
fn the_first_square_sets_the_size_and_numbers_go_on_in_a_file_of_several_blocks() {
    let scratch = Scratch::new();
    let row = format!("{}\n", ["7"; 100 * 100].join(" "));
    // 20 kB a row, 24 MB together, of which 8 MB are read at a time.
    let path = scratch.file("faces.csv", format!("pixels\n1 2 3\n{}1 2 3 4\n", row.repeat(1200)));
    let (rows, _) = read(&path, 256);
    assert!(rows.iter().map(|row| row.row).eq(0..1202));
    assert_eq!(rows[0].image.as_ref().unwrap_err(), &RowProblem::NotSquare { found: 3 });
    let size =
        |row: &FaceRow| row.image.as_ref().ok().map(|image| (face(image).size().height(), face(image).size().width()));
    assert!(rows[1..1201].iter().all(|row| size(row) == Some((100, 100))));
    assert_eq!(rows[1201].image.as_ref().unwrap_err(), &RowProblem::PixelCount { expected: 10_000, found: 4 });
}

#[test]
fn who_judges_may_stop_and_other_files_of_an_archive_are_named() {
    let scratch = Scratch::new();
    let path = scratch.file("faces.csv", "pixels\n1\n2\n3\n");
    let mut calls = 0;
    let stopped = read_faces(&path, 1, |_| {
        calls += 1;
        Err(Error::Empty { path: "enough".into() })
    });
    assert!(matches!(stopped, Err(Error::Empty { path }) if path == Path::new("enough")));
    assert_eq!(calls, 1);
    // 40 kB a row, of which 2 MiB are read at a time: rows of two blocks fill a call, and others wait.
    let row = format!("{}\n", ["255"; 100 * 100].join(" "));
    let path = scratch.file("long.csv", format!("pixels\n{}", row.repeat(150)));
    let mut calls = vec![];
    let stopped = read_faces(&path, 64, |rows| {
        calls.push(rows.len());
        Err(Error::Empty { path: "enough".into() })
    });
    assert!(matches!(stopped, Err(Error::Empty { path }) if path == Path::new("enough")));
    assert_eq!(calls, [64]);
    // Python wrote it (`tests/golden/archives/make.py`).
    let archive = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/archives/faces.tar.gz"));
    let others = read_faces(archive, 9, |_| Ok::<(), Error>(())).unwrap();
    assert_eq!(others, ["fer2013/README", "fer2013/fer2013.bib"]);
}

#[test]
fn rows_before_an_error_of_the_file_are_judged() {
    let scratch = Scratch::new();
    let row = format!("{}\n", ["255"; 100 * 100].join(" "));
    let path = scratch.file("long.csv", [format!("pixels\n{}", row.repeat(150)).as_bytes(), b"\xFF\n"].concat());
    let mut lengths = vec![];
    let read = read_faces(&path, 64, |rows| {
        lengths.push(rows.len());
        Ok::<(), Error>(())
    });
    assert!(matches!(read, Err(Error::NotUtf8 { line: 152, found: 0xFF, .. })), "{read:?}");
    // Those of the two blocks before the one with the error.
    let (last, whole) = lengths.split_last().unwrap();
    assert!(whole == [64] && (1..64).contains(last), "{lengths:?}");
}

#[test]
fn a_table_is_known_by_its_name_and_must_be_a_file() {
    let scratch = Scratch::new();
    for (name, expected) in [
        ("a.csv", true),
        ("A.CSV", true),
        ("a.tsv.gz", true),
        ("a.csv.zip", true),
        ("a.Parquet", true),
        ("a.png", false),
        ("csv", false),
    ] {
        assert_eq!(is_table(&scratch.file(name, "")), expected, "{name}");
    }
    assert!(!is_table(&scratch.path().join("nowhere.csv")));
    std::fs::create_dir(scratch.path().join("folder.csv")).unwrap();
    assert!(!is_table(&scratch.path().join("folder.csv")));
}
