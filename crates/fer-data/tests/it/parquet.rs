//! Parquet files that other people's programs wrote (`tests/golden/parquet/make.py`).

use std::path::{Path, PathBuf};

use fer_artifact::{Digest, ImageSet, Split, with_causes};
use fer_data::{Error, FaceRow, IngestParams, RowImage, Source, load, read_faces, source_digest};
use serde_json::{Value, from_value, json};

use crate::source::{Scratch, ingested, refusal, skipping};

fn golden(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/parquet")).join(name)
}

/// What pyarrow and Pillow read.
fn expected(name: &str) -> Vec<Value> {
    let all: Value = serde_json::from_slice(&std::fs::read(golden("expected.json")).unwrap()).unwrap();
    all[name].as_array().unwrap().clone()
}

fn params(path: &Path, mut source: Value, more: Value) -> IngestParams {
    source["kind"] = "parquet".into();
    source["path"] = path.to_str().unwrap().into();
    let mut params = json!({"source": source});
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let params: IngestParams = from_value(params).unwrap();
    params.check().unwrap();
    params
}

/// A set as `expected.json` has rows, with the rows' numbers.
fn rows(set: &ImageSet) -> Vec<(u32, Value)> {
    let row = |index: usize| {
        let class = &set.classes[usize::from(set.labels[index])];
        (set.rows[index], json!({"split": set.split.name(), "label": class, "pixels": set.image(index).unwrap()}))
    };
    (0..set.len()).map(row).collect()
}

/// Every row of all sets, by number.
fn all(params: &IngestParams) -> Vec<Value> {
    let mut all: Vec<(u32, Value)> = ingested(params).sets.values().flat_map(rows).collect();
    all.sort_by_key(|(row, _)| *row);
    assert!(all.iter().map(|(row, _)| *row).eq(0..all.len() as u32));
    all.into_iter().map(|(_, row)| row).collect()
}

#[test]
fn shards_of_the_hub_give_pictures_names_of_labels_and_splits() {
    let params = params(&golden("hub"), json!({}), json!({}));
    // The files in the order of their names: test, train, validation.
    assert_eq!(all(&params), expected("hub"));
    // Numbers of the file mean other classes than the list's: its names count.
    let classes = ingested(&params).sets[&Split::Train].labels.clone();
    assert_eq!(classes, [3, 0, 6, 3, 0]);
    let train = golden("hub/data/train-00000-of-00002.parquet");
    let one = load(&Source::at(train), &params.classes, None, ".".as_ref()).unwrap().images;
    assert_eq!((one.len(), &one.labels), (3, &vec![3, 0, 6]));
    assert_eq!(one.origins.unwrap().get(2), "train-00000-of-00002.parquet#row=2");
}

#[test]
fn binary_columns_dictionaries_zstd_and_row_groups_are_read() {
    assert_eq!(all(&params(&golden("bytes.parquet"), json!({}), json!({}))), expected("bytes"));
}

#[test]
fn pixels_as_text_or_as_lists_of_bytes_are_read() {
    assert_eq!(all(&params(&golden("pixels.parquet"), json!({}), json!({}))), expected("pixels"));
    let head = json!({"split": {"kind": "head", "train": 3}});
    let mut lists = expected("lists");
    lists.iter_mut().for_each(|row| row["split"] = "train".into());
    assert_eq!(all(&params(&golden("lists.parquet"), json!({}), head)), lists);
}

#[test]
fn classes_choose_and_merge_by_the_files_names_and_size_brings_images_to_one() {
    let more = json!({"classes": [{"good": ["happy"]}, {"other": ["neutral"]}], "size": [2, 2]});
    let ingested = ingested(&params(&golden("hub"), json!({}), more));
    let train = &ingested.sets[&Split::Train];
    assert_eq!((&train.labels, train.image(0).unwrap().len()), (&vec![0, 1, 0], 4));
    assert_eq!(ingested.report.other_labels, [("angry".to_owned(), 3)].into());
    // Where the file has names, its numbers are no labels.
    let more = json!({"classes": [{"good": [0]}]});
    assert_eq!(
        refusal(&Scratch::new(), &params(&golden("hub/data/test-00000-of-00001.parquet"), json!({}), more))
            .rsplit_once(": ")
            .unwrap()
            .1,
        "expected rows of the labels that `classes` chooses, found the labels angry, happy"
    );
}

#[test]
fn columns_may_have_other_names() {
    let source = json!({"image_column": "img_bytes", "label_column": "emotion", "split_column": "Usage"});
    assert_eq!(all(&params(&golden("bytes.parquet"), source, json!({}))), expected("bytes"));
    let refused = |source| {
        let message = refusal(&Scratch::new(), &params(&golden("bytes.parquet"), source, json!({})));
        message.rsplit_once("bytes.parquet: ").unwrap().1.to_owned()
    };
    assert_eq!(
        refused(json!({"label_column": "mood"})),
        "expected a column `mood` with the labels, found `img_bytes`, `emotion`, `Usage`; name it with `label_column`"
    );
    assert_eq!(
        refused(json!({"label_column": "img_bytes"})),
        "expected text or numbers in the column `img_bytes`, found bytes"
    );
    let lists = params(&golden("lists.parquet"), json!({"image_column": "label"}), json!({}));
    assert!(refusal(&Scratch::new(), &lists).contains("with the splits, found `feature`, `label`"));
    let more = json!({"split": {"kind": "head", "train": 1}});
    let lists = params(&golden("lists.parquet"), json!({"image_column": "label"}), more);
    assert!(refusal(&Scratch::new(), &lists).ends_with(
        "expected pictures (bytes, or a struct with `bytes`), or pixels as text or lists of whole numbers in the column \
         `label`, found numbers"
    ));
}

#[test]
fn a_bad_row_is_named_by_its_file_and_its_row() {
    let head = json!({"split": {"kind": "head", "train": 1}});
    let params = params(&golden("bad.parquet"), json!({}), head);
    let first = refusal(&Scratch::new(), &params);
    assert!(
        first.ends_with(
            "bad.parquet: row 1 (row 1 of bad.parquet), column `image`: not a picture: found an HTML page: a download that \
             failed?; expected png, jpg, webp, bmp, gif, tiff or pnm"
        ),
        "{first}"
    );
    let ingested = ingested(&skipping(params));
    let train = &ingested.sets[&Split::Train];
    assert_eq!((&train.rows, ingested.report.skipped.count), (&vec![0], 6));
    let reasons: Vec<&str> = ingested.report.skipped.first.iter().map(|skipped| skipped.reason.as_str()).collect();
    assert_eq!(
        reasons[1..],
        [
            "row 2 (row 2 of bad.parquet), column `image`: expected an image, found none but the path `elsewhere.png`, \
             which is not followed",
            "row 3 (row 3 of bad.parquet), column `image`: expected an image, found none",
            "row 4 (row 4 of bad.parquet), column `label`: expected a class (angry, disgust, fear, happy, sad, surprise, \
             neutral) or its number from 0 to 6, found an empty field",
            "row 5 (row 5 of bad.parquet), column `label`: expected a class (angry, disgust, fear, happy, sad, surprise, \
             neutral) or its number from 0 to 6, found `bored`",
            "row 6 (row 6 of bad.parquet), column `image`: expected a height of 4 and a width of 4 as in row 0 of \
             bad.parquet, found a height of 3 and a width of 2; `size: [48, 48]` brings pictures of any size to one",
        ]
    );
}

#[test]
fn labels_that_are_numbers_beyond_the_list_show_all_labels() {
    let more = json!({"classes": ["a", "b", "c"], "split": {"kind": "head", "train": 1}});
    let message = refusal(&Scratch::new(), &skipping(params(&golden("pixels.parquet"), json!({}), more)));
    assert!(
        message.ends_with(
            "pixels.parquet: row 0 (row 0 of pixels.parquet), column `emotion`: expected a class (a, b, c) or its number \
             from 0 to 2, found `3`; the labels of the source are 0, 3, 4, 6: `classes: {a: [0], b: [1], c: [2]}` chooses \
             classes by number"
        ),
        "{message}"
    );
}

#[test]
fn files_beside_the_shards_are_counted_and_every_shard_counts_for_freshness() {
    let scratch = Scratch::new();
    let copy = |from: &str, to: &str| scratch.file(to, std::fs::read(golden(from)).unwrap());
    copy("hub/data/train-00000-of-00002.parquet", "set/default/train/0000.parquet");
    copy("hub/data/test-00000-of-00001.parquet", "set/default/test/0000.parquet");
    scratch.file("set/README.md", "# A data set");
    scratch.file("set/.gitattributes", "*.parquet filter=lfs");
    let path = scratch.path().join("set");
    assert!(matches!(Source::at(&path), Source::Folder(_)), "three folders deep is for those who say so");
    assert!(matches!(Source::at(path.join("default")), Source::Parquet(_)));
    let params = params(&path, json!({}), json!({}));
    let ingested = ingested(&params);
    let counts: Vec<(Split, usize)> = ingested.sets.iter().map(|(split, set)| (*split, set.len())).collect();
    assert_eq!(counts, [(Split::Train, 3), (Split::Test, 2)]);
    let left: Vec<(&str, &str)> =
        ingested.report.left_out.iter().map(|left| (left.why.as_str(), left.files.first[0].as_str())).collect();
    assert_eq!(left, [("hidden, or a system's own", ".gitattributes"), ("not a Parquet file", "README.md")]);
    let digest = || source_digest(&params, &Digest::of_file).unwrap();
    let before = digest();
    scratch.file("set/README.md", "# Another text");
    assert_eq!(digest(), before);
    copy("hub/data/validation-00000-of-00001.parquet", "set/default/test/0000.parquet");
    assert_ne!(digest(), before);
}

#[test]
fn a_group_is_a_column_or_in_the_names_of_pictures() {
    let pattern = json!({"group": {"pattern": "^(face[0-9])"}});
    let ingested = ingested(&params(&golden("hub"), json!({}), pattern));
    assert_eq!(ingested.sets[&Split::Test].groups.as_ref().unwrap().names.len(), 8);
    let column = json!({"group": {"column": "emotion"}, "split": {"kind": "head", "train": 5, "pool": true}});
    let set = &crate::source::ingested(&params(&golden("bytes.parquet"), json!({}), column)).sets[&Split::Train];
    assert_eq!(set.groups.as_ref().unwrap().names, ["angry", "happy", "neutral"]);
    let missing = params(&golden("pixels.parquet"), json!({}), json!({"group": {"pattern": "(.)"}}));
    assert!(refusal(&Scratch::new(), &missing).ends_with("expected the group that it belongs to, found none"));
}

#[test]
fn what_is_no_parquet_file_or_a_broken_one_is_refused() {
    let scratch = Scratch::new();
    let whole = std::fs::read(golden("bytes.parquet")).unwrap();
    let refused = |bytes: &[u8]| {
        let path = scratch.file("faces.parquet", bytes);
        assert!(matches!(Source::at(&path), Source::Parquet(_)));
        refusal(&scratch, &params(&path, json!({}), json!({})))
    };
    assert_eq!(
        refused(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
        "faces.parquet: expected a Parquet file, found a Git LFS pointer: fetch the file itself with `git lfs pull`"
    );
    assert_eq!(refused(b""), "faces.parquet: expected a Parquet file, found an empty file");
    let damaged = "faces.parquet: the Parquet file is damaged, or written in a way that is not supported: ";
    let cut = refused(&whole[..whole.len() - 9]);
    assert!(cut.starts_with(damaged), "{cut}");
    // A fuzzer found it: the first list of the file's end, that of the schema's elements, says 268,435,455.
    let end = whole.len() - 8 - u32::from_le_bytes(whole[whole.len() - 8..][..4].try_into().unwrap()) as usize;
    let list = end + whole[end..].windows(2).position(|pair| pair == [0x19, 0x4C]).unwrap();
    let mut long = whole.clone();
    long.splice(list + 1..list + 2, [0xFC, 0xFF, 0xFF, 0xFF, 0x7F]);
    let tail = long.len() - 8;
    let size = (whole.len() - 8 - end + 4) as u32;
    long[tail..][..4].copy_from_slice(&size.to_le_bytes());
    assert_eq!(refused(&long), format!("{damaged}its end does not hold what it says"));
    // Bytes are changed one after the other: each file is refused or read, and none ends the program.
    for place in (4..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0xFF;
        let path = scratch.file("faces.parquet", &bytes);
        let read = load(&Source::at(path), &fer_data::Classes::default(), None, scratch.path());
        assert!(
            read.map_err(|error| with_causes(&error))
                .map_or_else(|error| !error.is_empty(), |set| set.images.len() == 5)
        );
    }
    let empty = Scratch::new();
    let none = refusal(&empty, &params(empty.path(), json!({}), json!({})));
    assert_eq!(none, ".: expected at least one row in a Parquet file (.parquet), found none");
}

#[test]
fn rows_to_predict_come_as_pictures_files_or_as_faces() {
    let read = |name: &str, at_a_time| {
        let (mut all, mut calls) = (Vec::<FaceRow>::new(), 0);
        let read = read_faces(&golden(name), at_a_time, |rows| {
            calls += 1;
            all.extend(rows);
            Ok::<(), Error>(())
        });
        assert!(read.unwrap().is_empty());
        (all, calls)
    };
    let (rows, calls) = read("bytes.parquet", 1);
    assert_eq!((calls, rows.len(), rows[4].row, rows[4].line), (5, 5, 4, None));
    let pixels = |row: &FaceRow| match row.image.as_ref().unwrap() {
        RowImage::File(bytes) => fer_imgproc::Picture::decode(bytes).unwrap().into_gray(),
        RowImage::Face(face) => face.clone().into_gray(),
    };
    assert!(matches!(rows[0].image, Ok(RowImage::File(_))));
    assert_eq!(json!(pixels(&rows[3])), expected("bytes")[3]["pixels"]);
    let (rows, _) = read("lists.parquet", 9);
    assert!(matches!(rows[0].image, Ok(RowImage::Face(_))));
    assert_eq!(json!(pixels(&rows[2])), expected("lists")[2]["pixels"]);
    let (rows, _) = read("bad.parquet", 9);
    assert_eq!(rows[3].image.as_ref().unwrap_err().to_string(), "expected an image, found none");
}
