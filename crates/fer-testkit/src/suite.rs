use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::{
    Artifact, FeatureSet, ImageSet, Pixels, Provenance, Seed, Split, Targets, Violation, check_align, check_evaluate,
    check_ingest, check_preprocess, check_train, read, write,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::data::{feature_set, image_set, model};

/// Whatever stopped a stage.
pub type StageError = Box<dyn std::error::Error + Send + Sync>;

/// What a suite asks of a stage: read the run folder, write the outputs into a folder of their own.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The run folder with the stage's inputs.
    pub run: &'a Path,
    /// An empty folder for its outputs.
    pub output: &'a Path,
    /// The pipeline's seed.
    pub seed: Seed,
}

/// Why a stage does not pass its suite.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The stage itself failed.
    #[error("{situation}: the stage failed")]
    Stage {
        /// What the stage was given.
        situation: &'static str,
        /// Its error.
        source: StageError,
    },
    /// Its output is not what its kind must leave.
    #[error("{situation}")]
    Contract {
        /// What the stage was given.
        situation: &'static str,
        /// What is wrong.
        source: Violation,
    },
    /// A second call with the same inputs and the same seed left something else.
    #[error("{situation}: a second call left another {file}")]
    Unsteady {
        /// What the stage was given.
        situation: &'static str,
        /// The file that differs.
        file: String,
    },
    /// What it did to train depends on other splits.
    #[error("{situation}: with other held-out images, {file} is another: what is fitted must see train alone")]
    Leak {
        /// What the stage was given.
        situation: &'static str,
        /// The file that differs.
        file: String,
    },
    /// The scores do not follow from the counts.
    #[error("{situation}: `accuracy` of `{split}` is {found}, its `confusion` says {expected}")]
    Scores {
        /// What the stage was given.
        situation: &'static str,
        /// The split concerned.
        split: String,
        /// Share of right predictions by the counts.
        expected: f64,
        /// What `metrics.json` says.
        found: String,
    },
}

/// What a stage of kind ingest must pass: it leaves lawful images, the same in two calls. What it reads is its own
/// affair, and so is the run folder's emptiness.
///
/// # Errors
/// The first [`Failure`].
pub fn ingest_suite(mut stage: impl FnMut(&Call<'_>) -> Result<(), StageError>) -> Result<(), Failure> {
    let suite = Situation::new("a source");
    suite.twice(&mut stage, |_, output| check_ingest(output)).map(drop)
}

/// What a stage of kind align must pass: lawful images of three splits, with targets, and of train alone; the same in two calls.
///
/// # Errors
/// The first [`Failure`].
pub fn align_suite(mut stage: impl FnMut(&Call<'_>) -> Result<(), StageError>) -> Result<(), Failure> {
    let check = |run: &Path, output: &Path| check_align(&run.join("ingest"), output);
    let all = Situation::new("three splits");
    for (split, n) in [(Split::Train, 21), (Split::Validation, 14), (Split::Test, 7)] {
        all.put("ingest", split, &image_set(split, n, 8, 8));
    }
    all.twice(&mut stage, check)?;
    let voted = Situation::new("images with targets");
    voted.put("ingest", Split::Train, &with_targets(image_set(Split::Train, 9, 8, 8)));
    voted.twice(&mut stage, check)?;
    let alone = Situation::new("train alone, oblong images");
    alone.put("ingest", Split::Train, &image_set(Split::Train, 9, 6, 10));
    alone.twice(&mut stage, check).map(drop)
}

/// What a stage of kind preprocess must pass: lawful features of three splits; of train alone; of images with targets; of oblong images of
/// other classes with an image of one level among them and nobody in validation. Two calls leave the same, and what
/// becomes of train is the same whatever is held out.
///
/// # Errors
/// The first [`Failure`].
pub fn preprocess_suite(mut stage: impl FnMut(&Call<'_>) -> Result<(), StageError>) -> Result<(), Failure> {
    let stage = &mut stage;
    let all = Situation::new("three splits");
    for (split, n) in [(Split::Train, 21), (Split::Validation, 14), (Split::Test, 7)] {
        all.put("ingest", split, &image_set(split, n, 8, 8));
    }
    let output = all.twice(stage, after_ingest)?;
    let before: FeatureSet = all.read(&output, "train.safetensors")?;

    let mut darker = image_set(Split::Validation, 14, 8, 8);
    in_memory(&mut darker.images).iter_mut().for_each(|level| *level /= 4);
    all.put("ingest", Split::Validation, &darker);
    let output = all.once(stage, after_ingest)?;
    if all.read::<FeatureSet>(&output, "train.safetensors")? != before {
        return Err(Failure::Leak { situation: all.name, file: "train.safetensors".to_owned() });
    }

    let alone = Situation::new("train alone");
    alone.put("ingest", Split::Train, &image_set(Split::Train, 9, 8, 8));
    alone.twice(stage, after_ingest)?;

    let voted = Situation::new("images with targets");
    voted.put("ingest", Split::Train, &with_targets(image_set(Split::Train, 9, 8, 8)));
    voted.twice(stage, after_ingest)?;

    let odd = Situation::new("oblong images, other classes, one level, an empty validation");
    let mut train = of_two_classes(image_set(Split::Train, 9, 6, 10));
    in_memory(&mut train.images)[..60].fill(13);
    odd.put("ingest", Split::Train, &train);
    odd.put("ingest", Split::Validation, &of_two_classes(image_set(Split::Validation, 0, 6, 10)));
    odd.twice(stage, after_ingest).map(drop)
}

fn after_ingest(run: &Path, output: &Path) -> Result<(), Violation> {
    check_preprocess(&run.join("ingest"), output)
}

/// What a stage of kind train must pass: a lawful model from train and validation, and from train alone with other
/// classes; the same in two calls, but for the speeds in `history.jsonl`.
///
/// # Errors
/// The first [`Failure`].
pub fn train_suite(mut stage: impl FnMut(&Call<'_>) -> Result<(), StageError>) -> Result<(), Failure> {
    let both = Situation::new("train and validation");
    for (split, n) in [(Split::Train, 28), (Split::Validation, 14)] {
        let features =
            FeatureSet { preprocessing: serde_json::json!({"by": "fer-testkit"}), ..feature_set(split, n, 8, 8) };
        both.put("preprocess", split, &features);
    }
    both.twice(&mut stage, |run, output| check_train(&run.join("preprocess"), output))?;

    let alone = Situation::new("train alone, other classes");
    let mut train = feature_set(Split::Train, 16, 8, 8);
    train.classes.truncate(2);
    train.labels.iter_mut().for_each(|label| *label %= 2);
    alone.put("preprocess", Split::Train, &train);
    alone.twice(&mut stage, |run, output| check_train(&run.join("preprocess"), output)).map(drop)
}

/// What a stage of kind evaluate must pass, given features and a linear model: lawful predictions and scores, the same
/// in two calls, the accuracy that of the counts.
///
/// # Errors
/// The first [`Failure`].
pub fn evaluate_suite(mut stage: impl FnMut(&Call<'_>) -> Result<(), StageError>) -> Result<(), Failure> {
    let suite = Situation::new("a linear model");
    for (split, n) in [(Split::Train, 21), (Split::Validation, 14), (Split::Test, 9)] {
        suite.put("preprocess", split, &feature_set(split, n, 8, 8));
    }
    write_to(&suite.run.path().join("train/model.safetensors"), &model(8, 8));
    let output = suite.twice(&mut stage, |run, output| check_evaluate(&run.join("preprocess"), output))?;
    let text = std::fs::read_to_string(output.path().join("metrics.json")).expect("the check has read it");
    let metrics: Value = serde_json::from_str(&text).expect("the check has parsed it");
    let splits = metrics["splits"].as_object().expect("the check has seen it");
    for (split, scores) in splits {
        let right = (0..7).filter_map(|class| scores["confusion"][class][class].as_u64()).sum::<u64>();
        let expected = right as f64 / scores["n"].as_f64().unwrap_or(f64::NAN);
        let found = &scores["accuracy"];
        if !found.as_f64().is_some_and(|found| (found - expected).abs() < 1e-6) {
            let (split, found) = (split.clone(), found.to_string());
            return Err(Failure::Scores { situation: suite.name, split, expected, found });
        }
    }
    Ok(())
}

/// Images of which three of four votes are for the label.
fn with_targets(set: ImageSet) -> ImageSet {
    let classes = set.classes.len();
    let mut shares = vec![0.0; classes * set.len()];
    for (row, &label) in shares.chunks_exact_mut(classes).zip(&set.labels) {
        row[usize::from(label)] = 0.75;
        row[usize::from(label + 1) % classes] = 0.25;
    }
    ImageSet { targets: Some(Targets::new(classes, shares)), ..set }
}

fn of_two_classes(set: ImageSet) -> ImageSet {
    let labels = set.labels.iter().map(|label| label % 2).collect();
    ImageSet { classes: vec!["calm".to_owned(), "moved".to_owned()], labels, ..set }
}

/// A run folder with inputs in it, and what it is called in failures.
struct Situation {
    name: &'static str,
    run: TempDir,
}

impl Situation {
    fn new(name: &'static str) -> Self {
        Self { name, run: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    fn put<A: Artifact>(&self, folder: &str, split: Split, artifact: &A) {
        write_to(&self.run.path().join(folder).join(format!("{split}.safetensors")), artifact);
    }

    fn read<A: Artifact>(&self, output: &TempDir, name: &str) -> Result<A, Failure> {
        let situation = self.name;
        read(&output.path().join(name)).map_err(|error| Failure::Contract { situation, source: error.into() })
    }

    /// The output of a call, checked.
    fn once(
        &self,
        stage: &mut impl FnMut(&Call<'_>) -> Result<(), StageError>,
        check: impl Fn(&Path, &Path) -> Result<(), Violation>,
    ) -> Result<TempDir, Failure> {
        let situation = self.name;
        let output = tempfile::tempdir().expect("a temporary folder can be made");
        let call = Call { run: self.run.path(), output: output.path(), seed: Seed::new(7) };
        stage(&call).map_err(|source| Failure::Stage { situation, source })?;
        check(call.run, call.output).map_err(|source| Failure::Contract { situation, source })?;
        Ok(output)
    }

    /// The output of two calls, checked and the same, but for the history, which tells speeds.
    fn twice(
        &self,
        stage: &mut impl FnMut(&Call<'_>) -> Result<(), StageError>,
        check: impl Fn(&Path, &Path) -> Result<(), Violation>,
    ) -> Result<TempDir, Failure> {
        let first = self.once(stage, &check)?;
        let (mut a, b) = (files(first.path()), files(self.once(stage, &check)?.path()));
        a.remove("history.jsonl");
        match a.into_iter().find(|(name, bytes)| b.get(name) != Some(bytes)) {
            Some((file, _)) => Err(Failure::Unsteady { situation: self.name, file }),
            None => Ok(first),
        }
    }
}

fn in_memory(images: &mut Pixels<u8>) -> &mut Vec<u8> {
    images.in_memory().expect("they were made here")
}

fn write_to<A: Artifact>(path: &Path, artifact: &A) {
    let provenance = Provenance::new("fer-testkit", Seed::new(7));
    write(path, artifact, &provenance).expect("a file can be written in a temporary folder");
}

/// The files of a folder, without those below it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("the output is a folder").filter_map(Result::ok);
    let files = entries.filter(|entry| entry.path().is_file());
    let read =
        |entry: std::fs::DirEntry| Some((entry.file_name().into_string().ok()?, std::fs::read(entry.path()).ok()?));
    files.filter_map(read).collect()
}
