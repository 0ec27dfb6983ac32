//! What a stage of each kind must leave, whoever wrote the stage.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::names::{BEST_MODEL, HISTORY, LAST_MODEL, MODEL, split_file};
use crate::{
    Artifact, Error, FeatureSet, ImageSet, Model, OutOfRange, RECORD, Size, Split, Targets, describe, open, read,
    read_regular_text,
};

/// What a stage's output lacks of what its kind must hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A file that is there but no artifact of its kind.
    #[error(transparent)]
    Artifact(#[from] Error),
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

/// Checks what a stage of kind ingest left in `output`: artifacts of images, train among them and not empty, each of
/// the split that its name says, all with the same classes, no row twice.
///
/// # Errors
/// The first [`Violation`].
pub fn check_ingest(output: &Path) -> Result<(), Violation> {
    let train_path = output.join(split_file(Split::Train));
    let train: Option<ImageSet> = read_split(&train_path, Split::Train)?;
    let Some(train) = train.filter(|train| !train.is_empty()) else {
        return Err(file(train_path, "an artifact with at least one image"));
    };
    let mut seen = BTreeSet::new();
    check_rows(&train_path, &train.rows, &mut seen)?;
    for split in [Split::Validation, Split::Test] {
        let path = output.join(split_file(split));
        let Some(set) = read_split::<ImageSet>(&path, split)? else { continue };
        same("classes", &path, &set.classes, &train_path, &train.classes)?;
        check_rows(&path, &set.rows, &mut seen)?;
    }
    Ok(())
}

fn check_rows(path: &Path, rows: &[u32], seen: &mut BTreeSet<u32>) -> Result<(), Violation> {
    match rows.iter().find(|&&row| !seen.insert(row)) {
        Some(row) => Err(file(path, format!("every row of the source at most once, found row {row} again"))),
        None => Ok(()),
    }
}

/// Checks what a stage of kind align left in `output` against its input in the folder `images`: images for every split of
/// the input and no other, with the input's classes, all of one size; every image one of the same split's input, which
/// its row and label say, with its targets if it has some. Images may be left out or stand there more than once.
///
/// # Errors
/// The first [`Violation`].
pub fn check_align(images: &Path, output: &Path) -> Result<(), Violation> {
    check_made_of::<ImageSet>(images, output)
}

/// Checks what a stage of kind preprocess left in `output` against its input in the folder `images`: features for every
/// split of the input and no other, with the input's classes, all of one size; every image one of the same split's
/// input, which its row and label say, with its targets if it has some. Images may be left out or stand there more than once.
///
/// # Errors
/// The first [`Violation`].
pub fn check_preprocess(images: &Path, output: &Path) -> Result<(), Violation> {
    check_made_of::<FeatureSet>(images, output)
}

/// What is checked of a set of images or features that was made of a set of images.
trait Made: Artifact {
    fn rows_and_labels(&self) -> (&[u32], &[u8]);
    /// That every value can be read and is allowed.
    fn check_pixels(&self) -> Result<(), Error>;
    fn size(&self) -> Result<Size, OutOfRange>;
    fn targets(&self) -> Option<&Targets>;
}

impl Made for ImageSet {
    fn rows_and_labels(&self) -> (&[u32], &[u8]) {
        (&self.rows, &self.labels)
    }

    fn check_pixels(&self) -> Result<(), Error> {
        self.images.check()
    }

    fn size(&self) -> Result<Size, OutOfRange> {
        self.size()
    }

    fn targets(&self) -> Option<&Targets> {
        self.targets.as_ref()
    }
}

impl Made for FeatureSet {
    fn rows_and_labels(&self) -> (&[u32], &[u8]) {
        (&self.rows, &self.labels)
    }

    fn check_pixels(&self) -> Result<(), Error> {
        self.images.check()
    }

    fn size(&self) -> Result<Size, OutOfRange> {
        self.size()
    }

    fn targets(&self) -> Option<&Targets> {
        self.targets.as_ref()
    }
}

fn check_made_of<M: Made>(images: &Path, output: &Path) -> Result<(), Violation> {
    let mut first: Option<(PathBuf, Result<Size, OutOfRange>)> = None;
    for split in Split::ALL {
        let (path, other) = (output.join(split_file(split)), images.join(split_file(split)));
        let (images, made) = match (read_split::<ImageSet>(&other, split)?, read_split::<M>(&path, split)?) {
            (Some(images), Some(made)) => (images, made),
            (Some(_), None) => return Err(file(path, format!("an artifact made from {}", other.display()))),
            (None, Some(_)) => return Err(file(path, format!("no file without {}", other.display()))),
            (None, None) => continue,
        };
        made.check_pixels()?;
        same("classes", &path, &made.classes(), &other, &&images.classes[..])?;
        let (rows, labels) = made.rows_and_labels();
        match (&images.targets, made.targets()) {
            (Some(targets), found) => check_targets((&path, found), rows, (&other, targets), &images.rows)?,
            (None, Some(_)) => return Err(file(path, format!("no tensor `targets`, as {} has none", other.display()))),
            (None, None) => {}
        }
        let known: BTreeSet<(u32, u8)> = images.rows.iter().copied().zip(images.labels).collect();
        let mut found = rows.iter().copied().zip(labels.iter().copied());
        if let Some((row, label)) = found.find(|image| !known.contains(image)) {
            let expected = format!("images of {}, found row {row} with label {label}", other.display());
            return Err(file(path, expected));
        }
        match &first {
            Some((first, expected)) => same("sizes of images", &path, &made.size(), first, expected)?,
            None if labels.is_empty() => return Err(file(path, "at least one image")),
            None => first = Some((path, made.size())),
        }
    }
    first.map(drop).ok_or_else(|| file(images.join(split_file(Split::Train)), "the images to work on"))
}

/// Training would learn from labels alone, and nobody would know.
fn check_targets(
    (path, found): (&Path, Option<&Targets>),
    rows: &[u32],
    (other, targets): (&Path, &Targets),
    known: &[u32],
) -> Result<(), Violation> {
    let Some(found) = found else {
        let expected = format!("the tensor `targets` of {}, found none: hand it on with `rows`", other.display());
        return Err(file(path, expected));
    };
    let known: BTreeMap<u32, usize> = known.iter().enumerate().map(|(index, &row)| (row, index)).collect();
    let is_kept = |(row, found): (&u32, &[f32])| known.get(row).is_none_or(|&index| targets.row(index) == found);
    if rows.iter().zip(found.rows()).all(is_kept) {
        return Ok(());
    }
    Err(Violation::Differs { path: path.to_owned(), what: "`targets`", other: other.to_owned() })
}

/// Checks what a stage of kind train left in `output` against its input in the folder `features`: a model with the
/// features' classes and preprocessing, a configuration of its network, and tensors; where `history.jsonl` is there, a
/// line an epoch.
///
/// # Errors
/// The first [`Violation`].
pub fn check_train(features: &Path, output: &Path) -> Result<(), Violation> {
    let other = features.join(split_file(Split::Train));
    let (features, _) = describe(&other)?;
    let features = features.ok_or_else(|| Error::NoHeader { path: other.clone() })?;
    let preprocessing = features.details.get("preprocessing").unwrap_or(&Value::Null);
    for name in [MODEL, BEST_MODEL, LAST_MODEL] {
        let path = output.join(name);
        if name != MODEL && !path.exists() {
            continue;
        }
        let model: Model = read(&path)?;
        same("classes", &path, &model.classes, &other, &features.classes)?;
        same("words on `preprocessing`", &path, &model.preprocessing, &other, preprocessing)?;
        if !model.network.is_object() {
            return Err(file(path, "the configuration of a network under `network` in the header"));
        }
        if model.tensors.is_empty() {
            return Err(file(path, "at least one tensor"));
        }
    }
    let history = output.join(HISTORY);
    if history.exists() { check_history(&history) } else { Ok(()) }
}

fn check_history(path: &Path) -> Result<(), Violation> {
    for (index, line) in text(path, "the history", RECORD)?.lines().enumerate() {
        let record: Value = serde_json::from_str(line).unwrap_or_default();
        if record["epoch"].as_u64().is_none() || record["loss"].as_f64().is_none() {
            return Err(file(path, format!("an object with `epoch` and `loss` in line {}", index + 1)));
        }
    }
    Ok(())
}

/// The artifact, if there is a file; it must be of the split that its name says.
pub(crate) fn read_split<A: Artifact>(path: &Path, split: Split) -> Result<Option<A>, Violation> {
    if !path.exists() {
        return Ok(None);
    }
    let set: A = open(path)?;
    if set.split() == Some(split) { Ok(Some(set)) } else { Err(file(path, format!("split `{split}` in the header"))) }
}

/// A text of at most so many bytes.
pub(crate) fn text(path: &Path, what: &str, most: u64) -> Result<String, Violation> {
    read_regular_text(path, most).map_err(|error| file(path, format!("{what}: {error}")))
}

pub(crate) fn same<T: PartialEq>(what: &'static str, path: &Path, a: &T, other: &Path, b: &T) -> Result<(), Violation> {
    if a == b { Ok(()) } else { Err(Violation::Differs { path: path.to_owned(), what, other: other.to_owned() }) }
}

pub(crate) fn file(path: impl Into<PathBuf>, expected: impl Into<String>) -> Violation {
    Violation::File { path: path.into(), expected: expected.into() }
}
