//! A run folder that is whole, in memory: what stands in it before each try, and what a run must end with.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fer_pipeline::progress::{Clock, Silent};
use fer_pipeline::{CheckpointEvery, Error, Outcome, Pipeline, RunOptions};

use crate::{file, folder};

const CHAIN: &str = "\
version: 1
seed: 7
run_dir: run
stages:
  - stage: ingest
    params: {source: {kind: csv, path: faces.csv}}
  - stage: preprocess
  - stage: train
    params: {model: {name: linear}, epochs: 2, batch_size: 16}
  - stage: evaluate
";

/// A clock that stands still.
struct Still;

impl Clock for Still {
    fn elapsed(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn now(&self) -> String {
        "2026-05-17T08:30:00Z".to_owned()
    }
}

/// Files by path.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A chain, its run folder, and the files in it.
pub struct World {
    chain: PathBuf,
    /// The files of the run folder after a run of two epochs.
    pub start: Files,
}

impl World {
    /// Makes the folder and runs the chain.
    pub fn new() -> Self {
        let mut faces = "emotion,pixels,Usage\n".to_owned();
        for row in 0..42 {
            let pixels: Vec<String> = (0..64).map(|at| ((row * 37 + at * at) % 256).to_string()).collect();
            let usage = ["Training", "Training", "PublicTest"][row % 3];
            writeln!(faces, "{},{},{usage}", row % 7, pixels.join(" ")).expect("a string takes all");
        }
        file("faces.csv", faces.as_bytes());
        let world = Self { chain: file("chain.yaml", CHAIN.as_bytes()), start: Files::new() };
        world.run(2).expect("the chain runs");
        Self { start: files(&world.run_dir()), ..world }
    }

    /// The run folder.
    pub fn run_dir(&self) -> PathBuf {
        folder().join("run")
    }

    /// The chain with so many epochs.
    pub fn pipeline(&self, epochs: usize) -> Pipeline {
        Pipeline::load(&self.chain, &[format!("train.epochs={epochs}")], None).expect("the chain is valid")
    }

    /// Runs it.
    pub fn run(&self, epochs: usize) -> Result<Outcome, Error> {
        let checkpoint_every = CheckpointEvery { epochs: NonZeroUsize::new(1), ..CheckpointEvery::default() };
        let options = RunOptions { checkpoint_every, ..RunOptions::default() };
        self.pipeline(epochs).run(&options, &Still, &mut Silent)
    }

    /// Puts the files of [`Self::start`] in place, and no others, but with these bytes in one of them.
    pub fn fill(&self, name: &Path, bytes: &[u8]) {
        let run = self.run_dir();
        std::fs::remove_dir_all(&run).expect("the run folder can be removed");
        let found = files(folder());
        let names: Vec<&Path> = found.keys().map(PathBuf::as_path).collect();
        assert_eq!(
            names,
            [Path::new("chain.yaml"), Path::new("faces.csv")],
            "nothing is written beside the run folder"
        );
        for (path, whole) in &self.start {
            let path = run.join(path);
            std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
            std::fs::write(path, whole).expect("a file can be written");
        }
        std::fs::write(run.join(name), bytes).expect("a file can be written");
    }

    /// The artifacts of the run folder.
    pub fn artifacts(&self) -> Files {
        let mut files = files(&self.run_dir());
        let is_artifact = |path: &Path| path.extension().is_some_and(|end| end == "safetensors");
        let is_hidden =
            |path: &Path| path.iter().any(|name| name == "checkpoints" || name.to_string_lossy().starts_with('.'));
        files.retain(|path, _| is_artifact(path) && !is_hidden(path));
        files
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

fn files(folder: &Path) -> Files {
    let mut all = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in std::fs::read_dir(inner).expect("a folder can be read") {
            let path = entry.expect("a folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("it is below").to_owned();
                all.insert(name, std::fs::read(&path).expect("a file can be read"));
            }
        }
    }
    all
}
