//! The program with `tests/faults` between it and the C library: every call that concerns a file is seen, and any may fail.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use tempfile::TempDir;

use crate::world::{World, folder_in_memory, root};

/// Files by path, and folders, which have no bytes.
pub(crate) type Tree = BTreeMap<PathBuf, Option<Arc<Vec<u8>>>>;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    NoSpace,
    Damaged,
    Interrupted,
    Permission,
    TooMany,
    Short,
    Corrupt,
}

impl Kind {
    /// As `FAULTS_KIND` has it.
    fn name(self) -> &'static str {
        match self {
            Kind::NoSpace => "28",
            Kind::Damaged => "5",
            Kind::Interrupted => "4",
            Kind::Permission => "13",
            Kind::TooMany => "24",
            Kind::Short => "short",
            Kind::Corrupt => "corrupt",
        }
    }
}

/// Which call fails, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) kind: Kind,
    /// Whether what comes after it fails too.
    pub(crate) lasts: bool,
}

/// A call that the program made.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) process: String,
    pub(crate) operation: String,
    pub(crate) is_done: bool,
    pub(crate) fd: i64,
    pub(crate) argument: i64,
    /// From the folder of the world on.
    pub(crate) path: PathBuf,
    pub(crate) other: PathBuf,
    pub(crate) data: Vec<u8>,
}

impl Call {
    /// Whether it has a number of its own: the end of an open file has none.
    pub(crate) fn counts(&self) -> bool {
        !["close", "dup"].contains(&&*self.operation)
    }
}

/// The library, compiled once; none where there is no way to put it before the C library.
pub(crate) fn library() -> Option<&'static Path> {
    static LIBRARY: OnceLock<Result<(TempDir, PathBuf), String>> = OnceLock::new();
    match LIBRARY.get_or_init(compile) {
        Ok((_, library)) => Some(library),
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "skipped: no faults can be injected here: {reason}");
            None
        }
    }
}

fn compile() -> Result<(TempDir, PathBuf), String> {
    if !cfg!(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64")) {
        return Err("the C library is another".to_owned());
    }
    let folder = tempfile::tempdir().unwrap();
    let (library, source) = (folder.path().join("faults.so"), root().join("tests/faults/lib.rs"));
    let mut rustc = Command::new("rustc");
    rustc.args([
        "--edition",
        "2024",
        "--crate-name",
        "faults",
        "--crate-type",
        "cdylib",
        "-O",
        "-C",
        "panic=abort",
        "-o",
    ]);
    let output = rustc.arg(&library).arg(source).output().map_err(|error| format!("rustc: {error}"))?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok((folder, library))
}

/// A world whose program is watched.
pub(crate) struct Watched {
    world: World,
    root: PathBuf,
    notes: TempDir,
}

/// How a watched call of the program ended.
#[derive(Debug)]
pub(crate) struct Seen {
    /// None if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
    pub(crate) calls: Vec<Call>,
}

impl Watched {
    pub(crate) fn new() -> Self {
        let world = World::in_memory();
        let root = world.path("").canonicalize().unwrap();
        Self { world, root, notes: folder_in_memory() }
    }

    /// Puts these files, and no others, into the folder.
    pub(crate) fn fill(&self, files: &Tree) {
        for entry in fs::read_dir(&self.root).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
        for (path, bytes) in files {
            let path = self.root.join(path);
            bytes.as_ref().map_or_else(|| fs::create_dir_all(&path), |bytes| fs::write(&path, &**bytes)).unwrap();
        }
    }

    /// All that is in the folder.
    pub(crate) fn tree(&self) -> Tree {
        let mut files = Tree::new();
        collect(&self.root, Path::new(""), &mut files);
        files
    }

    /// Calls the program, and writes down all its calls.
    pub(crate) fn fer(&self, library: &Path, arguments: &[&str]) -> Seen {
        self.ended(library, arguments, None)
    }

    /// Calls the program and nothing fails; its calls are not told.
    pub(crate) fn undisturbed(&self, library: &Path, arguments: &[&str]) -> Seen {
        self.faulty(library, arguments, Fault { at: usize::MAX, kind: Kind::Short, lasts: false })
    }

    /// Calls the program with a fault; what calls it hit.
    pub(crate) fn faulty(&self, library: &Path, arguments: &[&str], fault: Fault) -> Seen {
        self.ended(library, arguments, Some(fault))
    }

    fn ended(&self, library: &Path, arguments: &[&str], fault: Option<Fault>) -> Seen {
        let [log, count] = ["log", "count"].map(|name| self.notes.path().join(name));
        fs::write(&log, "").unwrap();
        fs::write(&count, [0; 8]).unwrap();
        let mut command = self.world.command(arguments);
        command.env("LD_PRELOAD", library).env("FAULTS_BELOW", &self.root);
        command.env("FAULTS_LOG", &log).env("FAULTS_COUNT", count);
        if let Some(Fault { at, kind, lasts }) = fault {
            command.env("FAULTS_AT", at.to_string()).env("FAULTS_KIND", kind.name());
            lasts.then(|| command.env("FAULTS_LASTING", "1"));
        }
        let Output { status, stderr, .. } = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        Seen { code: status.code(), stderr, calls: self.calls(&fs::read(log).unwrap()) }
    }

    fn calls(&self, mut log: &[u8]) -> Vec<Call> {
        let mut calls = vec![];
        while let Some(end) = log.iter().position(|byte| *byte == b'\n') {
            let head = std::str::from_utf8(&log[..end]).unwrap();
            let fields: Vec<&str> = head.split('\t').collect();
            let [_, process, operation, result, fd, argument, path, other, length] = fields[..] else {
                panic!("{head}")
            };
            let length: usize = length.parse().unwrap();
            let data = log[end + 1..][..length].to_vec();
            log = &log[end + 1 + length + 1..];
            let relative =
                |path: &str| Path::new(path).strip_prefix(&self.root).map_or_else(|_| path.into(), Path::to_owned);
            calls.push(Call {
                process: process.to_owned(),
                operation: operation.to_owned(),
                is_done: result == "done",
                fd: fd.parse().unwrap(),
                argument: argument.parse().unwrap(),
                path: relative(path),
                other: relative(other),
                data,
            });
        }
        calls
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Tree) {
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let name = folder.join(entry.unwrap().file_name());
        let path = root.join(&name);
        if path.is_dir() {
            files.insert(name.clone(), None);
            collect(root, &name, files);
        } else {
            files.insert(name, Some(Arc::new(fs::read(path).unwrap())));
        }
    }
}

/// What stages left, but for times: what does not begin with a dot, and is no lock, log or checkpoint.
pub(crate) fn outputs(files: &Tree) -> Tree {
    let is_output = |path: &Path| {
        let names: Vec<String> = path.iter().map(|name| name.to_string_lossy().into_owned()).collect();
        let is_left_out = |name: &String| {
            name.starts_with('.') || ["run.lock.json", "cell.log", "checkpoints", "live"].contains(&&**name)
        };
        names.first().is_some_and(|first| first == "run") && !names.iter().any(is_left_out)
    };
    let files = files.iter().filter(|(path, bytes)| bytes.is_some() && is_output(path));
    files.map(|(path, bytes)| (path.clone(), bytes.as_ref().map(|bytes| timeless(path, bytes)))).collect()
}

fn timeless(path: &Path, bytes: &Arc<Vec<u8>>) -> Arc<Vec<u8>> {
    if !path.ends_with("history.jsonl") {
        return Arc::clone(bytes);
    }
    let lines = String::from_utf8_lossy(bytes)
        .lines()
        .map(|line| match serde_json::from_str::<Value>(line) {
            Ok(mut record) => {
                record.as_object_mut().map(|record| record.remove("images_per_second"));
                record.to_string()
            }
            Err(_) => line.to_owned(),
        })
        .collect::<Vec<_>>();
    Arc::new(lines.join("\n").into_bytes())
}

/// What only a run that did not end well leaves.
pub(crate) fn unfinished(files: &Tree) -> Vec<&Path> {
    let is_unfinished = |path: &&Path| {
        path.iter().any(|name| {
            let name = name.to_string_lossy();
            name.starts_with(".writing") || name.ends_with(".partial")
        })
    };
    // A cell that is fresh does not run, and keeps what could neither be written nor removed beside its outputs.
    let may_stay = |path: &&Path| {
        let is_written = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".writing"));
        is_written && path.iter().any(|part| part == "cells")
    };
    files.keys().map(PathBuf::as_path).filter(is_unfinished).filter(|path| !may_stay(path)).collect()
}
