use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fer_artifact::{Artifact, FeatureSet, ImageSet, Predictions, Split, read};

/// What a stage's output lacks of what its kind must hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A file that is there but no artifact of its kind.
    #[error(transparent)]
    Artifact(#[from] fer_artifact::Error),
    /// A file that must be there is not, or says nothing of what it must say.
    #[error("{}: expected {expected}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What should stand there.
        expected: String,
    },
    /// A part of an artifact that must equal that of another.
    #[error("{}: {what} differ from those of {}", path.display(), other.display())]
    Differs {
        /// The artifact.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// What it was compared with.
        other: PathBuf,
    },
}

/// Checks the output of a stage of kind ingest in `run/ingest`: artifacts of images, train among them and not empty,
/// each of the split that its name says, all with the same classes, no row twice.
///
/// # Errors
/// The first [`Violation`].
pub fn check_ingest(run: &Path) -> Result<(), Violation> {
    let sets: BTreeMap<Split, ImageSet> = read_splits(run, in_ingest)?;
    let Some(train) = sets.get(&Split::Train).filter(|train| !train.is_empty()) else {
        return Err(file(run.join(in_ingest(Split::Train)), "an artifact with at least one image"));
    };
    let mut seen = BTreeSet::new();
    for (&split, set) in &sets {
        let path = run.join(in_ingest(split));
        same("classes", &path, &set.classes, &run.join(in_ingest(Split::Train)), &train.classes)?;
        if let Some(row) = set.rows.iter().find(|&&row| !seen.insert(row)) {
            return Err(file(path, format!("every row of the source at most once, found row {row} again")));
        }
    }
    Ok(())
}

/// Checks the output of a stage of kind preprocess in `run/preprocess` against its input in `run/ingest`: features for
/// every split of the input and no other, with the input's classes, labels and rows, all of one size.
///
/// # Errors
/// The first [`Violation`].
pub fn check_preprocess(run: &Path) -> Result<(), Violation> {
    let input: BTreeMap<Split, ImageSet> = read_splits(run, in_ingest)?;
    let output: BTreeMap<Split, FeatureSet> = read_splits(run, in_preprocess)?;
    same_splits(run, &input, in_ingest, &output, in_preprocess)?;
    for ((&split, images), features) in input.iter().zip(output.values()) {
        let (path, other) = (run.join(in_preprocess(split)), run.join(in_ingest(split)));
        same("classes", &path, &features.classes, &other, &images.classes)?;
        same("labels", &path, &features.labels, &other, &images.labels)?;
        same("rows", &path, &features.rows, &other, &images.rows)?;
    }
    let sizes = || output.iter().map(|(&split, set)| (run.join(in_preprocess(split)), [set.height, set.width]));
    sizes().zip(sizes().skip(1)).try_for_each(|((other, a), (path, b))| same("sizes of images", &path, &b, &other, &a))
}

/// Checks the output of a stage of kind evaluate in `run/evaluate` against `run/preprocess`: predictions for at least
/// one split, with the classes, labels and rows of its features; `metrics.json` with scores for exactly these splits;
/// `report.html`.
///
/// # Errors
/// The first [`Violation`].
pub fn check_evaluate(run: &Path) -> Result<(), Violation> {
    let input: BTreeMap<Split, FeatureSet> = read_splits(run, in_preprocess)?;
    let output: BTreeMap<Split, Predictions> = read_splits(run, in_evaluate)?;
    if output.is_empty() {
        return Err(file(run.join("evaluate"), "predictions for at least one split"));
    }
    for (&split, predictions) in &output {
        let (path, other) = (run.join(in_evaluate(split)), run.join(in_preprocess(split)));
        let Some(features) = input.get(&split) else { return Err(file(other, "the features of these predictions")) };
        same("classes", &path, &predictions.classes, &other, &features.classes)?;
        same("labels", &path, &predictions.labels, &other, &features.labels)?;
        same("rows", &path, &predictions.rows, &other, &features.rows)?;
    }
    check_metrics(&run.join("evaluate/metrics.json"), &output)?;
    let report = run.join("evaluate/report.html");
    if report.is_file() { Ok(()) } else { Err(file(report, "the report")) }
}

fn check_metrics(path: &Path, output: &BTreeMap<Split, Predictions>) -> Result<(), Violation> {
    let text = std::fs::read_to_string(path).map_err(|error| file(path, format!("the scores: {error}")))?;
    let metrics: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| file(path, format!("a JSON object: {error}")))?;
    let scored: BTreeSet<&str> =
        metrics["splits"].as_object().into_iter().flat_map(|splits| splits.keys().map(String::as_str)).collect();
    let expected: BTreeSet<&str> = output.keys().map(|split| split.name()).collect();
    if scored != expected {
        return Err(file(path, format!("scores under `splits` for {expected:?}, found {scored:?}")));
    }
    for (&split, predictions) in output {
        let (n, found) = (predictions.labels.len(), &metrics["splits"][split.name()]["n"]);
        if found.as_u64() != Some(n as u64) {
            return Err(file(path, format!("`n` of {n} for `{split}`, found {found}")));
        }
    }
    Ok(())
}

fn in_ingest(split: Split) -> String {
    format!("ingest/{split}.safetensors")
}

fn in_preprocess(split: Split) -> String {
    format!("preprocess/{split}.safetensors")
}

fn in_evaluate(split: Split) -> String {
    format!("evaluate/predictions-{split}.safetensors")
}

/// The artifacts of those splits that have a file, each checked to be of the split that its name says.
fn read_splits<A: Artifact>(run: &Path, name: fn(Split) -> String) -> Result<BTreeMap<Split, A>, Violation> {
    let mut sets = BTreeMap::new();
    for split in Split::ALL {
        let path = run.join(name(split));
        if !path.exists() {
            continue;
        }
        let set: A = read(&path)?;
        if set.split() != Some(split) {
            return Err(file(path, format!("split `{split}` in the header")));
        }
        sets.insert(split, set);
    }
    Ok(sets)
}

fn same_splits<A, B>(
    run: &Path,
    input: &BTreeMap<Split, A>,
    in_input: fn(Split) -> String,
    output: &BTreeMap<Split, B>,
    in_output: fn(Split) -> String,
) -> Result<(), Violation> {
    for split in Split::ALL {
        match (input.contains_key(&split), output.contains_key(&split)) {
            (true, false) => {
                return Err(file(run.join(in_output(split)), format!("an artifact made from {}", in_input(split))));
            }
            (false, true) => {
                return Err(file(run.join(in_output(split)), format!("no file without {}", in_input(split))));
            }
            _ => {}
        }
    }
    Ok(())
}

fn same<T: PartialEq>(what: &'static str, path: &Path, a: &T, other: &Path, b: &T) -> Result<(), Violation> {
    if a == b { Ok(()) } else { Err(Violation::Differs { path: path.to_owned(), what, other: other.to_owned() }) }
}

fn file(path: impl Into<PathBuf>, expected: impl Into<String>) -> Violation {
    Violation::File { path: path.into(), expected: expected.into() }
}
