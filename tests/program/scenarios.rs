//! Small runs in which something goes wrong.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::shim::{Call, Tree, Watched, outputs};
use crate::world::{PIPELINE, World};

/// How many are tried side by side.
pub(crate) const THREADS: usize = 2;
const OTHER_FEATURES: &str = "--set=preprocess.equalization=none";

/// A folder, and a call in it.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) start: Tree,
    pub(crate) arguments: Vec<&'static str>,
    pub(crate) status: Vec<&'static str>,
    /// What it leaves if nothing disturbs it.
    pub(crate) expected: Tree,
    /// The calls that the program makes, and those among them that may fail.
    pub(crate) all: Vec<Call>,
    pub(crate) calls: Vec<Call>,
}

impl Scenario {
    /// Of a folder in which these calls were made before.
    fn new(library: &Path, name: &'static str, files: &Tree, before: &[&[&str]], call: [&[&'static str]; 2]) -> Self {
        let watched = Watched::new();
        watched.fill(files);
        for arguments in before {
            let seen = watched.undisturbed(library, arguments);
            assert_eq!(seen.code, Some(0), "{}", seen.stderr);
        }
        let start = watched.tree();
        let [arguments, status] = call.map(<[_]>::to_vec);
        let seen = watched.fer(library, &arguments);
        assert_eq!(seen.code, Some(0), "{}", seen.stderr);
        for operation in ["open", "create", "read", "write", "sync", "rename"] {
            assert!(seen.calls.iter().any(|call| call.operation == operation), "no {operation} was seen");
        }
        let calls = seen.calls.iter().filter(|call| call.counts()).cloned().collect();
        let expected = outputs(&watched.tree());
        assert!(expected.len() > 2, "{expected:?}");
        Self { name, start, arguments, status, expected, all: seen.calls, calls }
    }

    /// The files that are others than they should be.
    pub(crate) fn others(&self, found: &Tree) -> String {
        let all = found.keys().chain(self.expected.keys());
        let others: Vec<_> = all.filter(|path| found.get(*path) != self.expected.get(*path)).collect();
        format!("{others:?}")
    }
}

/// All of them, made once.
pub(crate) fn scenarios(library: &Path) -> &'static [Scenario] {
    static ALL: OnceLock<Vec<Scenario>> = OnceLock::new();
    ALL.get_or_init(|| make(library))
}

fn make(library: &Path) -> Vec<Scenario> {
    let world = World::new();
    world.fer(&["synth", "--rows", "70", "--seed", "1", "small.csv"]).succeeded();
    // Half of them, of every split: most of a run's time is the pictures of its report.
    let half: String = world.read("small.csv").split_inclusive('\n').step_by(2).collect();
    std::fs::write(world.path("small.csv"), half).unwrap();
    let file = |name: &str| (PathBuf::from(name), Some(Arc::new(std::fs::read(world.path(name)).unwrap())));
    let pipeline = PIPELINE.replace("faces.csv", "small.csv");
    let sweep = format!("{pipeline}matrix:\n  train.optimizer.learning_rate: [0.05, 0.01]\n");
    let texts = [("pipeline.yaml", pipeline), ("sweep.yaml", sweep)];
    let mut files: Tree = texts.map(|(name, text)| (PathBuf::from(name), Some(Arc::new(text.into_bytes())))).into();
    files.extend([file("small.csv")]);
    let scenario = |name, before: &[&[&str]], call| Scenario::new(library, name, &files, before, call);
    vec![
        scenario("first run", &[], [&["run", "--threads=1", "--checkpoint-epochs=1"], &["status"]]),
        scenario(
            "run with another parameter",
            &[&["run", "--threads=1", "--checkpoint-epochs=1"]],
            [&["run", "--threads=1", "--checkpoint-epochs=1", OTHER_FEATURES], &["status", OTHER_FEATURES]],
        ),
        scenario(
            "sweep of two cells",
            &[],
            [&["sweep", "run", "sweep.yaml", "--jobs=1", "--threads=1"], &["sweep", "status", "sweep.yaml"]],
        ),
    ]
}
