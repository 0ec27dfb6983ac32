//! The runner as a program uses it, on a chain that begins with artifacts in place.

mod chain;
mod company;
mod run;
mod suites;

use std::time::Duration;

use fer_artifact::{Provenance, Seed, Split, write};
use fer_pipeline::progress::{Clock, Event, Reporter};
use fer_pipeline::{Pipeline, StageName};
use tempfile::TempDir;

pub(crate) const CHAIN: &str = "\
version: 1
seed: 7
run_dir: run
stages:
  - stage: preprocess
  - stage: train
    params: {model: {name: linear}, epochs: 2, batch_size: 16}
  - stage: evaluate
";

/// A folder with a chain and what ingest would have left.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("chain.yaml"), CHAIN).unwrap();
    let provenance = Provenance::new("test", Seed::new(1));
    for (split, images) in [(Split::Train, 56), (Split::Validation, 14)] {
        let path = folder.path().join(format!("run/ingest/{split}.safetensors"));
        write(&path, &fer_testkit::image_set(split, images, 8, 8), &provenance).unwrap();
    }
    folder
}

pub(crate) fn load(folder: &TempDir, overrides: &[&str]) -> Result<Pipeline, fer_pipeline::Error> {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    Pipeline::load(&folder.path().join("chain.yaml"), &overrides, None)
}

/// A clock that stands still.
pub(crate) struct Still;

impl Clock for Still {
    fn elapsed(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn now(&self) -> String {
        "2026-05-17T08:30:00Z".to_owned()
    }
}

/// Notes what it is told, and asks to stop once it was told `stop_after` events.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) started: Vec<StageName>,
    pub(crate) epochs: usize,
    pub(crate) batches: usize,
    pub(crate) stop_after: Option<usize>,
}

impl Reporter for Notes {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Started { stage, .. } => self.started.push(*stage),
            Event::Epoch { .. } => self.epochs += 1,
            Event::Batch(_) => self.batches += 1,
            _ => {}
        }
    }

    fn stop_requested(&self) -> bool {
        self.stop_after.is_some_and(|batches| self.batches >= batches)
    }
}
