use fer_artifact::names::{METRICS, MODEL, split_file};
use fer_artifact::{Digest, Header, Kind, Metrics, Split, TensorInfo, describe, tidy};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::evaluated::{Evaluated, read_metrics};
use crate::run_folder::folder::{CELLS, CONFIG_FILE, io, is_run};
use crate::run_folder::lock::{Entry, Lock};
use crate::run_folder::notes::read_note;
use crate::stages::entry;
use crate::yaml::document::Document;
use crate::{Error, RunState, StageKind, StageName};

/// How many folders below each other are looked into for runs.
const DEEPEST: usize = 32;

/// What a run folder tells of its run: of each stage what the lock says, as it last ran to its end, and of a stage that
/// never did as the resolved configuration has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// The run folder.
    pub path: PathBuf,
    /// How it stands.
    #[serde(flatten)]
    pub state: RunState,
    /// What the user noted of it.
    pub note: Option<String>,
    /// When its last stage ended, in UTC; none if a stage has not run yet.
    pub finished: Option<String>,
    /// Version by stage.
    pub versions: BTreeMap<String, Value>,
    /// Value by name: `seed`, `train.optimizer.learning_rate`.
    pub parameters: BTreeMap<String, Value>,
    /// Digests of the files that came from outside, by stage and name (`ingest.source`) or, where they were put in the
    /// place of a stage's outputs, by path; number of images by split (`train images`); the classes.
    pub data: BTreeMap<String, Value>,
    /// The scores of the last evaluation in the chain, if the run got that far.
    pub metrics: Option<Metrics>,
    /// Whether these scores are those of the model that stands in the folder.
    pub metrics_are_current: bool,
    /// The scores of every evaluation, in the order of the chain; the last ones are `metrics`.
    pub evaluations: Vec<Evaluated>,
    /// The trainings, in the order of the chain.
    pub trainings: Vec<StageName>,
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
        let config = Config::read(path)?;
        let evaluations = evaluations(path, &config, entries)?;
        let last = evaluations.last();
        let is_complete = !entries.is_empty() && config.stages.iter().all(|(stage, _)| entries.contains_key(stage));
        let ended = if is_complete { RunState::Finished } else { RunState::Unfinished };
        Ok(Self {
            path: path.to_owned(),
            state: RunState::read(path).unwrap_or(ended),
            note: read_note(path),
            finished: entries.values().map(|entry| entry.finished.clone()).max().filter(|_| is_complete),
            versions: versions.collect(),
            parameters: parameters(config.parameters.clone(), entries),
            data: data(path, entries),
            metrics: last.map(|evaluated| evaluated.metrics.clone()),
            metrics_are_current: last.is_some_and(|evaluated| evaluated.is_current),
            evaluations,
            trainings: of_kind(StageKind::Train, &config, entries),
        })
    }

    /// The runs in this folder and below, sorted by path. Hidden folders, links, and what lies in a run are left out,
    /// but for the cells of a sweep. A run that cannot be read, a folder that cannot be listed, or a link in the place
    /// of a sweep's cells, is told with its error in the list.
    pub fn find(folder: &Path) -> Vec<Result<Self, Error>> {
        Self::folders(folder).into_iter().map(|found| Self::read(&found?)).collect()
    }

    /// The folders of these runs, which are not read. Folders below folders are looked into 32 times.
    pub fn folders(folder: &Path) -> Vec<Result<PathBuf, Error>> {
        let mut found = vec![];
        collect(folder, DEEPEST, &mut found);
        found
    }
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<Result<PathBuf, Error>>) {
    let cells = folder.join(CELLS);
    if cells.is_symlink() {
        let link = std::io::Error::other("expected a folder, found a link, which is not followed");
        found.push(Err(io(&cells, "list the cells")(link)));
    }
    let below = match is_run(folder) {
        true => {
            found.push(Ok(folder.to_owned()));
            if cells.symlink_metadata().is_ok_and(|cells| cells.is_dir()) { folders(&cells) } else { return }
        }
        false => folders(folder),
    };
    match below {
        Ok(folders) if depth > 0 => folders.iter().for_each(|folder| collect(folder, depth - 1, found)),
        Ok(folders) if folders.is_empty() => {}
        Ok(_) => {
            found.push(Err(io(folder, "list the folder")(std::io::Error::other("too many folders below folders"))))
        }
        Err(source) => found.push(Err(io(folder, "list the folder")(source))),
    }
}

/// The folders in a folder, sorted, but for hidden ones and links.
fn folders(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut folders = vec![];
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
            folders.push(tidy(&entry.path()));
        }
    }
    folders.sort();
    Ok(folders)
}

/// The stages of a kind: in the order of the configuration, then the stages that only the lock knows.
fn of_kind(kind: StageKind, config: &Config, entries: &BTreeMap<StageName, Entry>) -> Vec<StageName> {
    let locked = entries.iter().filter_map(|(name, entry)| Some((*name, entry.kind(*name)?)));
    let mut stages = vec![];
    for (name, _) in config.stages.iter().copied().chain(locked).filter(|(_, of)| *of == kind) {
        if !stages.contains(&name) {
            stages.push(name);
        }
    }
    stages
}

fn evaluations(path: &Path, config: &Config, entries: &BTreeMap<StageName, Entry>) -> Result<Vec<Evaluated>, Error> {
    let mut evaluations = vec![];
    for stage in of_kind(StageKind::Evaluate, config, entries) {
        if let Some(metrics) = read_metrics(path, stage)? {
            let is_current = is_current(path, stage, entries)?;
            evaluations.push(Evaluated { stage, of: model_of(stage, entries), metrics, is_current });
        }
    }
    Ok(evaluations)
}

/// The stage whose model this stage read.
fn model_of(stage: StageName, entries: &BTreeMap<StageName, Entry>) -> Option<StageName> {
    let mut inputs = entries.get(&stage)?.inputs.keys();
    inputs.find(|input| Path::new(input).ends_with(MODEL)).and_then(|input| StageName::of_path(input))
}

/// Whether the lock knows these scores, and a model in the folder is the one that they are of.
fn is_current(path: &Path, stage: StageName, entries: &BTreeMap<StageName, Entry>) -> Result<bool, Error> {
    let Some(evaluate) = entries.get(&stage) else { return Ok(false) };
    for (input, digest) in evaluate.inputs.iter().filter(|(input, _)| Path::new(input).ends_with(MODEL)) {
        // A lock that names a file elsewhere is none of ours.
        if StageName::of_path(input).is_none() || input.split('/').any(|part| part == "..") {
            return Ok(false);
        }
        let model = path.join(input);
        if model.is_file() && Digest::of_file(&model)? != *digest {
            return Ok(false);
        }
    }
    let metrics = format!("{stage}/{METRICS}");
    Ok(evaluate.outputs.get(&metrics) == Some(&Digest::of_file(&path.join(&metrics))?))
}

/// The configuration's parameters, replaced by the lock's for the stages that ran. The seed is the configuration's only
/// if a stage ran with it: a run that failed at once has changed nothing.
fn parameters(mut tree: Map<String, Value>, entries: &BTreeMap<StageName, Entry>) -> BTreeMap<String, Value> {
    let planned = tree.get("seed").and_then(Value::as_u64);
    let has_run = |seed: &u64| entries.values().any(|entry| entry.seed == *seed);
    let last = entries.values().max_by(|one, other| one.finished.cmp(&other.finished)).map(|entry| entry.seed);
    if let Some(seed) = planned.filter(has_run).or(last) {
        tree.insert("seed".to_owned(), seed.into());
    }
    for (stage, entry) in entries {
        tree.insert(stage.to_string(), entry.params.clone());
        // A stage that has not run since the seed was changed has the former one.
        if tree["seed"].as_u64() != Some(entry.seed) {
            tree.insert(format!("{stage}.seed"), entry.seed.into());
        }
    }
    let mut parameters = BTreeMap::new();
    flatten(String::new(), Value::Object(tree), &mut parameters);
    parameters
}

/// What the resolved configuration of a run folder says; nothing where there is none.
#[derive(Default)]
pub(crate) struct Config {
    /// The stages in the order of the chain.
    pub(crate) stages: Vec<(StageName, StageKind)>,
    /// The seed, and the parameters of each stage.
    parameters: Map<String, Value>,
}

impl Config {
    pub(crate) fn read(run_dir: &Path) -> Result<Self, Error> {
        let path = run_dir.join(CONFIG_FILE);
        let mut found = Self::default();
        if !path.is_file() {
            return Ok(found);
        }
        let invalid = |problem| Error::Invalid { problems: vec![problem] };
        let config: Value = Document::read(&path, &[])?.parse("", &[]).map_err(invalid)?;
        found.parameters.extend(config.get("seed").map(|seed| ("seed".to_owned(), seed.clone())));
        for stage in config["stages"].as_array().into_iter().flatten() {
            let Some(name) = stage["name"].as_str().or(stage["stage"].as_str()) else { continue };
            found.parameters.insert(name.to_owned(), stage["params"].clone());
            let kind = stage["stage"].as_str().and_then(|kind| kind.parse().ok());
            found.stages.extend(name.parse().ok().zip(kind));
        }
        Ok(found)
    }
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
