//! Which labels of a source become which class.

use fer_artifact::{Count, Seed, Split};
use fer_data::{Classes, CsvSource, IngestParams, Source, SplitRule, ingest};
use serde_json::{from_value, json, to_value};

use crate::source::{Scratch, all_train, csv_refusal, ingested, refusal, skipping};

fn classes(value: serde_json::Value) -> Classes {
    from_value(value).unwrap()
}

/// A file of one-pixel images with these labels.
fn labelled(scratch: &Scratch, labels: &[&str]) -> IngestParams {
    let rows: String = labels.iter().enumerate().map(|(row, label)| format!("{label},{row}\n")).collect();
    all_train(scratch.file("faces.csv", format!("label,feature\n{rows}")), 1)
}

#[test]
fn a_map_renames_chooses_and_merges_and_counts_the_rest() {
    let scratch = Scratch::new();
    let params = labelled(&scratch, &["0", "3", "4", "sad", "6", "03", "1", "0", "Sadness"]);
    let classes = classes(json!([{"neutral": 6}, {"happy": [3]}, {"down": [4, "sad", "sadness"]}]));
    let split = SplitRule::Head { train: Count::of(6), pool: false };
    let ingested = ingested(&IngestParams { classes, split, ..params });
    let train = &ingested.sets[&Split::Train];
    assert_eq!(train.classes, ["neutral", "happy", "down"]);
    assert_eq!((&train.labels, &train.rows), (&vec![1, 2, 2, 0, 1, 2], &vec![1, 2, 3, 4, 5, 8]));
    assert_eq!(ingested.report.other_labels, [("0".to_owned(), 2), ("1".to_owned(), 1)].into());
    let summary = fer_data::summary(&ingested.report);
    assert!(summary.contains("\n3 rows of labels that `classes` does not choose: 2 0, 1 1"), "{summary}");
}

#[test]
fn a_map_keeps_its_order_and_survives_a_round_trip() {
    let read: Classes = serde_json::from_str(r#"{"sad": [4], "happy": [3], "calm": "neutral"}"#).unwrap();
    assert_eq!(read.names(), ["sad", "happy", "calm"]);
    let written = to_value(&read).unwrap();
    assert_eq!(written, json!([{"sad": ["4"]}, {"happy": ["3"]}, {"calm": ["neutral"]}]));
    assert_eq!(classes(written), read);
    assert_eq!(classes(json!(["a", {"b": ["x"]}])).labels().unwrap(), [["a"], ["x"]]);
    assert_eq!(classes(json!([1, 2])).names(), ["1", "2"]);
}

#[test]
fn a_map_that_says_two_things_is_refused() {
    let refusal = |value| from_value::<Classes>(value).unwrap_err().to_string();
    assert_eq!(refusal(json!([{"a": []}])), "expected at least one label of the source for the class `a`, found none");
    assert_eq!(
        refusal(json!([{"a": [3, "X"]}, {"b": ["x"]}])),
        "expected each label of the source once, found `x` for `a` and for `b`"
    );
    let message = refusal(json!("happy"));
    assert!(
        message.contains(
            "expected a list of class names, a map from class names to labels of the source, or `from-folders`"
        ),
        "{message}"
    );
}

/// Without the map, sad would be read as happy.
#[test]
fn a_number_beyond_a_list_is_refused_with_the_map_even_where_bad_rows_are_skipped() {
    let scratch = Scratch::new();
    let classes = classes(json!(["happy", "sad", "neutral"]));
    let params = IngestParams { classes, ..labelled(&scratch, &["0", "3", "4", "6", "2"]) };
    for params in [params.clone(), skipping(params)] {
        assert_eq!(
            refusal(&scratch, &params),
            "faces.csv: row 1 (line 3), column `label`: expected a class (happy, sad, neutral) or its number from 0 to 2, \
             found `3`; the labels of the source are 0, 2, 3, 4, 6: `classes: {happy: [3], sad: [4], neutral: [6]}` \
             chooses classes by number"
        );
    }
}

#[test]
fn labels_that_begin_at_1_are_called_so() {
    let rows: String = (1..=7).map(|label| format!("{label},9\n")).collect();
    assert_eq!(
        csv_refusal(format!("label,feature\n{rows}")),
        "faces.csv: row 6 (line 8), column `label`: expected a class (angry, disgust, fear, happy, sad, surprise, \
         neutral) or its number from 0 to 6, found `7`; the labels of the source are 1, 2, 3, 4, 5, 6, 7, which seem to \
         begin at 1: `classes: {angry: [1], disgust: [2], fear: [3], happy: [4], sad: [5], surprise: [6], neutral: \
         [7]}` chooses classes by number"
    );
    let scratch = Scratch::new();
    let report = ingested(&labelled(&scratch, &["1", "2", "3", "4", "5", "6"])).report;
    assert_eq!(
        report.warnings,
        ["labels are numbers, and none is 0 (angry); if they begin at 1, say so with `classes: {angry: [1], …}`"]
    );
    let report = ingested(&labelled(&scratch, &["1", "2", "0"])).report;
    assert!(report.warnings.is_empty());
}

#[test]
fn a_number_in_a_dataset_csv_is_no_other() {
    let scratch = Scratch::new();
    scratch.picture("0.png", (1, 1), &[1]);
    scratch.file("dataset.csv", "0.png,3\n0.png,7\n");
    let params = IngestParams::new(Source::folder(scratch.path().to_owned()));
    let split = SplitRule::Head { train: Count::of(1), pool: false };
    let message = refusal(&scratch, &skipping(IngestParams { split, ..params }));
    assert!(message.starts_with("dataset.csv: row 1 (line 2): expected a class (angry, "), "{message}");
    assert!(message.contains("found `7`; the labels of the source are 3, 7: `classes: {angry: [0], "), "{message}");
}

#[test]
fn classes_that_are_called_by_numbers_match_as_names_alone() {
    let scratch = Scratch::new();
    for (number, pixel) in [("1", 1), ("3", 3), ("2", 2)] {
        scratch.picture(&format!("{number}/a.png"), (1, 1), &[pixel]);
    }
    let classes = |names: &[&str]| classes(json!(names));
    let params = |names: &[&str]| IngestParams {
        classes: classes(names),
        split: SplitRule::Head { train: Count::of(1), pool: false },
        ..IngestParams::new(Source::folder(scratch.path().to_owned()))
    };
    let sets = ingested(&IngestParams {
        split: SplitRule::Head { train: Count::of(3), pool: false },
        ..params(&["3", "2", "1"])
    })
    .sets;
    assert_eq!((&sets[&Split::Train].images, &sets[&Split::Train].labels), (&vec![1, 2, 3].into(), &vec![2, 1, 0]));
    // 3 is no name, and it must not be the class in the fourth place.
    let message = refusal(&scratch, &params(&["1", "2", "4", "5", "6"]));
    assert!(message.contains("found `3`; `classes: {1: [1], …}` says which number is which class"), "{message}");
}

#[test]
fn the_fields_synonyms_are_read_and_told() {
    let scratch = Scratch::new();
    let labels = ["happiness", "anger", "Sadness", "surprised", "disgusted", "fearful", "neutral", "happy"];
    let ingested = ingested(&IngestParams {
        split: SplitRule::Head { train: Count::of(8), pool: false },
        ..labelled(&scratch, &labels)
    });
    assert_eq!(ingested.sets[&Split::Train].labels, [3, 0, 4, 5, 1, 2, 6, 3]);
    let told: Vec<(&str, &str)> = ingested.report.synonyms.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(told.len(), 6);
    assert!(told.contains(&("happiness", "happy")) && told.contains(&("Sadness", "sad")));
    let summary = fer_data::summary(&ingested.report);
    assert!(summary.contains("\nlabels read as another word: Sadness as sad, anger as angry, "), "{summary}");
    // Where both words are classes, each is its own.
    let both = classes(json!(["happy", "happiness"]));
    let params = IngestParams { classes: both, ..labelled(&scratch, &["happiness", "happy"]) };
    assert!(ingest(&params, Seed::new(0), scratch.path()).unwrap().report.synonyms.is_empty());
}

#[test]
fn a_map_of_which_nothing_is_there_names_the_labels_there_are() {
    let scratch = Scratch::new();
    let params = IngestParams { classes: classes(json!({"happy": ["joy"]})), ..labelled(&scratch, &["0", "sad"]) };
    assert_eq!(
        refusal(&scratch, &params),
        "faces.csv: expected rows of the labels that `classes` chooses, found the labels 0, sad"
    );
}

#[test]
fn folders_of_labels_that_are_not_chosen_are_left_out() {
    let scratch = Scratch::new();
    scratch.picture("joy/a.png", (1, 1), &[1]);
    scratch.picture("anger/b.png", (2, 2), &[0; 4]);
    scratch.file("anger/c.png", "broken");
    let params = IngestParams {
        classes: classes(json!({"happy": ["joy"]})),
        split: SplitRule::Head { train: Count::of(1), pool: false },
        ..IngestParams::new(Source::folder(scratch.path().to_owned()))
    };
    let ingested = ingested(&params);
    assert_eq!((&ingested.sets[&Split::Train].images, &ingested.sets[&Split::Train].rows), (&vec![1].into(), &vec![2]));
    assert_eq!(ingested.report.other_labels, [("anger".to_owned(), 2)].into());
}

#[test]
fn labels_with_control_characters_are_shown_as_escapes() {
    let message = csv_refusal("label,feature\n\u{1b}[31mred,1\n");
    assert!(message.contains("found `\\u{1b}[31mred`") && !message.contains('\u{1b}'), "{message}");
    let scratch = Scratch::new();
    let params = IngestParams::new(Source::Csv(CsvSource::new(scratch.file("faces.csv", "\u{1b}[2Jx,feature\n3,1\n"))));
    let message = refusal(&scratch, &params);
    assert!(message.contains("found `\\u{1b}[2Jx`, `feature`"), "{message}");
}

#[test]
fn class_folders_name_the_classes_in_alphabetical_order() {
    let scratch = Scratch::new();
    for folder in ["train/sad", "train/Angry", "test/angry", "test/\u{c9}bloui", "test/10", "test/9"] {
        scratch.file(&format!("faces/{folder}/note.txt"), "no picture");
    }
    let mut params = IngestParams::new(Source::folder(scratch.path().join("faces")));
    params.classes = classes(json!("from-folders"));
    assert!(params.classes.is_from_folders() && params.classes.names().is_empty());
    assert_eq!(to_value(&params.classes).unwrap(), json!("from-folders"));
    let named = fer_data::with_class_names(&params).unwrap().into_owned();
    assert_eq!(named.classes.names(), ["10", "9", "Angry", "sad", "\u{c9}bloui"], "one spelling, one class");
    let refusal = from_value::<Classes>(json!("from-names")).unwrap_err().to_string();
    assert!(refusal.contains("or `from-folders`"), "{refusal}");
    let csv = IngestParams { classes: Classes::from_folders(), ..IngestParams::new(Source::Csv(CsvSource::new("a"))) };
    let expected = "`classes: from-folders` needs a source of kind folder, whose folders say the class";
    assert_eq!(csv.check().unwrap_err().to_string(), expected);
}
