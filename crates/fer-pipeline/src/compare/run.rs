use fer_artifact::names::{MODEL, split_file};
use fer_artifact::{Digest, Header, Kind, Metrics, Split, TensorInfo, describe};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::file::Document;
use crate::folder::{CELLS, CONFIG_FILE};
use crate::lock::{Entry, LOCK_FILE, Lock};
use crate::stages::entry;
use crate::{Error, StageKind, StageName};

const METRICS: &str = "evaluate/metrics.json";

/// What a run folder tells of its run: of each stage as it last ran to its end, and of a stage that never did as the
/// resolved configuration has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// The run folder.
    pub path: PathBuf,
    /// When its last stage ended, in UTC; none if none has yet.
    pub finished: Option<String>,
    /// Version by stage.
    pub versions: BTreeMap<String, Value>,
    /// Value by name: `seed`, `train.optimizer.learning_rate`.
    pub parameters: BTreeMap<String, Value>,
    /// Digests of the files that came from outside, by stage and name (`ingest.source`) or, where they were put in the
    /// place of a stage's outputs, by path; number of images by split (`train images`); the classes.
    pub data: BTreeMap<String, Value>,
    /// The scores, if the run got that far.
    pub metrics: Option<Metrics>,
    /// Whether the scores are those of the model that stands in the folder.
    pub metrics_are_current: bool,
}

impl Run {
    /// Reads the run in this folder.
    ///
    /// # Errors
    /// [`Error::NoRun`], or a lock, configuration or `metrics.json` that cannot be read.
    pub fn read(path: &Path) -> Result<Self, Error> {
        if !is_run(path) {
            return Err(Error::NoRun { path: path.to_owned() });
        }
        let lock = Lock::read(path)?;
        let entries = &lock.stages;
        let versions = entries.iter().map(|(kind, entry)| (kind.to_string(), entry.version.into()));
        let metrics = read_metrics(path)?;
        Ok(Self {
            path: path.to_owned(),
            finished: entries.values().map(|entry| entry.finished.clone()).max(),
            versions: versions.collect(),
            parameters: parameters(path, entries)?,
            data: data(path, entries),
            metrics_are_current: metrics.is_some() && are_current(path, entries)?,
            metrics,
        })
    }

    /// The runs in this folder and below, sorted by path. Hidden folders, links, and what lies in a run are left out,
    /// but for the cells of a sweep.
    ///
    /// # Errors
    /// A folder that cannot be listed. A run that cannot be read is told with its error in the list.
    pub fn find(folder: &Path) -> Result<Vec<Result<Self, Error>>, Error> {
        if is_run(folder) {
            let mut runs = vec![Self::read(folder)];
            let cells = folder.join(CELLS);
            if cells.is_dir() {
                runs.extend(Self::find(&cells)?);
            }
            return Ok(runs);
        }
        let io = |source| Error::Io { path: folder.to_owned(), action: "list the folder", source };
        let mut folders = vec![];
        for entry in std::fs::read_dir(folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            if entry.file_type().map_err(io)?.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
                folders.push(entry.path());
            }
        }
        folders.sort();
        let found: Vec<_> = folders.iter().map(|folder| Self::find(folder)).collect::<Result<_, _>>()?;
        Ok(found.into_iter().flatten().collect())
    }
}

fn is_run(path: &Path) -> bool {
    [LOCK_FILE, CONFIG_FILE].iter().any(|name| path.join(name).is_file())
}

fn read_metrics(path: &Path) -> Result<Option<Metrics>, Error> {
    let path = path.join(METRICS);
    match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|source| Error::Metrics { path, source }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io { path, action: "read the scores", source }),
    }
}

/// Whether the lock knows these scores, and a model in the folder is the one that they are of.
fn are_current(path: &Path, entries: &BTreeMap<StageName, Entry>) -> Result<bool, Error> {
    let Some(evaluate) = entries.get(&StageName::from(StageKind::Evaluate)) else { return Ok(false) };
    for (input, digest) in evaluate.inputs.iter().filter(|(input, _)| Path::new(input).ends_with(MODEL)) {
        let model = path.join(input);
        if model.is_file() && Digest::of_file(&model)? != *digest {
            return Ok(false);
        }
    }
    Ok(evaluate.outputs.get(METRICS) == Some(&Digest::of_file(&path.join(METRICS))?))
}

/// The configuration's parameters, replaced by the lock's for the stages that ran.
fn parameters(path: &Path, entries: &BTreeMap<StageName, Entry>) -> Result<BTreeMap<String, Value>, Error> {
    let mut tree = configured(&path.join(CONFIG_FILE))?;
    for (kind, entry) in entries {
        tree.insert(kind.to_string(), entry.params.clone());
        // A stage that has not run since the seed was changed has the former one.
        if tree.entry("seed").or_insert_with(|| entry.seed.into()).as_u64() != Some(entry.seed) {
            tree.insert(format!("{kind}.seed"), entry.seed.into());
        }
    }
    let mut parameters = BTreeMap::new();
    flatten(String::new(), Value::Object(tree), &mut parameters);
    Ok(parameters)
}

/// Seed and parameters by stage, from the resolved configuration if there is one.
fn configured(path: &Path) -> Result<Map<String, Value>, Error> {
    let mut tree = Map::new();
    if !path.is_file() {
        return Ok(tree);
    }
    let invalid = |problem| Error::Invalid { problems: vec![problem] };
    let config: Value = Document::read(path, &[])?.parse("", &[]).map_err(invalid)?;
    tree.extend(config.get("seed").map(|seed| ("seed".to_owned(), seed.clone())));
    for stage in config["stages"].as_array().into_iter().flatten() {
        if let Some(name) = stage["name"].as_str().or(stage["stage"].as_str()) {
            tree.insert(name.to_owned(), stage["params"].clone());
        }
    }
    Ok(tree)
}

/// The leaves of the tree by dotted path; a list is a leaf.
fn flatten(path: String, value: Value, leaves: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                flatten(path, value, leaves);
            }
        }
        leaf => drop(leaves.insert(path, leaf)),
    }
}

fn data(path: &Path, entries: &BTreeMap<StageName, Entry>) -> BTreeMap<String, Value> {
    let mut data = BTreeMap::new();
    for (kind, entry) in entries {
        for (input, digest) in &entry.inputs {
            let name = match StageName::of_path(input).and_then(|name| kind_of(name, entries)) {
                None => format!("{kind}.{input}"),
                Some(maker) if is_data(maker) && !is_made(input, digest, entries) => input.clone(),
                Some(_) => continue,
            };
            data.insert(name, digest.to_string().into());
        }
    }
    for split in Split::ALL {
        if let Some((header, tensors)) = images(path, split) {
            let count = tensors.iter().find(|tensor| tensor.name == "images").and_then(|tensor| tensor.shape.first());
            data.extend(count.map(|&count| (format!("{split} images"), count.into())));
            data.insert("classes".to_owned(), header.classes.into());
        }
    }
    data
}

/// Whether a stage of the run made this file. Its digest then follows from what else is told, and says no more: a
/// header holds seed and parameters.
fn is_made(input: &str, digest: &Digest, entries: &BTreeMap<StageName, Entry>) -> bool {
    entries.values().any(|entry| entry.outputs.get(input) == Some(digest))
}

/// The kind of a stage that the lock knows, or whose name says it.
fn kind_of(name: StageName, entries: &BTreeMap<StageName, Entry>) -> Option<StageKind> {
    entries.get(&name).map_or_else(|| name.kind(), |entry| entry.kind(name))
}

/// Whether a stage of this kind leaves what networks are trained on.
fn is_data(kind: StageKind) -> bool {
    matches!(entry(kind).leaves, Some(Kind::Images | Kind::Features))
}

/// Header and tensor table of a split's images, from where they still are.
fn images(path: &Path, split: Split) -> Option<(Header, Vec<TensorInfo>)> {
    StageKind::ALL.into_iter().filter(|kind| is_data(*kind)).find_map(|kind| {
        let (header, tensors) = describe(&path.join(kind.name()).join(split_file(split))).ok()?;
        Some((header?, tensors))
    })
}
