//! The power fails after any call that changes something: what was not synced is lost, torn, or there without its name. The next run heals
//! that, and ends as one that nothing disturbed. `FER_POWER=all` tries all of it; otherwise a sample is tried.
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Mutex;

use crate::disk::{Disk, Loss};
use crate::scenarios::{Scenario, THREADS, scenarios};
use crate::shim::{Tree, Watched, library, outputs, unfinished};

/// Every so many states one is tried, if `FER_POWER` does not say another number.
const STRIDE: usize = 71;
const LOSSES: [Loss; 7] =
    [Loss::All, Loss::Contents, Loss::Halves, Loss::Names, Loss::Drawn(1), Loss::Drawn(2), Loss::Drawn(3)];

/// What the power has left of a scenario.
struct Left<'a> {
    scenario: &'a Scenario,
    /// How many calls came before, and the last of them.
    at: String,
    loss: Loss,
    files: Tree,
    /// Whether the run had ended.
    is_end: bool,
}

fn left(scenario: &Scenario) -> Vec<Left<'_>> {
    let (mut disk, mut known, mut found) = (Disk::of(&scenario.start), BTreeSet::new(), vec![]);
    let last = scenario.all.len() - 1;
    for (place, call) in scenario.all.iter().enumerate() {
        disk.apply(call);
        let changes = ["create", "write", "sync", "truncate", "rename", "link", "unlink", "rmdir", "mkdir"];
        if !(changes.contains(&&*call.operation) && call.is_done || place == last) {
            continue;
        }
        for loss in LOSSES {
            let (files, at) = (disk.after(loss), format!("call {place}, {} {}", call.operation, call.path.display()));
            if known.insert(digest(&files)) || place == last {
                found.push(Left { scenario, at, loss, files, is_end: place == last });
            }
        }
    }
    found
}

/// Tells states apart by a part of their bytes: to read all of them, thousands of times, would take longer than to run the program.
fn digest(files: &Tree) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (path, bytes) in files {
        let bytes = bytes.as_ref().map(|bytes| (bytes.len(), bytes.iter().step_by(61).copied().collect::<Vec<u8>>()));
        (path, bytes).hash(&mut hasher);
    }
    hasher.finish()
}

impl Left<'_> {
    fn tried(&self, library: &Path, watched: &Watched) -> Result<&'static str, String> {
        let Self { scenario, files, .. } = self;
        watched.fill(files);
        let status = watched.undisturbed(library, &scenario.status);
        let is_same = outputs(files) == scenario.expected;
        match status.code {
            Some(0) if !is_same => {
                return Err(format!("status says that all is fresh: {}", scenario.others(&outputs(files))));
            }
            code if self.is_end && code != Some(0) => {
                return Err(format!("the run had ended, and is not whole: {}", status.stderr));
            }
            _ => {}
        }
        let next = watched.undisturbed(library, &scenario.arguments);
        let tree = watched.tree();
        match next.code {
            Some(0) if outputs(&tree) != scenario.expected => {
                Err(format!("the next run ends otherwise: {}", scenario.others(&outputs(&tree))))
            }
            Some(0) if !unfinished(&tree).is_empty() => Err(format!("the next run leaves {:?}", unfinished(&tree))),
            Some(0) if status.code == Some(0) => Ok("whole"),
            Some(0) => Ok("healed"),
            code => Err(format!("the next run ends with {code:?}: {}", next.stderr)),
        }
    }
}

#[test]
fn after_a_loss_of_power_the_next_run_heals() {
    let Some(library) = library() else { return };
    let asked = std::env::var("FER_POWER").ok();
    let stride = asked.as_ref().map_or(STRIDE, |asked| asked.parse().unwrap_or(1));
    let all: Vec<Left<'_>> = scenarios(library).iter().flat_map(left).collect();
    // The end of each is always tried.
    let all: Vec<_> = all.iter().enumerate().filter(|(place, left)| place % stride == 0 || left.is_end).collect();
    let results = Mutex::new((BTreeMap::<String, usize>::new(), vec![]));
    std::thread::scope(|scope| {
        for worker in 0..THREADS {
            let (all, results) = (&all, &results);
            scope.spawn(move || {
                let watched = Watched::new();
                for (_, left) in all.iter().skip(worker).step_by(THREADS) {
                    let tried = left.tried(library, &watched);
                    let what = format!("{}, {:?}", left.scenario.name, left.loss);
                    let mut results = results.lock().unwrap();
                    *results.0.entry(format!("{what}: {}", tried.as_ref().copied().unwrap_or("WRONG"))).or_default() +=
                        1;
                    results.1.extend(tried.err().map(|reason| format!("{what} after {}: {reason}", left.at)));
                }
            });
        }
    });
    let (tally, wrong) = results.into_inner().unwrap();
    if asked.is_some() {
        #[expect(clippy::print_stderr, reason = "who asks for all losses wants to know what came of them")]
        {
            eprintln!("{tally:#?}\n{} in all", all.len());
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

/// To sync a folder is in vain while power can still take away the folder itself: a checkpoint that was told would be gone.
#[test]
fn a_folder_that_is_synced_has_a_name_that_lasts() {
    let Some(library) = library() else { return };
    for scenario in scenarios(library) {
        let mut disk = Disk::of(&scenario.start);
        let in_vain: BTreeSet<_> = scenario
            .all
            .iter()
            .filter_map(|call| {
                disk.apply(call);
                disk.synced_in_vain(call).filter(|_| call.is_done)
            })
            .collect();
        assert!(in_vain.is_empty(), "{}: {in_vain:?}", scenario.name);
    }
}
