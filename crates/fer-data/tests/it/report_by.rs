//! Columns by whose values scores are told.

use std::collections::BTreeMap;

use fer_artifact::Seed;
use fer_data::{CsvSource, IngestParams, ManifestSource, Source, SplitRule, ingest};
use serde_json::json;

use crate::source::{Scratch, ingested, refusal};

const FACES: &str = "emotion,pixels,Usage,sex,dataset
3,1 2 3 4,Training,f,A
4,5 6 7 8,PublicTest,m,A
x,5 6 7 8,PublicTest,m,A
3,1 2 3 5,PublicTest,,B
0,9 9 9 8,Training,f,B
";

fn params(scratch: &Scratch, csv: &str, report_by: &[&str]) -> IngestParams {
    let source = Source::Csv(CsvSource::new(scratch.file("faces.csv", csv)));
    let report_by = report_by.iter().map(|&name| name.to_owned()).collect();
    crate::source::skipping(IngestParams { report_by, ..IngestParams::new(source) })
}

type Expected<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Vec<u32>>>;

fn assert_by(params: &IngestParams, expected: &Expected<'_>) {
    assert_eq!(json!(ingested(params).subsets.by), json!(expected));
}

#[test]
fn rows_are_listed_by_the_values_of_columns() {
    let scratch = Scratch::new();
    let sex: BTreeMap<_, _> = [("f", vec![0, 4]), ("m", vec![1]), ("(none)", vec![3])].into();
    let dataset: BTreeMap<_, _> = [("A", vec![0, 1]), ("B", vec![3, 4])].into();
    assert_by(&params(&scratch, FACES, &["Sex", "dataset"]), &[("Sex", sex), ("dataset", dataset)].into());
    assert_by(&params(&scratch, FACES, &[]), &BTreeMap::new());
}

#[test]
fn a_manifest_has_columns_too() {
    let scratch = Scratch::new();
    for name in ["a.png", "b.png"] {
        scratch.picture(name, (2, 2), &[1, 2, 3, name.as_bytes()[0]]);
    }
    let list = scratch.file("list.csv", "path,label,split,age\na.png,3,train,old\nb.png,4,val,young\n");
    let report_by = vec!["age".to_owned()];
    let params = IngestParams { report_by, ..IngestParams::new(Source::Manifest(ManifestSource::new(list))) };
    assert_by(&params, &[("age", [("old", vec![0]), ("young", vec![1])].into())].into());
}

#[test]
fn columns_that_are_missing_or_tell_rows_apart_are_refused() {
    let scratch = Scratch::new();
    assert_eq!(
        refusal(&scratch, &params(&scratch, FACES, &["age"])),
        "faces.csv: expected a column `age` with the values to report by, found `emotion`, `pixels`, `Usage`, `sex`, \
         `dataset`; name it with `report_by`"
    );
    let rows: String = (0..51).map(|row| format!("3,1 2 3 {row},Training,p{row}\n")).collect();
    assert_eq!(
        refusal(&scratch, &params(&scratch, &format!("emotion,pixels,Usage,person\n{rows}"), &["person"])),
        "faces.csv: `report_by`: expected at most 50 values in the column `person`, found 51"
    );
}

#[test]
fn parameters_that_cannot_be_meant_are_invalid() {
    let of = |source: serde_json::Value, report_by: &[&str]| {
        let params = json!({"source": source, "report_by": report_by});
        let params: IngestParams = serde_json::from_value(params).unwrap();
        params.check().map_err(|invalid| invalid.to_string())
    };
    let csv = || json!({"kind": "csv", "path": "x"});
    assert_eq!(of(csv(), &["sex", "dataset"]), Ok(()));
    let twice = "expected each column of `report_by` once, found `sex` twice";
    assert_eq!(of(csv(), &["sex", "sex"]), Err(twice.to_owned()));
    let folder = "`report_by` reads columns of a source of kind csv or manifest alone";
    assert_eq!(of(json!({"kind": "folder", "path": "x"}), &["sex"]), Err(folder.to_owned()));
}

#[test]
fn folds_carry_the_columns_as_well() {
    let scratch = Scratch::new();
    let split: SplitRule =
        serde_json::from_value(json!({"kind": "folds", "folds": 2, "fold": 1, "pool": true})).unwrap();
    let params = IngestParams { split, ..params(&scratch, FACES, &["dataset"]) };
    let subsets = ingest(&params, Seed::new(1), scratch.path()).unwrap().subsets;
    assert_eq!(json!(subsets.by), json!({"dataset": {"A": [0, 1], "B": [3, 4]}}));
}
