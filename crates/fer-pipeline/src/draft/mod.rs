//! A pipeline file for faces that are there: what fits them, and why.

mod choice;
mod speed;
mod text;
mod training;

use std::path::{Component, Path, PathBuf};

use fer_artifact::{Seed, folder_of};
use fer_data::{IngestParams, Proposal, propose, summary};
use serde::Serialize;
use serde_json::{Map, Value, json};

pub use crate::draft::choice::Choice;
use crate::error::Place;
use crate::progress::Clock;
use crate::{Error, StageKind};

/// Seed of a pipeline file that `fer init` writes.
const SEED: u64 = 42;

/// A pipeline file that fits a source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Draft {
    /// The file.
    pub text: String,
    /// What the source holds, in a few lines.
    pub data: String,
    /// What was chosen.
    pub choices: Vec<Choice>,
}

/// Looks at the file or folder `source`, measures how fast a network of the chosen kind trains here, and writes a pipeline
/// file that trains for about so many minutes; `file` is where it will stand.
///
/// # Errors
/// [`Error::Stage`]: what makes it no source of faces, or a training that does not even begin.
pub fn draft(source: &Path, file: &Path, minutes: f64, clock: &dyn Clock) -> Result<Draft, Error> {
    let failed = |stage: StageKind| {
        move |source: Box<dyn std::error::Error + Send + Sync>| Error::Stage { stage: stage.into(), source }
    };
    for path in [source, file] {
        if path.to_str().is_none() {
            let message = "expected a path in UTF-8, as a YAML file can hold it, found other bytes";
            return Err(Error::invalid(Place::File(path.to_owned()), message));
        }
    }
    let seed = Seed::new(SEED).stream(StageKind::Ingest.name());
    let beside = folder_of(file);
    let proposal = propose(source, seed, beside).map_err(|error| failed(StageKind::Ingest)(error.into()))?;
    let training =
        training::choose(&proposal.report, minutes, clock).map_err(|error| failed(StageKind::Train)(error.into()))?;
    let mut choices = of_data(&proposal, file);
    choices.extend(of_preprocess());
    choices.extend(training);
    let run_dir = format!("runs/{}", run_name(source));
    let text = text::write(source, &run_dir, SEED, &choices, &text::rare_classes(&proposal.report));
    Ok(Draft { text, data: summary(&proposal.report), choices })
}

/// The parameters of ingest that are not at their defaults, and what always stands there.
fn of_data(proposal: &Proposal, file: &Path) -> Vec<Choice> {
    let Proposal { params, reasons, .. } = proposal;
    let mut written = params.clone();
    let base = file.parent().unwrap_or(Path::new(""));
    match &mut written.source {
        fer_data::Source::Csv(csv) => csv.path = relative(&csv.path, base),
        fer_data::Source::Folder(folder) => folder.path = relative(&folder.path, base),
        fer_data::Source::Manifest(list) => list.path = relative(&list.path, base),
        fer_data::Source::Parquet(parquet) => parquet.path = relative(&parquet.path, base),
    }
    let (values, defaults) = (json!(written), json!(IngestParams::new(written.source.clone())));
    let names = ["source", "classes", "split", "size", "group", "on_bad_row", "drop_duplicates"];
    let is_said = |name: &&str| matches!(*name, "source" | "classes" | "split") || values[*name] != defaults[*name];
    let choice = |parameter: &'static str| Choice {
        stage: StageKind::Ingest,
        parameter,
        value: without_nothing(&values[parameter]),
        reason: reasons.get(parameter).cloned().unwrap_or_default(),
    };
    names.into_iter().filter(is_said).map(choice).collect()
}

fn of_preprocess() -> [Choice; 2] {
    let choice = |parameter, value, reason: &str| Choice {
        stage: StageKind::Preprocess,
        parameter,
        value,
        reason: reason.to_owned(),
    };
    [
        choice("equalization", json!("none"), ""),
        choice("normalization", json!({"kind": "per-image"}), "pictures differ in light and contrast"),
    ]
}

/// A mapping without what is nothing.
fn without_nothing(value: &Value) -> Value {
    match value.as_object() {
        Some(map) => {
            let kept = map.iter().filter(|(_, value)| !value.is_null());
            kept.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>().into()
        }
        None => value.clone(),
    }
}

/// A path as a file in the folder `base` names it.
fn relative(path: &Path, base: &Path) -> PathBuf {
    let plain = |path: &Path| path.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>();
    let (path, base) = (plain(path), plain(base));
    match path.strip_prefix(&base) {
        Ok(below) if below.as_os_str().is_empty() => PathBuf::from("."),
        Ok(below) => below.to_owned(),
        Err(_) => std::path::absolute(&path).unwrap_or(path),
    }
}

/// The name of the source's run folder: its own, as far as it needs no quotes.
fn run_name(source: &Path) -> String {
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    let stem = if source.is_dir() { &name } else { name.split('.').next().unwrap_or_default() };
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    let kept: String = stem.chars().filter(|letter| fits(*letter)).collect();
    if kept.starts_with(|first: char| first.is_ascii_alphabetic()) { kept } else { format!("faces{kept}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_below_the_files_folder_is_named_from_there() {
        let cases = [("faces.csv", "", "faces.csv"), ("./a/faces", "./a", "faces"), ("a/b", "a", "b"), ("a", "a", ".")];
        for (path, base, expected) in cases {
            assert_eq!(relative(Path::new(path), Path::new(base)), Path::new(expected), "{path} from {base}");
        }
        assert!(relative(Path::new("faces.csv"), Path::new("elsewhere")).is_absolute());
    }

    #[test]
    fn run_folders_have_plain_names() {
        let cases =
            [("data/fer2013.csv.gz", "fer2013"), ("my faces", "myfaces"), ("48.csv", "faces48"), ("..", "faces")];
        cases.into_iter().for_each(|(path, name)| assert_eq!(run_name(Path::new(path)), name));
    }
}
