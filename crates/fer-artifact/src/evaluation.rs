//! What a stage of kind evaluate must leave, whoever wrote the stage.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::contract::{file, read_split, same, text};
use crate::csv_cell::records;
use crate::names::{METRICS, REPORT, mistakes_file, predictions_file, split_file};
use crate::{FeatureSet, Predictions, RECORD, Split, TABLE, Violation};

/// Checks what a stage of kind evaluate left in `output` against its input in the folder `features`: predictions for
/// at least one split, with the classes, labels, rows and targets of its features; `metrics.json` with scores for exactly these
/// splits, whose counts agree with them; `report.html`; and, where there are tables of mistakes, a row for each.
///
/// # Errors
/// The first [`Violation`].
pub fn check_evaluate(features: &Path, output: &Path) -> Result<(), Violation> {
    let mut found: BTreeMap<&str, Predictions> = BTreeMap::new();
    for split in Split::ALL {
        let path = output.join(predictions_file(split));
        let Some(predictions) = read_split::<Predictions>(&path, split)? else { continue };
        let other = features.join(split_file(split));
        let set: Option<FeatureSet> = read_split(&other, split)?;
        let Some(set) = set else { return Err(file(other, "the features of these predictions")) };
        same("classes", &path, &predictions.classes, &other, &set.classes)?;
        same("labels", &path, &predictions.labels, &other, &set.labels)?;
        same("rows", &path, &predictions.rows, &other, &set.rows)?;
        same("`targets`", &path, &predictions.targets, &other, &set.targets)?;
        found.insert(split.name(), predictions);
    }
    if found.is_empty() {
        return Err(file(output, "predictions for at least one split"));
    }
    check_metrics(&output.join(METRICS), &found)?;
    Split::ALL.into_iter().try_for_each(|split| check_mistakes(output, split, found.get(split.name())))?;
    let report = output.join(REPORT);
    if report.is_file() { Ok(()) } else { Err(file(report, "the report")) }
}

/// A table of mistakes may be absent.
fn check_mistakes(output: &Path, split: Split, predictions: Option<&Predictions>) -> Result<(), Violation> {
    let path = output.join(mistakes_file(split));
    if !path.exists() {
        return Ok(());
    }
    let Some(predictions) = predictions else {
        return Err(file(path, format!("no file without {}", predictions_file(split))));
    };
    let is_wrong = |index: usize| predictions.predicted(index) != usize::from(predictions.labels[index]);
    let mistakes = (0..predictions.labels.len()).filter(|&index| is_wrong(index)).count();
    match records(&text(&path, "the mistakes", TABLE)?) {
        found if found == mistakes + 1 => Ok(()),
        found => Err(file(path, format!("a head and a row for each of {mistakes} mistakes, found {found} rows"))),
    }
}

fn check_metrics(path: &Path, found: &BTreeMap<&str, Predictions>) -> Result<(), Violation> {
    let metrics: Value = serde_json::from_str(&text(path, "the scores", RECORD)?)
        .map_err(|error| file(path, format!("a JSON object: {error}")))?;
    let scored: BTreeSet<&str> =
        metrics["splits"].as_object().into_iter().flat_map(|splits| splits.keys().map(String::as_str)).collect();
    let expected: BTreeSet<&str> = found.keys().copied().collect();
    if scored != expected {
        return Err(file(path, format!("scores under `splits` for {expected:?}, found {scored:?}")));
    }
    for (split, predictions) in found {
        let (n, scores) = (predictions.labels.len(), &metrics["splits"][split]);
        if scores["n"].as_u64() != Some(n as u64) {
            return Err(file(path, format!("`n` of {n} for `{split}`, found {}", scores["n"])));
        }
        check_confusion(path, split, predictions, &scores["confusion"])?;
    }
    Ok(())
}

/// Rows are true classes, so each sums up to its class's images.
fn check_confusion(path: &Path, split: &str, predictions: &Predictions, confusion: &Value) -> Result<(), Violation> {
    let mut expected = vec![0; predictions.classes.len()];
    predictions.labels.iter().for_each(|&label| expected[usize::from(label)] += 1);
    let sum = |row: &Value| row.as_array()?.iter().map(Value::as_u64).sum::<Option<u64>>();
    let sums: Option<Vec<u64>> = confusion.as_array().and_then(|rows| rows.iter().map(sum).collect());
    if sums.as_ref() != Some(&expected) {
        let expected = format!("a `confusion` for `{split}` whose rows sum up to its classes' images {expected:?}");
        return Err(file(path, expected));
    }
    Ok(())
}
