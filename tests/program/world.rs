//! A folder with a small source of faces and a pipeline file, and the program to call in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// 140 faces: 112 train, 14 validation, 14 test. Two epochs of the linear model.
pub(crate) const PIPELINE: &str = "\
version: 1
seed: 7
run_dir: run
stages:
  - stage: ingest
    params:
      source: {kind: csv, path: faces.csv}
      split: {kind: usage}
  - stage: preprocess
    params: {normalization: {kind: unit}}
  - stage: train
    params:
      model: {name: linear}
      epochs: 2
      batch_size: 16
      shuffle: true
      evaluate_every: 1
      optimizer: {name: sgd, learning_rate: 0.05}
  - stage: evaluate
    params: {}
";

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Standard output as JSON; nothing else may stand there.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }
}

pub(crate) struct World {
    folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(world.path("faces.csv"), faces()).unwrap();
        std::fs::write(world.path("pipeline.yaml"), PIPELINE).unwrap();
        world
    }

    /// A world whose chain has run.
    pub(crate) fn ran() -> Self {
        let world = Self::new();
        world.fer(&["run"]).succeeded();
        world
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub(crate) fn read(&self, relative: &str) -> String {
        std::fs::read_to_string(self.path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fer"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Calls the program in the world's folder.
    pub(crate) fn fer(&self, arguments: &[&str]) -> Ended {
        let output = assert_cmd::Command::from_std(self.command(arguments)).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Every file below a folder with its bytes, by path.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path(folder), "", &mut files);
        files
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        match path.is_dir() {
            true => collect(&path, &format!("{name}/"), files),
            false => drop(files.insert(name, std::fs::read(&path).unwrap())),
        }
    }
}

/// The source, drawn once by the program itself.
fn faces() -> &'static [u8] {
    static FACES: OnceLock<Vec<u8>> = OnceLock::new();
    FACES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faces.csv");
        let mut command = Command::new(env!("CARGO_BIN_EXE_fer"));
        let status = command.args(["synth", "--rows", "140", "--seed", "1"]).arg(&path).status().unwrap();
        assert!(status.success());
        std::fs::read(path).unwrap()
    })
}

/// The lines of a text.
pub(crate) fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}
