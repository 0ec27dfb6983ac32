//! Votes in the place of labels: how they find their rows, and what the protocols make of them.

use std::collections::BTreeMap;

use fer_artifact::{ImageSet, Split};
use fer_data::{
    Classes, ColumnVotes, CsvSource, FER_PLUS_CLASSES, FerPlusVotes, FolderSource, IngestParams, Ingested, Join,
    ManifestSource, Protocol, Source, Votes, export_images,
};
use serde_json::{Value, json};

use crate::source::{Scratch, ingested};

const HEADER: &str = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n";

pub(crate) fn votes(value: Value) -> Votes {
    serde_json::from_value(value).unwrap()
}

/// Faces of one pixel row each, of these splits; their labels are none of FER+'s.
pub(crate) fn faces(splits: &[&str]) -> String {
    let row = |(row, split): (usize, &&str)| format!("6,{} {} 3 4,{split}\n", row % 256, row / 256);
    format!("emotion,pixels,Usage\n{}", splits.iter().enumerate().map(row).collect::<String>())
}

/// FER+ for these rows of ten counts, all of split and name of their own.
pub(crate) fn fer_plus(counts: &[[u32; 10]]) -> String {
    let row = |(row, counts): (usize, &[u32; 10])| {
        format!("Training,fer{row:07}.png,{}\n", counts.map(|count| count.to_string()).join(","))
    };
    format!("{HEADER}{}", counts.iter().enumerate().map(row).collect::<String>())
}

/// What ingest makes of these votes, of rows of train alone.
fn train_by(protocol: &str, counts: &[[u32; 10]]) -> Ingested {
    let scratch = Scratch::new();
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", faces(&vec!["Training"; counts.len()]))));
    let path = scratch.file("votes.csv", fer_plus(counts));
    let votes = votes(json!({"kind": "fer-plus", "path": path, "protocol": protocol}));
    ingested(&IngestParams { votes: Some(votes), ..IngestParams::new(source) })
}

/// Row, label and targets of what is left.
pub(crate) fn kept(set: &ImageSet) -> Vec<(u32, &str, Vec<f32>)> {
    let targets = set.targets.as_ref().unwrap();
    let label = |index: usize| set.classes[usize::from(set.labels[index])].as_str();
    (0..set.len()).map(|index| (set.rows[index], label(index), targets.row(index).to_vec())).collect()
}

/// Shares in the order of FER+'s classes, by hand.
fn shares(of: &[(&str, f32)]) -> Vec<f32> {
    let share = |class: &&str| of.iter().find(|(name, _)| name == class).map_or(0.0, |(_, share)| *share);
    FER_PLUS_CLASSES.iter().map(share).collect()
}

fn left_out(ingested: &Ingested, split: Split) -> Value {
    json!(ingested.report.votes.as_ref().unwrap().left_out.get(&split))
}

//                              ne ha su sa an di fe co un NF
pub(crate) const CLEAR: [u32; 10] = [0, 10, 0, 0, 0, 0, 0, 0, 0, 0];
/// The vote for contempt is an outlier: 5 of 9 are left for neutral.
const JUST: [u32; 10] = [5, 0, 0, 4, 0, 0, 0, 1, 0, 0];
/// 4 of 8 without the outliers are not more than half. Neutral and sadness have all of them.
const EVEN: [u32; 10] = [4, 0, 0, 4, 0, 1, 1, 0, 0, 0];
/// Neutral has 4 of 9, with anger 7, which are three quarters; disgust comes after them.
const THREE: [u32; 10] = [4, 0, 0, 0, 3, 2, 0, 0, 0, 1];
/// Four classes have the most votes.
const FOUR: [u32; 10] = [2, 2, 2, 2, 0, 0, 0, 0, 1, 1];
const SINGLE: [u32; 10] = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
const UNKNOWN: [u32; 10] = [2, 0, 0, 0, 0, 0, 0, 0, 8, 0];
const NO_FACE: [u32; 10] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 10];
/// Sadness and unknown have 5 of 10 each.
const HALF_UNKNOWN: [u32; 10] = [0, 0, 0, 5, 0, 0, 0, 0, 5, 0];
const ALL: [[u32; 10]; 9] = [CLEAR, JUST, EVEN, THREE, FOUR, SINGLE, UNKNOWN, NO_FACE, HALF_UNKNOWN];

#[test]
fn a_majority_is_more_than_half_of_what_is_left() {
    let found = train_by("majority", &ALL);
    let train = &found.sets[&Split::Train];
    assert_eq!(train.classes, FER_PLUS_CLASSES);
    assert_eq!(kept(train), [(0, "happy", shares(&[("happy", 1.0)])), (1, "neutral", shares(&[("neutral", 1.0)]))]);
    // EVEN, THREE, FOUR and HALF_UNKNOWN.
    assert_eq!(left_out(&found, Split::Train), json!({"no face": 1, "no majority": 4, "outliers": 1, "unknown": 1}));
}

#[test]
fn probabilities_are_the_shares_of_up_to_three_classes() {
    for protocol in ["probability", "cross-entropy"] {
        let found = train_by(protocol, &ALL);
        assert_eq!(
            kept(&found.sets[&Split::Train]),
            [
                (0, "happy", shares(&[("happy", 1.0)])),
                (1, "neutral", shares(&[("neutral", 5.0 / 9.0), ("sad", 4.0 / 9.0)])),
                (2, "neutral", shares(&[("neutral", 0.5), ("sad", 0.5)])),
                (3, "neutral", shares(&[("neutral", 4.0 / 7.0), ("angry", 3.0 / 7.0)])),
            ]
        );
        // FOUR has too many classes; of HALF_UNKNOWN, sadness has no more than half.
        assert_eq!(
            left_out(&found, Split::Train),
            json!({"no face": 1, "no majority": 2, "outliers": 1, "unknown": 1})
        );
    }
}

#[test]
fn multi_targets_are_all_classes_with_three_tenths() {
    let found = train_by("multi-target", &ALL);
    assert_eq!(
        kept(&found.sets[&Split::Train]),
        [
            (0, "happy", shares(&[("happy", 1.0)])),
            (1, "neutral", shares(&[("neutral", 0.5), ("sad", 0.5)])),
            (2, "neutral", shares(&[("neutral", 0.5), ("sad", 0.5)])),
            // Of nine votes, three are enough, two are not.
            (3, "neutral", shares(&[("neutral", 0.5), ("angry", 0.5)])),
            // Votes for no class take part: sadness has half of ten and is not alone.
            (8, "sad", shares(&[("sad", 1.0)])),
        ]
    );
    // Of FOUR, each has a quarter.
    assert_eq!(left_out(&found, Split::Train), json!({"no face": 1, "no majority": 1, "outliers": 1, "unknown": 1}));
}

#[test]
fn all_votes_that_are_left_can_count() {
    let found = train_by("all", &ALL);
    let rows: Vec<u32> = found.sets[&Split::Train].rows.clone();
    assert_eq!(rows, [0, 1, 2, 3, 4, 8]);
    assert_eq!(
        kept(&found.sets[&Split::Train])[3].2,
        shares(&[("neutral", 4.0 / 9.0), ("angry", 3.0 / 9.0), ("disgust", 2.0 / 9.0)])
    );
    assert_eq!(left_out(&found, Split::Train), json!({"no face": 1, "outliers": 1, "unknown": 1}));
}

/// What a script of its own made of random votes, see `tests/golden/votes/make.py`.
#[test]
fn protocols_equal_the_papers_on_random_votes() {
    let golden: Value = serde_json::from_str(include_str!("../../../../tests/golden/votes/cases.json")).unwrap();
    let counts: Vec<[u32; 10]> = serde_json::from_value(golden["votes"].clone()).unwrap();
    for protocol in ["majority", "cross-entropy", "multi-target"] {
        let found = train_by(protocol, &counts);
        let (mut kept, mut reasons) = (kept(&found.sets[&Split::Train]).into_iter(), BTreeMap::<String, usize>::new());
        for (row, expected) in golden[protocol].as_array().unwrap().iter().enumerate() {
            if let Some(reason) = expected.as_str() {
                *reasons.entry(reason.to_owned()).or_default() += 1;
                continue;
            }
            let (found_row, _, shares) = kept.next().unwrap();
            assert_eq!(found_row as usize, row, "{protocol}");
            let expected: Vec<f32> = serde_json::from_value(expected.clone()).unwrap();
            let is_near = shares.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() < 1e-5);
            assert!(is_near, "{protocol}, {:?}: {shares:?} for {expected:?}", counts[row]);
        }
        assert_eq!(kept.next(), None, "{protocol}");
        assert_eq!(left_out(&found, Split::Train), json!(reasons), "{protocol}");
    }
}

#[test]
fn what_is_held_out_is_judged_by_the_majority_and_keeps_all_votes() {
    let scratch = Scratch::new();
    let splits = ["Training", "Training", "PublicTest", "PublicTest", "PrivateTest", "PrivateTest"];
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", faces(&splits))));
    let mut votes_of = fer_plus(&[THREE, NO_FACE, THREE, JUST, CLEAR, UNKNOWN]);
    for (row, split) in splits.iter().enumerate() {
        votes_of = votes_of.replace(&format!("Training,fer{row:07}"), &format!("{split},fer{row:07}"));
    }
    let path = scratch.file("votes.csv", votes_of);
    let params =
        IngestParams { votes: Some(votes(json!({"kind": "fer-plus", "path": path}))), ..IngestParams::new(source) };
    let found = ingested(&params);
    assert_eq!(found.sets[&Split::Train].rows, [0]);
    assert_eq!(
        kept(&found.sets[&Split::Validation]),
        [(3, "neutral", shares(&[("neutral", 0.5), ("sad", 0.4), ("contempt", 0.1)]))]
    );
    assert_eq!(kept(&found.sets[&Split::Test]), [(4, "happy", shares(&[("happy", 1.0)]))]);
    assert_eq!(left_out(&found, Split::Validation), json!({"no majority": 1}));
    let said = fer_data::summary(&found.report);
    for line in [
        "left out of train by their votes: 1 (1 no face)",
        "left out of validation by their votes: 1 (1 no majority)",
        "left out of test by their votes: 1 (1 unknown)",
    ] {
        assert!(said.contains(line), "{said}");
    }
}

#[test]
fn classes_choose_and_merge_votes_before_they_are_judged() {
    let scratch = Scratch::new();
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", faces(&["Training"; 4]))));
    //                 ne ha su sa an di fe co un NF
    let counts = [
        [1, 0, 0, 3, 3, 3, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 10, 0, 0],
        [0, 0, 6, 0, 0, 0, 4, 0, 0, 0],
        [0, 9, 0, 1, 0, 0, 0, 0, 0, 0],
    ];
    let path = scratch.file("votes.csv", fer_plus(&counts));
    let classes: Classes =
        serde_json::from_value(json!([{"good": ["happy"]}, {"bad": ["sadness", "angry", "disgust"]}])).unwrap();
    let votes = votes(json!({"kind": "fer-plus", "path": path, "protocol": "majority"}));
    let found = ingested(&IngestParams { votes: Some(votes), classes, ..IngestParams::new(source) });
    assert_eq!(kept(&found.sets[&Split::Train]), [(0, "bad", vec![0.0, 1.0]), (3, "good", vec![1.0, 0.0])]);
    assert_eq!(left_out(&found, Split::Train), json!({"contempt": 1, "surprise": 1}));
}

/// Four pictures in folders that say nothing, and a file of votes by name.
pub(crate) fn pictures(scratch: &Scratch) -> Source {
    for (name, level) in [("train/a.png", 1), ("train/deep/b.png", 2), ("test/c.png", 3), ("test/d.png", 4)] {
        scratch.picture(&format!("faces/{name}"), (2, 2), &[level, 2, 3, level]);
    }
    Source::Folder(FolderSource::new(scratch.path().join("faces")))
}

#[test]
fn columns_are_joined_by_name_and_shares_are_taken_as_they_are() {
    let scratch = Scratch::new();
    let source = pictures(&scratch);
    let text = "image,calm,tense,rater\ntest/c.png,0.25,0.75,x\nb.png,1,0,x\na.png,0.5,0.5,y\ngone.png,1,0,z\n";
    let path = scratch.file("votes.csv", text);
    let params = |source: &Source| IngestParams {
        votes: Some(votes(json!({"kind": "columns", "path": path}))),
        classes: serde_json::from_value(json!(["calm", "tense"])).unwrap(),
        ..IngestParams::new(source.clone())
    };
    let found = ingested(&params(&source));
    assert_eq!(kept(&found.sets[&Split::Train]), [(2, "calm", vec![0.5, 0.5]), (3, "calm", vec![1.0, 0.0])]);
    assert_eq!(kept(&found.sets[&Split::Test]), [(0, "tense", vec![0.25, 0.75])]);
    assert_eq!(left_out(&found, Split::Test), json!({"no votes": 1}));
    let said = fer_data::summary(&found.report);
    assert!(said.contains("1 row of votes for no row of the source\n"), "{said}");
    assert!(said.contains("columns of the votes not read: rater"), "{said}");
    // A list of pictures needs no labels either.
    let list = scratch.file("list.csv", "path,split\ntrain/a.png,train\ntest/c.png,test\n");
    let images = Some(scratch.path().join("faces"));
    let listed = Source::Manifest(ManifestSource { images, ..ManifestSource::new(list) });
    assert_eq!(kept(&ingested(&params(&listed)).sets[&Split::Test]), [(1, "tense", vec![0.25, 0.75])]);
}

#[test]
fn counts_of_columns_can_be_judged_as_those_of_fer_plus() {
    let scratch = Scratch::new();
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", faces(&["Training"; 3]))));
    let path = scratch.file("votes.csv", "sad,happy,none\n1,3,1\n2,2,1\n1,1,6\n");
    let votes = votes(json!({
        "kind": "columns", "path": path, "protocol": "majority", "outliers": 1, "others": ["none"],
    }));
    let classes = serde_json::from_value(json!(["happy", "sad"])).unwrap();
    let found = ingested(&IngestParams { votes: Some(votes), classes, ..IngestParams::new(source) });
    assert_eq!(kept(&found.sets[&Split::Train]), [(0, "happy", vec![1.0, 0.0])]);
    assert_eq!(left_out(&found, Split::Train), json!({"no majority": 1, "none": 1}));
}

#[test]
fn copies_are_dropped_with_their_targets() {
    let scratch = Scratch::new();
    let rows = "0,1 2 3 4,Training\n0,1 2 3 4,Training\n0,9 2 3 4,Training\n";
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", format!("emotion,pixels,Usage\n{rows}"))));
    let path = scratch.file("votes.csv", fer_plus(&[NO_FACE, JUST, CLEAR]));
    let votes = votes(json!({"kind": "fer-plus", "path": path}));
    let drop_duplicates = fer_data::DropDuplicates::Train;
    let found = ingested(&IngestParams { votes: Some(votes), drop_duplicates, ..IngestParams::new(source) });
    // A row that its votes leave out is nobody's copy.
    let kept = kept(&found.sets[&Split::Train]);
    assert_eq!(kept.iter().map(|(row, ..)| *row).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(kept[1].2, shares(&[("happy", 1.0)]));
    assert_eq!(found.report.dropped.total(), 0);
}

#[test]
fn targets_of_exported_pictures_come_back() {
    let scratch = Scratch::new();
    let set = train_by("probability", &[CLEAR, JUST, EVEN, THREE]).sets.remove(&Split::Train).unwrap();
    let folder = scratch.path().join("pictures");
    export_images(&set, &folder, fer_data::PictureFormat::Png).unwrap();
    let params = IngestParams {
        votes: Some(votes(json!({"kind": "columns", "path": folder.join("targets.csv")}))),
        classes: serde_json::from_value(json!(FER_PLUS_CLASSES)).unwrap(),
        split: serde_json::from_value(json!({"kind": "head", "train": 4})).unwrap(),
        ..IngestParams::new(Source::folder(&folder))
    };
    let back = ingested(&params).sets.remove(&Split::Train).unwrap();
    assert_eq!((back.targets, back.labels), (set.targets, set.labels));
}

#[test]
fn targets_of_an_earlier_export_do_not_stay() {
    let scratch = Scratch::new();
    let mut set = train_by("probability", &[CLEAR, JUST]).sets.remove(&Split::Train).unwrap();
    let targets = scratch.path().join("targets.csv");
    export_images(&set, scratch.path(), fer_data::PictureFormat::Png).unwrap();
    assert!(targets.exists());
    set.targets = None;
    export_images(&set, scratch.path(), fer_data::PictureFormat::Png).unwrap();
    assert!(!targets.exists());
}

#[test]
fn names_may_hold_a_hash_and_separators_of_windows() {
    let scratch = Scratch::new();
    for (name, level) in [("train/x#1.png", 1), ("train/x#2.png", 2)] {
        scratch.picture(&format!("faces/{name}"), (2, 2), &[level, 2, 3, level]);
    }
    let path = scratch.file("votes.csv", "name,calm,tense\ntrain\\x#1.png,1,0\nx#2.png,0,1\n");
    let found = ingested(&IngestParams {
        votes: Some(votes(json!({"kind": "columns", "path": path}))),
        classes: serde_json::from_value(json!(["calm", "tense"])).unwrap(),
        split: serde_json::from_value(json!({"kind": "head", "train": 2})).unwrap(),
        ..IngestParams::new(Source::folder(scratch.path().join("faces")))
    });
    assert_eq!(kept(&found.sets[&Split::Train]), [(0, "calm", vec![1.0, 0.0]), (1, "tense", vec![0.0, 1.0])]);
}

#[test]
fn parameters_come_back_with_their_defaults() {
    let short = json!({"source": {"kind": "csv", "path": "a.csv"}, "votes": {"kind": "fer-plus", "path": "v.csv"}});
    let params: IngestParams = serde_json::from_value(short).unwrap();
    assert_eq!(
        json!(params.votes),
        json!({"kind": "fer-plus", "path": "v.csv", "protocol": "probability", "held_out": "majority", "outliers": 1.0})
    );
    let back: IngestParams = serde_json::from_value(json!(params)).unwrap();
    assert_eq!(back, params);
    let columns = ColumnVotes {
        path: "v.csv".into(),
        protocol: Protocol::All,
        held_out: Protocol::All,
        outliers: fer_artifact::NonNegative::of(0.0),
        others: vec![],
        join: Some(Join::Row),
        name_column: None,
    };
    assert_eq!(Votes::Columns(columns), votes(json!({"kind": "columns", "path": "v.csv", "join": "row"})));
    let Votes::FerPlus(FerPlusVotes { held_out, .. }) = params.votes.unwrap() else { panic!("of another kind") };
    assert_eq!(held_out, Protocol::Majority);
}
