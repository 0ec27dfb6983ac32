//! Votes that do not fit: their rows, columns and names, and what stands beside them.

use fer_artifact::Split;
use fer_data::{Classes, CsvSource, FER_PLUS_CLASSES, IngestParams, Source};
use serde_json::{Value, json};

use crate::source::{Scratch, ingested, refusal};
use crate::votes::{CLEAR, faces, fer_plus, kept, pictures, votes};

/// What is said of this file of votes, of columns for two rows.
fn columns_refusal(text: &str, classes: Value) -> String {
    let scratch = Scratch::new();
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", faces(&["Training"; 2]))));
    let votes = votes(json!({"kind": "columns", "path": scratch.file("votes.csv", text)}));
    let classes = serde_json::from_value(classes).unwrap();
    refusal(&scratch, &IngestParams { votes: Some(votes), classes, ..IngestParams::new(source) })
}

#[test]
fn votes_that_would_shift_or_overflow_are_told() {
    let three = json!(["happy", "sad", "fear"]);
    let told = columns_refusal("happy,sad,fear\n1,0,0\n0,5,0,5,0\n", three.clone());
    assert_eq!(
        told,
        "votes.csv: row 1 (line 3): expected 3 fields as in the header, found more, the next one `5`; fields with \
         commas in them need quotes around them"
    );
    let told = columns_refusal("happy,sad,fear\n1e308,1e308,0\n1,0,0\n", three.clone());
    let expected = "expected a number of votes or a share of them, from 0 to 1e9, found `1e308`";
    assert_eq!(told, format!("votes.csv: row 0 (line 2), column `happy`: {expected}"));
    for text in ["NaN", "inf", "-1", ""] {
        let told = columns_refusal(&format!("happy,sad,fear\n1,0,0\n0,{text},1\n"), three.clone());
        assert!(told.starts_with("votes.csv: row 1 (line 3), column `sad`: "), "{told}");
    }
}

#[test]
fn columns_are_found_by_name_alone_and_one_a_class() {
    // A first row of counts is no header.
    let told = columns_refusal("0,1\n1,0\n0,1\n", json!(["happy", "sad"]));
    assert_eq!(told, "votes.csv: expected a column `happy` with the votes, found `0`, `1`; name it with `classes`");
    let twice = "votes.csv: expected one column with votes for `happy`, found `happy` and `happiness`; a map, \
                 `classes: {happy: [one, other], …}`, adds up columns of different names";
    let text = "happy,sad,happiness\n1,0,1\n0,1,0\n";
    assert_eq!(columns_refusal(text, json!(["happy", "sad"])), twice);
    assert_eq!(columns_refusal(text, json!([{"happy": ["happy"]}, {"sad": ["sad"]}])), twice);
    let scratch = Scratch::new();
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", faces(&["Training"; 2]))));
    let found = ingested(&IngestParams {
        votes: Some(votes(json!({"kind": "columns", "path": scratch.file("votes.csv", text)}))),
        classes: serde_json::from_value(json!([{"happy": ["happy", "happiness"]}, {"sad": ["sad"]}])).unwrap(),
        ..IngestParams::new(source)
    });
    assert_eq!(kept(&found.sets[&Split::Train]), [(0, "happy", vec![1.0, 0.0]), (1, "sad", vec![0.0, 1.0])]);
}

#[test]
fn votes_are_refused_beside_other_labels() {
    let params = |source: Value, classes: Value| -> IngestParams {
        let votes = json!({"kind": "columns", "path": "v.csv"});
        serde_json::from_value(json!({"source": source, "classes": classes, "votes": votes})).unwrap()
    };
    let folder = json!({"kind": "folder", "path": "faces"});
    assert_eq!(params(folder, json!("from-folders")).check(), Err(fer_data::InvalidParams::VotesFromFolders));
    let labels = json!({"kind": "folder", "path": "faces", "labels": {"file": "{folder}/{stem}.txt"}});
    assert_eq!(params(labels, json!(["calm"])).check(), Err(fer_data::InvalidParams::VotesAndLabels));
}

#[test]
fn what_does_not_fit_is_told() {
    let scratch = Scratch::new();
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", faces(&["Training"; 2]))));
    let told = |text: &str, more: Value, classes: Value| {
        let path = scratch.file("votes.csv", text);
        let mut value = json!({"kind": "fer-plus", "path": path});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let classes: Classes = serde_json::from_value(classes).unwrap();
        refusal(&scratch, &IngestParams { votes: Some(votes(value)), classes, ..IngestParams::new(source.clone()) })
    };
    let eight = json!(FER_PLUS_CLASSES);
    assert_eq!(
        told(&fer_plus(&[CLEAR; 3]), json!({}), eight.clone()),
        "votes.csv: expected votes for each of the 2 rows of faces.csv, found 3 rows of votes"
    );
    assert_eq!(
        told(&fer_plus(&[CLEAR; 2]).replace("10,", "ten,"), json!({}), eight.clone()),
        "votes.csv: row 0 (line 2), column `happiness`: expected a number of votes or a share of them, from 0 to 1e9, found `ten`"
    );
    assert_eq!(
        told(&fer_plus(&[CLEAR; 2]), json!({}), json!(["happy", "sad"])),
        "votes.csv: expected votes for the classes (happy, sad), found a column `neutral`; a map, `classes: {happy: [happy], …}`, \
         chooses some"
    );
    assert_eq!(
        told(&fer_plus(&[CLEAR; 2]).replace("Training,fer0000001", "PublicTest,fer0000001"), json!({}), eight.clone()),
        "votes.csv: expected votes in the order of the source's rows, found `validation` for row 1, which is of train"
    );
    assert_eq!(
        told(&fer_plus(&[CLEAR; 2]), json!({"join": "name"}), eight.clone()),
        "`votes.join: name` needs a source of pictures, found rows without names; `join: row` goes by their order"
    );
    assert_eq!(
        told("name,happy,sad\nx,1,0\ny,1,0\n", json!({"kind": "columns"}), json!(["happy", "sad", "shy"])),
        "votes.csv: expected a column `shy` with the votes, found `name`, `happy`, `sad`; name it with `classes`"
    );
    assert!(
        told("neutral,happiness\n1,2\n3,4\n", json!({}), eight)
            .starts_with("votes.csv: expected a column `unknown` with the votes, ")
    );
}

#[test]
fn names_that_do_not_fit_are_told() {
    let scratch = Scratch::new();
    let source = pictures(&scratch);
    let told = |text: &str| {
        let votes = votes(json!({"kind": "columns", "path": scratch.file("votes.csv", text)}));
        let classes = serde_json::from_value(json!(["calm", "tense"])).unwrap();
        refusal(&scratch, &IngestParams { votes: Some(votes), classes, ..IngestParams::new(source.clone()) })
    };
    assert_eq!(
        told("name,calm,tense\nx.png,1,0\n"),
        "votes.csv: expected votes for the pictures of faces, such as test/c.png, found none by their names"
    );
    assert_eq!(
        told("name,calm,tense\na.png,1,0\nb.png,1,0\na.png,0,1\n"),
        "votes.csv: expected votes for each picture once, found `a.png` in the rows 0 and 2, counted from 0"
    );
    scratch.picture("faces/test/a.png", (2, 2), &[9, 9, 3, 3]);
    assert_eq!(
        told("name,calm,tense\na.png,1,0\n"),
        "votes.csv: expected names that tell pictures apart, found one for test/a.png and train/a.png; write their folders \
         before the names"
    );
    assert_eq!(
        told("calm,tense\n1,0\n"),
        "votes.csv: expected a column `name` or `path` or `image` or `file` or `filename` or `file_name` with the names of \
         pictures, found `calm`, `tense`; name it with `name_column`, or say `join: row`"
    );
}
