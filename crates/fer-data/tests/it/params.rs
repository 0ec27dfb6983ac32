use std::path::Path;

use fer_artifact::Count;
use fer_data::{CsvSource, DropDuplicates, Fractions, IngestParams, OnBadRow, Source, SplitRule};
use serde_json::{Value, from_value, json, to_value};

fn refusal(mut value: Value) -> String {
    if value.get("source").is_none() {
        value["source"] = json!({"kind": "csv", "path": "faces.csv"});
    }
    from_value::<IngestParams>(value).unwrap_err().to_string()
}

#[test]
fn the_defaults_are_written_out() {
    let params: IngestParams = from_value(json!({"source": {"kind": "csv", "path": "faces.csv"}})).unwrap();
    assert_eq!(params, IngestParams::new(Source::Csv(CsvSource::new("faces.csv"))));
    assert_eq!(
        to_value(params).unwrap(),
        json!({
            "source": {
                "kind": "csv", "path": "faces.csv", "label_column": null, "pixels_column": null, "split_column": null,
            },
            "split": {"kind": "usage"},
            "classes": ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"],
            "on_bad_row": "error",
            "drop_duplicates": "none",
        })
    );
}

#[test]
fn every_choice_survives_a_round_trip() {
    let columns = CsvSource { label_column: Some("mood".into()), ..CsvSource::new("faces.csv") };
    let splits = [
        (SplitRule::Usage { validation: None }, json!({"kind": "usage"})),
        (SplitRule::Head { train: Count::of(24_000), pool: false }, json!({"kind": "head", "train": 24000})),
        (
            SplitRule::Stratified(Fractions::new(0.8, 0.1, 0.1).unwrap()),
            json!({"kind": "stratified", "train": 0.8, "validation": 0.1, "test": 0.1}),
        ),
    ];
    for source in [Source::Csv(columns), Source::folder("faces")] {
        for (split, written) in &splits {
            for drop_duplicates in [DropDuplicates::None, DropDuplicates::Train, DropDuplicates::Across] {
                let params = IngestParams {
                    split: split.clone(),
                    on_bad_row: OnBadRow::Skip,
                    drop_duplicates,
                    ..IngestParams::new(source.clone())
                };
                let value = to_value(&params).unwrap();
                assert_eq!(&value["split"], written);
                assert_eq!(from_value::<IngestParams>(value).unwrap(), params);
            }
        }
    }
}

#[test]
fn a_relative_path_is_resolved_and_an_absolute_one_is_kept() {
    for (given, resolved) in [("data/faces.csv", "/home/me/data/faces.csv"), ("/data/faces.csv", "/data/faces.csv")] {
        for source in [Source::Csv(CsvSource::new(given)), Source::folder(given)] {
            let mut params = IngestParams::new(source);
            params.resolve(Path::new("/home/me"));
            assert_eq!(params.source_path(), Path::new(resolved));
        }
    }
}

#[test]
fn a_source_is_required() {
    assert_eq!(from_value::<IngestParams>(json!({})).unwrap_err().to_string(), "missing field `source`");
    assert_eq!(refusal(json!({"source": {"kind": "csv"}})), "missing field `path`");
    assert_eq!(refusal(json!({"source": {"path": "faces.csv"}})), "missing field `kind`");
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    assert_eq!(
        refusal(json!({"spilt": {}})),
        "unknown field `spilt`, expected one of `source`, `split`, `classes`, `votes`, `on_bad_row`, `drop_duplicates`, `size`, `detect`, `color`, `group`, \
         `report_by`"
    );
    assert_eq!(
        refusal(json!({"source": {"kind": "feather", "path": "x"}})),
        "unknown variant `feather`, expected one of `csv`, `folder`, `manifest`, `parquet`"
    );
    assert_eq!(
        refusal(json!({"split": {"kind": "random"}})),
        "unknown variant `random`, expected one of `usage`, `head`, `stratified`, `folds`"
    );
    assert_eq!(refusal(json!({"on_bad_row": "drop"})), "unknown variant `drop`, expected `error` or `skip`");
    assert_eq!(
        refusal(json!({"drop_duplicates": "all"})),
        "unknown variant `all`, expected one of `none`, `train`, `across`, `near`"
    );
}

#[test]
fn a_field_of_another_kind_is_refused() {
    assert_eq!(
        refusal(json!({"source": {"kind": "folder", "path": "x", "label_column": "mood"}})),
        "unknown field `label_column`, expected one of `path`, `pattern`, `labels`"
    );
    assert_eq!(
        refusal(json!({"split": {"kind": "usage", "train": 3}})),
        "unknown field `train`, expected `validation`"
    );
    assert_eq!(
        refusal(json!({"split": {"kind": "head", "train": 3, "test": 1}})),
        "unknown field `test`, expected `train` or `pool`"
    );
}

#[test]
fn a_head_of_no_whole_number_of_rows_is_refused() {
    assert_eq!(refusal(json!({"split": {"kind": "head"}})), "missing field `train`");
    let head = |train: Value| refusal(json!({"split": {"kind": "head", "train": train}}));
    assert_eq!(head(json!(0)), "invalid value: integer `0`, expected a whole number from 1");
    assert_eq!(head(json!(0.5)), "invalid type: floating point `0.5`, expected usize");
    assert_eq!(head(json!(-3)), "invalid value: integer `-3`, expected usize");
}

#[test]
fn fractions_must_make_a_whole() {
    let split = |train: f64, validation: f64, test: f64| {
        refusal(json!({"split": {"kind": "stratified", "train": train, "validation": validation, "test": test}}))
    };
    let expected = "expected `train` above 0, `validation` and `test` from 0, and 1 as their sum, found";
    assert_eq!(split(0.5, 0.25, 0.125), format!("{expected} 0.5 + 0.25 + 0.125 = 0.875"));
    assert_eq!(split(0.0, 0.5, 0.5), format!("{expected} 0 + 0.5 + 0.5 = 1"));
    assert!(Fractions::new(0.7, 0.2, 0.1 + 5e-10).is_ok());
    assert!(Fractions::new(0.7, 0.2, 0.1 + 2e-9).is_err());
}

#[test]
fn classes_need_names_that_differ() {
    assert_eq!(refusal(json!({"classes": []})), "expected 1 to 256 class names, found 0");
    let names: Vec<String> = (0..257).map(|class| format!("class {class}")).collect();
    assert_eq!(refusal(json!({"classes": names})), "expected 1 to 256 class names, found 257");
    assert_eq!(
        refusal(json!({"classes": ["a", " "]})),
        "expected a name for every class, found an empty one for class 1, counted from 0"
    );
    assert_eq!(
        refusal(json!({"classes": ["happy", "sad", "Happy"]})),
        "expected different class names, found `Happy` for the classes 0 and 2, counted from 0"
    );
}
