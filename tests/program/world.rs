//! A folder with a small source of faces and a pipeline file, and the program to call in it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// 140 faces: 112 train, 14 validation, 14 test. Two epochs of the linear model.
pub(crate) const PIPELINE: &str = include_str!("pipeline.yaml");

/// The part of [`PIPELINE`] that is about preprocess.
pub(crate) const PREPROCESS: &str = "  - stage: preprocess\n    params: {normalization: {kind: unit}}\n";

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

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

/// A folder in memory, where the system has such; else one as any other.
pub(crate) fn folder_in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::in_folder(tempfile::tempdir().unwrap())
    }

    /// A world in memory where the system has such a folder: whoever calls the program thousands of times does not wait for a disk
    /// to sync.
    pub(crate) fn in_memory() -> Self {
        Self::in_folder(folder_in_memory())
    }

    fn in_folder(folder: TempDir) -> Self {
        let world = Self { folder };
        std::fs::write(world.path("faces.csv"), faces()).unwrap();
        std::fs::write(world.path("pipeline.yaml"), PIPELINE).unwrap();
        world
    }

    /// The most memory that a call of the program took, in MiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak(&self, arguments: &[&str]) -> u64 {
        let running = self.start(arguments);
        let status = format!("/proc/{}/status", running.id());
        let now = move || {
            let status = std::fs::read_to_string(&status).ok()?;
            let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
            Some(line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
        };
        let watch = std::thread::spawn(move || {
            let mut most = 0;
            while let Some(now) = now() {
                most = most.max(now);
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            most
        });
        let (code, rest) = running.wait();
        assert_eq!(code, Some(0), "{arguments:?}: {rest}");
        watch.join().unwrap()
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
        // As if the program was installed: a stage of the user's own may call it.
        let installed = Path::new(env!("CARGO_BIN_EXE_fer")).parent().unwrap().to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(installed).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(folders).unwrap());
        command
    }

    /// Starts the program and lets it run.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Running { child, stderr }
    }

    /// Calls the program in the world's folder.
    pub(crate) fn fer(&self, arguments: &[&str]) -> Ended {
        let output = assert_cmd::Command::from_std(self.command(arguments)).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// A run folder's artifacts and what else a stage leaves, by path, but for times and the runner's own files.
    pub(crate) fn timeless(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = self.files(folder);
        // A checkpoint's note holds the history with its speeds.
        let is_note = |path: &str| path.starts_with("train/checkpoints/") && path.ends_with(".json");
        files.retain(|path, _| !path.starts_with('.') && path != "run.lock.json" && !is_note(path));
        let history = files.get_mut("train/history.jsonl").expect("training leaves its history");
        let lines = std::str::from_utf8(history).unwrap().lines().map(|line| {
            let mut record: Value = serde_json::from_str(line).unwrap();
            assert!(record.as_object_mut().unwrap().remove("images_per_second").is_some(), "{line}");
            record.to_string()
        });
        *history = lines.collect::<Vec<_>>().join("\n").into_bytes();
        files
    }

    /// The same without checkpoints, of which an interrupted training leaves others.
    pub(crate) fn outputs(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = self.timeless(folder);
        files.retain(|path, _| !path.starts_with("train/checkpoints/"));
        files
    }

    /// Every file below a folder with its bytes, by path.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path(folder), "", &mut files);
        files
    }
}

/// A program that runs.
pub(crate) struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the world is such.
    pub(crate) fn until_seen(&mut self, mut seen: impl FnMut() -> bool) {
        while !seen() {
            assert!(self.child.try_wait().unwrap().is_none(), "the program ended");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Waits for a line on standard error that begins like this.
    pub(crate) fn until(&mut self, start: &str) {
        let mut line = String::new();
        while !line.starts_with(start) {
            line.clear();
            assert_ne!(self.stderr.read_line(&mut line).unwrap(), 0, "the program ended");
        }
    }

    /// Sends a signal, such as `INT`; gives the exit code, if there is one, and the rest of standard error.
    pub(crate) fn signal(self, name: &str) -> (Option<i32>, String) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
        self.wait()
    }

    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }

    /// Kills it, at whatever it is, if it has not ended.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Files with equal names and bytes.
#[track_caller]
pub(crate) fn assert_same(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    let differing: Vec<_> = one.iter().filter(|(path, bytes)| other[*path] != **bytes).map(|(path, _)| path).collect();
    assert!(differing.is_empty(), "these differ: {differing:?}");
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
