//! A run by several processes, which are threads here.

use std::path::Path;
use std::sync::Arc;

use fer_pipeline::progress::Silent;
use fer_pipeline::{CheckpointEvery, Error, Pipeline, RunOptions, StageKind};
use fer_testkit::{Process, on_processes};
use fer_train::{Peers, PeersError, Words};
use tempfile::TempDir;

use crate::{Notes, Still, folder};

struct Threads(Process);

impl Peers for Threads {
    fn rank(&self) -> usize {
        self.0.rank()
    }

    fn count(&self) -> usize {
        self.0.count()
    }

    fn exchange(&self, outgoing: Vec<Arc<Words>>, incoming: Vec<usize>) -> Result<Vec<Words>, PeersError> {
        self.0.exchange(outgoing, incoming)
    }
}

const PARTS: [&str; 3] = ["train.shards=4", "train.epochs=3", "train.evaluate_every=1"];

fn load(folder: &TempDir, run_dir: &str, overrides: &[&str]) -> Result<Pipeline, Error> {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    let run_dir = folder.path().join(run_dir);
    Pipeline::load(&folder.path().join("chain.yaml"), &overrides, Some(&run_dir))
}

/// How the program uses it: process 0 runs, the others follow. Gives what each ends with: an exit code, or an error.
fn run(folder: &TempDir, run_dir: &str, count: usize, stop_after: Option<usize>) -> Vec<Result<u8, Error>> {
    let options = RunOptions { checkpoint_every: CheckpointEvery::default(), ..RunOptions::default() };
    on_processes(count, |own| {
        let rank = own.rank();
        let pipeline = load(folder, run_dir, &PARTS).unwrap().with_peers(Arc::new(Threads(own)))?;
        if rank > 0 {
            return pipeline.follow(&options, &Still, &mut Silent);
        }
        let mut notes = Notes { stop_after, ..Notes::default() };
        let outcome = pipeline.run(&options, &Still, &mut notes);
        pipeline.dismiss(u8::from(outcome.is_err())).unwrap();
        outcome.map(|_| 0)
    })
}

fn ingested(folder: &TempDir, run_dir: &str) {
    let (from, to) = (folder.path().join("run/ingest"), folder.path().join(run_dir).join("ingest"));
    std::fs::create_dir_all(&to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn outputs(folder: &TempDir, run_dir: &str) -> Vec<Vec<u8>> {
    let files = ["train/model.safetensors", "train/history.jsonl", "evaluate/metrics.json", "evaluate/report.html"];
    files.iter().map(|file| std::fs::read(folder.path().join(run_dir).join(file)).unwrap()).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn any_number_of_processes_leaves_the_same_files() {
    let folder = folder();
    for count in [1, 2, 3, 4] {
        let run_dir = format!("by-{count}");
        ingested(&folder, &run_dir);
        let ends = run(&folder, &run_dir, count, None);
        assert!(ends.iter().all(|end| matches!(end, Ok(0))), "{ends:?}");
        assert_eq!(outputs(&folder, &run_dir), outputs(&folder, "by-1"), "{count} processes");
        assert_eq!(names(&folder.path().join(run_dir)), names(&folder.path().join("by-1")));
    }
}

#[test]
fn a_stopped_run_goes_on_with_another_number_of_processes() {
    let folder = folder();
    ["alone", "stopped"].iter().for_each(|run_dir| ingested(&folder, run_dir));
    run(&folder, "alone", 1, None);
    let ends = run(&folder, "stopped", 4, Some(6));
    assert!(matches!(&ends[0], Err(Error::Interrupted { stage }) if *stage == StageKind::Train), "{ends:?}");
    assert!(ends[1..].iter().all(|end| matches!(end, Ok(1))), "{ends:?}");
    let ends = run(&folder, "stopped", 2, None);
    assert!(ends.iter().all(|end| matches!(end, Ok(0))), "{ends:?}");
    assert_eq!(outputs(&folder, "stopped"), outputs(&folder, "alone"));
}

#[test]
fn trainings_of_too_few_parts_are_refused_before_anything_runs() {
    let folder = folder();
    let refused = on_processes(3, |own| {
        load(&folder, "refused", &["train.shards=2"]).unwrap().with_peers(Arc::new(Threads(own))).err().unwrap()
    });
    for error in refused {
        assert!(error.is_usage());
        assert_eq!(
            error.to_string(),
            "train: 3 processes need `shards` of at least 3, found 2: set `shards`, which changes numbers, or start fewer \
             processes, which changes none"
        );
    }
    assert!(!folder.path().join("refused").exists());
}

#[test]
fn a_process_that_sees_another_pipeline_says_so() {
    let folder = folder();
    let ends = on_processes(2, |own| {
        let rank = own.rank();
        let other = if rank == 0 { "train.label_smoothing=0" } else { "train.label_smoothing=0.1" };
        let pipeline = load(&folder, "run", &[PARTS.as_slice(), &[other]].concat()).unwrap();
        let pipeline = pipeline.with_peers(Arc::new(Threads(own))).unwrap();
        let options = RunOptions::default();
        match rank {
            0 => {
                let error = pipeline.run(&options, &Still, &mut Silent).map(drop).unwrap_err();
                // The other waits for nothing any more, and this one knows that it would not hear a call.
                assert!(pipeline.dismiss(1).is_err());
                error
            }
            _ => pipeline.follow(&options, &Still, &mut Silent).map(drop).unwrap_err(),
        }
    });
    assert!(matches!(&ends[1], Error::Estranged { stage, rank: 1 } if *stage == StageKind::Train), "{ends:?}");
    assert!(matches!(&ends[0], Error::Stage { .. }), "{ends:?}");
}
