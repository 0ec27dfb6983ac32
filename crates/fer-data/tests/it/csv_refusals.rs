//! CSV files that are refused, or rows of them.

use fer_artifact::{Digest, Seed, Split, with_causes};
use fer_data::{ingest, source_digest};
use proptest::prelude::*;

use crate::csv::{KAGGLE, gzip, train_of, usage, zstd};
use crate::source::{Scratch, all_train, csv_refusal, ingested, refusal, skipping};

#[test]
fn a_missing_file_is_named() {
    let scratch = Scratch::new();
    assert_eq!(
        refusal(&scratch, &usage(scratch.path().join("faces.csv"))),
        "faces.csv: cannot read the file: No such file or directory (os error 2)"
    );
}

#[test]
fn an_empty_file_is_refused() {
    assert_eq!(csv_refusal(""), "faces.csv: expected a header and rows, found an empty file");
    assert_eq!(csv_refusal("\u{feff}\r\n \n"), "faces.csv: expected a header and rows, found an empty file");
}

#[test]
fn a_header_alone_is_refused() {
    assert_eq!(csv_refusal("label,feature\n"), "faces.csv: expected at least one row after the header, found none");
}

#[test]
fn a_missing_column_is_named_beside_those_there_are() {
    assert_eq!(
        csv_refusal("mood,pixels\n1,0\n"),
        "faces.csv: expected a column `label` or `emotion` with the labels, found `mood`, `pixels`; name it with \
         `label_column`"
    );
    assert_eq!(
        csv_refusal("label,image\n1,0\n"),
        "faces.csv: expected a column `feature` or `pixels` with the pixels, found `label`, `image`; name it with \
         `pixels_column`"
    );
    let scratch = Scratch::new();
    assert_eq!(
        refusal(&scratch, &usage(scratch.file("faces.csv", "label,feature\n1,0\n"))),
        "faces.csv: expected a column `Usage` with the splits, found `label`, `feature`; name it with `split_column`, \
         or choose the split `head`, `stratified` or `folds`"
    );
}

#[test]
fn a_row_with_too_few_or_too_many_pixels_names_row_column_and_counts() {
    assert_eq!(
        csv_refusal("label,feature\n3,0 64 128 255\n4,1 2 3\n"),
        "faces.csv: row 1 (line 3), column `feature`: expected 4 pixel values as in the rows before, found 3"
    );
    assert_eq!(
        csv_refusal("emotion,pixels\n\n3,0 64 128 255\n4,1 2 3 4 5 6 7 8 9\n"),
        "faces.csv: row 1 (line 4), column `pixels`: expected 4 pixel values as in the rows before, found 9"
    );
}

#[test]
fn rows_that_are_not_square_are_refused() {
    assert_eq!(
        csv_refusal("label,feature\n3,0 64 128\n"),
        "faces.csv: row 0 (line 2), column `feature`: expected the pixel values of a square image, found 3, which is \
         no square number"
    );
}

#[test]
fn a_value_that_is_no_pixel_is_quoted_with_its_position() {
    for (pixels, found, position) in [
        ("0 256 1 2", "256", 1),
        ("-1 2 1 2", "-1", 0),
        ("0 1 2 +3", "+3", 3),
        ("0 1 2.5 3", "2.5", 2),
        ("0 x 2 3", "x", 1),
        ("0 1 2 99999999999999999999999999999999999999999999", "9999999999999999999999999999999999999999…", 3),
    ] {
        assert_eq!(
            csv_refusal(format!("label,feature\n0,1 1 1 1\n3,{pixels}\n")),
            format!(
                "faces.csv: row 1 (line 3), column `feature`: expected integers from 0 to 255, found `{found}` as \
                 value {position}, counted from 0"
            )
        );
    }
}

#[test]
fn a_row_without_pixels_is_refused() {
    let expected = "faces.csv: row 1 (line 3), column `feature`: expected pixel values, found an empty field";
    assert_eq!(csv_refusal("label,feature\n3,0 64 128 255\n4,\n"), expected);
    assert_eq!(csv_refusal("label,feature\n3,0 64 128 255\n4\n"), expected);
}

#[test]
fn an_unknown_or_empty_label_is_refused() {
    let refused = |label, found| {
        assert_eq!(
            csv_refusal(format!("label,feature\n{label},0 64 128 255\n")),
            format!(
                "faces.csv: row 0 (line 2), column `label`: expected a class (angry, disgust, fear, happy, sad, \
                 surprise, neutral) or its number from 0 to 6, found {found}"
            )
        );
    };
    refused("3.0", "`3.0`");
    refused("bored", "`bored`");
    refused("", "an empty field");
}

#[test]
fn an_unknown_usage_is_refused() {
    let scratch = Scratch::new();
    let refused = |usage_text: &str| {
        let content = format!("emotion,pixels,Usage\n3,0 64 128 255,{usage_text}\n");
        refusal(&scratch, &usage(scratch.file("faces.csv", content)))
    };
    assert_eq!(
        refused("Public"),
        "faces.csv: row 0 (line 2), column `Usage`: expected Training, PublicTest or PrivateTest (or train, \
         validation, test), found `Public`"
    );
    assert_eq!(
        refused(""),
        "faces.csv: row 0 (line 2), column `Usage`: expected Training, PublicTest or PrivateTest (or train, \
         validation, test), found an empty field"
    );
}

#[test]
fn a_row_with_more_fields_than_the_header_is_refused() {
    assert_eq!(
        csv_refusal("label,feature\n3,0 64 128 255,Training\n"),
        "faces.csv: row 0 (line 2): expected 2 fields as in the header, found more, the next one `Training`"
    );
}

#[test]
fn a_truncated_archive_is_refused() {
    let scratch = Scratch::new();
    let faces: String = (0..5000_u32).map(|row| format!("{},{} 2 3 4\n", row % 7, row * 7919 % 256)).collect();
    let content = format!("label,feature\n{faces}");
    for (name, format, bytes) in
        [("faces.csv.gz", "gzip", gzip(content.as_bytes())), ("faces.csv.zst", "zstd", zstd(content.as_bytes()))]
    {
        for kept in [bytes.len() / 2, bytes.len() - 1] {
            assert_eq!(
                refusal(&scratch, &all_train(scratch.file(name, &bytes[..kept]), 1)),
                format!(
                    "{name}: the {format} archive is truncated: expected more data, found the end of the file; copy \
                     the file again"
                ),
                "{kept} bytes"
            );
        }
    }
}

#[test]
fn a_damaged_archive_is_refused() {
    let scratch = Scratch::new();
    let mut bytes = gzip(KAGGLE.as_bytes());
    // The check sum stands in the last eight bytes.
    let at = bytes.len() - 8;
    bytes[at] ^= 1;
    assert_eq!(
        refusal(&scratch, &usage(scratch.file("faces.csv.gz", bytes))),
        "faces.csv.gz: the gzip archive is damaged; copy the file again: corrupt gzip stream does not have a matching \
         checksum"
    );
}

#[test]
fn bytes_that_are_no_utf8_are_refused_with_their_line() {
    assert_eq!(
        csv_refusal(b"label,feature\n3,0 64 128 255\nf\xE4ar,1 2 3 4\n"),
        "faces.csv: line 3: expected UTF-8 text, found the byte 0xE4; save the file as UTF-8"
    );
}

#[test]
fn an_open_quote_is_refused_with_its_line() {
    assert_eq!(
        csv_refusal("label,feature\n3,0 64 128 255\n4,\"1 2 3 4\n5,1 2 3 4\n"),
        "faces.csv: line 3: expected a closing quote, found the end of the file"
    );
}

#[test]
fn quotes_inside_a_field_are_refused_with_their_lines() {
    assert_eq!(
        csv_refusal("label,feature\n3,0 64 128 255\n4,1 \"2 3 4\n5,1 2 \"3 4\n"),
        "faces.csv: lines 2 to 3: expected quotes around whole fields alone, found them elsewhere: CSV malformed: \
         expected 2 rows, actual 3 rows, in chunk starting at byte offset 0, length 37"
    );
}

#[test]
fn a_row_without_end_is_refused_before_it_fills_the_memory() {
    let scratch = Scratch::new();
    let content = ["label,feature\n3,0 64 128 255\n4,\"", &"1 2\n".repeat(18 << 20)].concat();
    assert_eq!(
        refusal(&scratch, &all_train(scratch.file("faces.csv.zst", zstd(content.as_bytes())), 1)),
        "faces.csv.zst: line 3: expected a row of at most 67108864 bytes, found a longer one; is a quote left open?"
    );
}

#[test]
fn more_columns_than_any_source_has_are_refused() {
    let header = |more: usize| format!("label,feature{}\n3,7\n", ",".repeat(more));
    assert_eq!(train_of(header(19_998), 1), (vec![7], vec![3]));
    assert_eq!(csv_refusal(header(19_999)), "faces.csv: expected a header of at most 20000 columns, found 20001");
}

#[test]
fn many_columns_are_cut_and_counted() {
    let columns: Vec<String> = (0..20).map(|column| format!("value{column}")).collect();
    assert_eq!(
        csv_refusal(format!("label,{}\n", columns.join(","))),
        "faces.csv: expected a column `feature` or `pixels` with the pixels, found `label`, `value0`, `value1`, \
         `value2`, `value3`, `value4`, `value5`, `value6`, `value7`, `value8`, `value9`, `value10`, and 9 more; name \
         it with `pixels_column`"
    );
}

#[test]
fn the_digest_of_a_missing_file_names_it() {
    let scratch = Scratch::new();
    let path = scratch.path().join("faces.csv");
    assert_eq!(
        with_causes(&source_digest(&usage(&path), &Digest::of_file).unwrap_err()),
        format!("{}: cannot read the file: No such file or directory (os error 2)", path.display())
    );
}

const SOME_BAD: &str = "label,feature\n3,0 64 128\n3,0 64 128 255\nbored,1 2 3 4\n4,1 2 3 4\n0,1 2 3 400\n";

#[test]
fn skipped_rows_keep_their_numbers_and_are_listed() {
    let scratch = Scratch::new();
    let ingested = ingested(&skipping(all_train(scratch.file("faces.csv", SOME_BAD), 2)));
    let train = &ingested.sets[&Split::Train];
    assert_eq!((&train.rows, &train.labels), (&vec![1, 3], &vec![3, 4]));
    assert_eq!(train.images, [0, 64, 128, 255, 1, 2, 3, 4]);
    let skipped = &ingested.report.skipped;
    let rows: Vec<u32> = skipped.first.iter().map(|skipped| skipped.row).collect();
    assert_eq!((skipped.count, rows), (3, vec![0, 2, 4]));
    assert_eq!(
        skipped.first[2].reason,
        "row 4 (line 6), column `feature`: expected integers from 0 to 255, found `400` as value 3, counted from 0"
    );
}

#[test]
fn a_file_of_bad_rows_alone_is_refused() {
    let scratch = Scratch::new();
    let path = scratch.file("faces.csv", "label,feature\n3,0 64 128\n4,x\n");
    assert_eq!(
        refusal(&scratch, &skipping(all_train(path, 1))),
        "faces.csv: all 2 rows are bad, the first: row 0 (line 2), column `feature`: expected the pixel values of a \
         square image, found 3, which is no square number"
    );
}

#[test]
fn millions_of_bad_rows_are_counted_and_a_few_told() {
    let scratch = Scratch::new();
    let bad = "x,,\n".repeat(100_000);
    let path = scratch.file("faces.csv", format!("label,feature\n3,7\n{bad}4,8\n"));
    let ingested = ingested(&skipping(all_train(path, 2)));
    let train = &ingested.sets[&Split::Train];
    assert_eq!((&train.rows, &train.images), (&vec![0, 100_001], &vec![7, 8].into()));
    let skipped = &ingested.report.skipped;
    assert_eq!((skipped.count, skipped.first.len(), skipped.first[19].row), (100_000, 20, 20));
    assert!(skipped.first[19].reason.starts_with("row 20 (line 22), column `label`: "), "{:?}", skipped.first[19]);
}

proptest! {
    /// Whatever stands in a file, ingest answers; and what it accepts keeps the contract.
    #[test]
    fn any_text_is_read_or_refused(text in "[0-9a ,\"\n\r]{0,80}") {
        let scratch = Scratch::new();
        let params = all_train(scratch.file("faces.csv", format!("label,feature\n{text}")), 1);
        if let Ok(ingested) = ingest(&skipping(params), Seed::new(0), scratch.path()) {
            let train = &ingested.sets[&Split::Train];
            prop_assert_eq!(train.images.len(), train.len() * train.height * train.width);
            prop_assert!(train.labels.iter().all(|&label| label < 7));
        }
    }
}
