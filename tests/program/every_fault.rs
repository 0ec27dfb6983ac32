//! Every call that concerns a file fails once, in every way that makes sense: the run succeeds or names the file, nothing that was there
//! is lost, and the next run ends as one that nothing disturbed. `FER_FAULTS=all` tries all of them, which takes minutes; otherwise a
//! sample is tried.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::scenarios::{Scenario, THREADS, scenarios};
use crate::shim::{Call, Fault, Kind, Seen, Tree, Watched, library, outputs, unfinished};

/// Every so many faults one is tried, if `FER_FAULTS` does not say another number.
const STRIDE: usize = 331;

impl Scenario {
    /// All that may go wrong in it.
    fn faults(&self) -> Vec<Fault> {
        let faults = self.calls.iter().enumerate().flat_map(|(index, call)| {
            let fault = move |lasts| move |kind: &Kind| Fault { at: index + 1, kind: *kind, lasts };
            once(&call.operation).iter().map(fault(false)).chain(lasting(&call.operation).iter().map(fault(true)))
        });
        faults.collect()
    }

    /// The last fault of this operation, file and kind.
    fn like(&self, all: &[Fault], (operation, path, kind): (&str, &str, Kind)) -> Option<Fault> {
        let is_like = |fault: &&Fault| {
            let call = &self.calls[fault.at - 1];
            call.operation == operation && call.path.ends_with(path) && (fault.kind, fault.lasts) == (kind, false)
        };
        all.iter().rfind(is_like).copied()
    }

    /// Tries a fault; what came of it, or what is wrong with that.
    fn tried(&self, library: &Path, watched: &Watched, fault: Fault) -> Result<&'static str, String> {
        watched.fill(&self.start);
        let seen = watched.faulty(library, &self.arguments, fault);
        let found = outputs(&watched.tree());
        let outcome = self.judged(fault.kind, &seen, &found).map_err(|wrong| match seen.calls.first() {
            Some(hit) => format!("{} {} {}: {wrong}", hit.operation, hit.path.display(), hit.other.display()),
            None => wrong,
        })?;
        // What was read wrongly may be remembered; else nothing is left to heal.
        if outcome == "succeeds" && fault.kind != Kind::Corrupt {
            return Ok(outcome);
        }
        let status = watched.undisturbed(library, &self.status);
        if status.code == Some(0) && found != self.expected {
            return Err(format!("status says that all is fresh: {}", self.others(&found)));
        }
        let next = watched.undisturbed(library, &self.arguments);
        let left = watched.tree();
        let healed = outputs(&left);
        match next.code {
            Some(0) if healed != self.expected => Err(format!("the next run ends otherwise: {}", self.others(&healed))),
            Some(0) if seen.code != Some(0) && !unfinished(&left).is_empty() => {
                Err(format!("the next run leaves {:?}", unfinished(&left)))
            }
            Some(0) => Ok(outcome),
            code => Err(format!("the next run ends with {code:?}: {}", next.stderr)),
        }
    }

    fn judged(&self, kind: Kind, seen: &Seen, found: &Tree) -> Result<&'static str, String> {
        let (hit, old) = (seen.calls.first(), outputs(&self.start));
        if seen.stderr.contains("panicked") {
            return Err(format!("panic: {}", seen.stderr));
        }
        // A pipeline file of which a bit is another is another pipeline file.
        if kind == Kind::Corrupt
            && hit.is_some_and(|hit| {
                hit.operation == "read"
                    && hit.path.extension().is_some_and(|end| end == "yaml")
                    && hit.path.parent() == Some(Path::new(""))
            })
        {
            return Ok("another pipeline");
        }
        let is_whole = |(path, bytes): &(&PathBuf, &Option<_>)| {
            [&old, &self.expected].iter().any(|of| of.get(*path) == Some(*bytes))
        };
        if let Some((path, _)) = found.iter().find(|file| !is_whole(file)) {
            return Err(format!("{} is neither the old one nor the new one", path.display()));
        }
        if let Some(path) = old.keys().find(|path| !found.contains_key(*path) && self.expected.contains_key(*path)) {
            return Err(format!("{} is gone", path.display()));
        }
        match seen.code {
            Some(0) if *found == self.expected => Ok(if hit.is_some() { "succeeds" } else { "not met" }),
            Some(0) => Err(format!("succeeds with {}", self.others(found))),
            Some(1 | 2) if names(&seen.stderr, &seen.calls) => Ok("told"),
            Some(1 | 2) => Err(format!("does not name the file: {}", seen.stderr)),
            code => Err(format!("ends with {code:?}: {}", seen.stderr)),
        }
    }
}

/// How an operation may fail.
fn once(operation: &str) -> &'static [Kind] {
    use Kind::{Corrupt, Damaged, Interrupted, NoSpace, Permission, Short, TooMany};
    match operation {
        "open" => &[Permission, Damaged, Interrupted, TooMany],
        "create" | "mkdir" | "rename" | "link" => &[NoSpace, Damaged, Permission],
        "read" => &[Damaged, Interrupted, Short, Corrupt],
        "write" => &[NoSpace, Damaged, Interrupted, Short],
        "sync" => &[NoSpace, Damaged],
        "lock" => &[Damaged, Interrupted],
        "unlink" | "rmdir" => &[Damaged, Permission],
        _ => &[Damaged],
    }
}

/// How it and all after it may fail.
fn lasting(operation: &str) -> &'static [Kind] {
    match operation {
        "create" | "mkdir" | "rename" | "link" | "write" => &[Kind::NoSpace, Kind::Damaged],
        _ => &[],
    }
}

/// Whether a message names the file of a call. Where more than one call fails, the name of any file will do.
fn names(message: &str, hits: &[Call]) -> bool {
    hits.iter().any(|hit| [&hit.path, &hit.other].into_iter().any(|path| names_one(message, path, &hit.operation)))
}

/// Paths may be told from the run folder on. Of a name that is made, of a file that is being written, and of what holds a run folder, the
/// folder will do; of the folder in which the run folder is made, the run folder.
fn names_one(message: &str, path: &Path, operation: &str) -> bool {
    // `run` alone is a word like any other.
    let is_told = |path: &Path| {
        let (path, ends) =
            (path.to_string_lossy(), if path == Path::new("run") { &[":", "/", "`"][..] } else { &[""] });
        path.len() > 1 && ends.iter().any(|end| message.contains(&format!("{path}{end}")))
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_for_its_folder = ["create", "mkdir", "rename", "link", "sync"].contains(&operation)
        || name.starts_with(".writing-")
        || name == ".writer";
    is_told(path)
        || path.strip_prefix("run").is_ok_and(is_told)
        || is_for_its_folder && path.parent().is_some_and(is_told)
        || ["open", "sync"].contains(&operation) && path == Path::new("") && is_told(Path::new("run"))
}

const MENDED: [(&str, &str, Kind); 6] = [
    ("stat", "preprocess/validation.safetensors", Kind::Damaged),
    ("read", "small.csv", Kind::Corrupt),
    ("read", "ingest/train.safetensors", Kind::Corrupt),
    ("read", "preprocess/train.safetensors", Kind::Corrupt),
    ("read", "preprocess/validation.safetensors", Kind::Corrupt),
    ("read", "train/model.safetensors", Kind::Corrupt),
];

type Tally = BTreeMap<(String, &'static str), usize>;

/// Every so many of the faults; and those that a wrong result came of, once: an input that seemed to be absent, and bytes that were
/// others when they were read than when they were hashed.
fn sample(scenario: &Scenario, stride: usize) -> Vec<Fault> {
    let all = scenario.faults();
    let stretch = all.iter().skip(stride / 2).step_by(stride).copied();
    stretch.chain(MENDED.into_iter().filter_map(|mended| scenario.like(&all, mended))).collect()
}

/// Tries a sample of the faults of each scenario.
fn try_all(library: &Path, stride: usize) -> (Tally, Vec<String>) {
    let of = |scenario| sample(scenario, stride).into_iter().map(move |fault| (scenario, fault));
    let cases: Vec<(&Scenario, Fault)> = scenarios(library).iter().flat_map(of).collect();
    let results = Mutex::new((Tally::new(), vec![]));
    std::thread::scope(|scope| {
        for worker in 0..THREADS {
            let (cases, results) = (&cases, &results);
            scope.spawn(move || {
                let watched = Watched::new();
                for (scenario, fault) in cases.iter().skip(worker).step_by(THREADS) {
                    let call = &scenario.calls[fault.at - 1];
                    let tried = scenario.tried(library, &watched, *fault);
                    let mut results = results.lock().unwrap();
                    let what = format!(
                        "{}: {} {:?}{}",
                        scenario.name,
                        call.operation,
                        fault.kind,
                        if fault.lasts { ", lasting" } else { "" }
                    );
                    *results.0.entry((what.clone(), tried.as_ref().copied().unwrap_or("WRONG"))).or_default() += 1;
                    if let Err(reason) = tried {
                        results.1.push(format!("{what}, call {} at {}: {reason}", fault.at, call.path.display()));
                    }
                }
            });
        }
    });
    results.into_inner().unwrap()
}

#[test]
fn every_call_that_fails_is_told_and_costs_nothing() {
    let Some(library) = library() else { return };
    let asked = std::env::var("FER_FAULTS").ok();
    let stride = asked.as_ref().map_or(STRIDE, |asked| asked.parse().unwrap_or(1));
    for mended in MENDED {
        let has = |scenario: &Scenario| scenario.like(&scenario.faults(), mended).is_some();
        assert!(scenarios(library).iter().any(has), "{mended:?} occurs no more");
    }
    let (tally, wrong) = try_all(library, stride);
    let count = |outcome| tally.iter().filter(|((_, found), _)| *found == outcome).map(|(_, n)| n).sum::<usize>();
    assert!(4 * count("not met") < tally.values().sum(), "most faults have to be met: {tally:?}");
    if asked.is_some() {
        let mut table = String::new();
        for ((what, outcome), count) in &tally {
            writeln!(table, "{what}: {outcome} {count}").unwrap();
        }
        #[expect(clippy::print_stderr, reason = "who asks for all faults wants to know what came of them")]
        {
            eprintln!("{table}{} in all", tally.values().sum::<usize>());
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), tally.values().sum::<usize>(), wrong.join("\n"));
}
