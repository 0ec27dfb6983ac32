//! What a disk holds after a loss of power: what was synced for certain, and of the rest whatever one likes.
#![cfg(unix)]

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::shim::{Call, Tree};

const O_CREAT: i64 = 0o100;
const O_TRUNC: i64 = 0o1000;
/// Without a name, until it is linked somewhere.
const O_TMPFILE: i64 = 0o20_000_000;

/// What becomes of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Loss {
    /// All of it is lost: new names and new contents.
    All,
    /// Names are there, contents are lost.
    Contents,
    /// Names and lengths are there, and the first half of the contents.
    Halves,
    /// Contents are there, names are lost.
    Names,
    /// One of these for each name and each file, drawn by this number.
    Drawn(u64),
}

/// A disk, and what the system has yet to write to it.
pub(crate) struct Disk {
    nodes: Vec<Node>,
    open: HashMap<(String, i64), usize>,
}

#[derive(Clone)]
enum Node {
    File { synced: Arc<Vec<u8>>, now: Arc<Vec<u8>> },
    Folder { synced: BTreeMap<OsString, usize>, now: BTreeMap<OsString, usize> },
}

impl Node {
    fn file() -> Self {
        Node::File { synced: Arc::default(), now: Arc::default() }
    }

    fn folder() -> Self {
        Node::Folder { synced: BTreeMap::new(), now: BTreeMap::new() }
    }

    fn sync(&mut self) {
        match self {
            Node::File { synced, now } => synced.clone_from(now),
            Node::Folder { synced, now } => synced.clone_from(now),
        }
    }
}

const ROOT: usize = 0;

impl Disk {
    /// A disk that holds these for certain.
    pub(crate) fn of(files: &Tree) -> Self {
        let mut disk = Self { nodes: vec![Node::folder()], open: HashMap::new() };
        for (path, bytes) in files {
            let node = match bytes {
                Some(bytes) => Node::File { synced: Arc::clone(bytes), now: Arc::clone(bytes) },
                None => Node::folder(),
            };
            let id = disk.add(node);
            disk.enter(path, Some(id));
        }
        disk.nodes.iter_mut().for_each(Node::sync);
        disk
    }

    fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// What lies at a path now.
    fn at(&self, path: &Path) -> Option<usize> {
        path.iter().try_fold(ROOT, |folder, name| match &self.nodes[folder] {
            Node::Folder { now, .. } => now.get(name).copied(),
            Node::File { .. } => None,
        })
    }

    /// Gives a name to something, or takes it away.
    fn enter(&mut self, path: &Path, what: Option<usize>) {
        let (Some(folder), Some(name)) = (path.parent().and_then(|folder| self.at(folder)), path.file_name()) else {
            panic!("{}: no such folder", path.display());
        };
        let Node::Folder { now, .. } = &mut self.nodes[folder] else { panic!("{}: no folder", path.display()) };
        match what {
            Some(id) => now.insert(name.to_owned(), id),
            None => now.remove(name),
        };
    }

    fn opened(&self, call: &Call) -> usize {
        self.open[&(call.process.clone(), call.fd)]
    }

    /// Does what a call did.
    pub(crate) fn apply(&mut self, call: &Call) {
        if !call.is_done {
            return;
        }
        match &*call.operation {
            "open" | "create" => self.open_file(call),
            "close" => drop(self.open.remove(&(call.process.clone(), call.fd))),
            "dup" => drop(self.open.insert((call.process.clone(), call.argument), self.opened(call))),
            "write" => {
                let id = self.opened(call);
                let Node::File { now, .. } = &mut self.nodes[id] else { return };
                let (start, end) = (call.argument as usize, call.argument as usize + call.data.len());
                let now = Arc::make_mut(now);
                now.resize(now.len().max(end), 0);
                now[start..end].copy_from_slice(&call.data);
            }
            "truncate" => {
                let id = self.opened(call);
                if let Node::File { now, .. } = &mut self.nodes[id] {
                    Arc::make_mut(now).resize(call.argument as usize, 0);
                }
            }
            "sync" => {
                let id = self.opened(call);
                self.nodes[id].sync();
            }
            "rename" => {
                let id = self.at(&call.path).expect("what is renamed is there");
                self.enter(&call.path, None);
                self.enter(&call.other, Some(id));
            }
            "link" => self.enter(&call.other, self.at(&call.path)),
            "unlink" | "rmdir" => self.enter(&call.path, None),
            "mkdir" => {
                let id = self.add(Node::folder());
                self.enter(&call.path, Some(id));
            }
            _ => {}
        }
    }

    fn open_file(&mut self, call: &Call) {
        let is_nameless = call.argument & O_TMPFILE == O_TMPFILE;
        let known = if is_nameless { None } else { self.at(&call.path) };
        let id = known.unwrap_or_else(|| {
            assert!(
                is_nameless || call.argument & O_CREAT != 0,
                "{} is opened, and was never made",
                call.path.display()
            );
            self.add(Node::file())
        });
        if known.is_none() && !is_nameless {
            self.enter(&call.path, Some(id));
        }
        if let (true, Node::File { now, .. }) = (call.argument & O_TRUNC != 0, &mut self.nodes[id]) {
            *now = Arc::default();
        }
        self.open.insert((call.process.clone(), call.fd), id);
    }

    /// The folder that a call has synced, if power could still take it away as a whole.
    pub(crate) fn synced_in_vain(&self, call: &Call) -> Option<PathBuf> {
        let is_folder = call.operation == "sync" && matches!(self.nodes[self.opened(call)], Node::Folder { .. });
        // What an unfinished stage has written is written again.
        let is_passing = call.path.to_string_lossy().ends_with(".partial") || call.path.as_os_str().is_empty();
        let is_lost = || !self.after(Loss::All).contains_key(&call.path);
        (is_folder && !is_passing && is_lost()).then(|| call.path.clone())
    }

    /// What is found when the power is back.
    pub(crate) fn after(&self, loss: Loss) -> Tree {
        let mut files = Tree::new();
        self.collect(ROOT, Path::new(""), loss, &mut files);
        files
    }

    fn collect(&self, folder: usize, path: &Path, loss: Loss, files: &mut Tree) {
        let Node::Folder { synced, now } = &self.nodes[folder] else { return };
        let mut names: Vec<&OsString> = synced.keys().chain(now.keys()).collect();
        names.sort();
        names.dedup();
        for name in names {
            let place = path.join(name);
            let is_lost = match loss.of(&place, 0) {
                Loss::All | Loss::Names => true,
                Loss::Contents | Loss::Halves | Loss::Drawn(_) => false,
            };
            let Some(&id) = (if is_lost { synced } else { now }).get(name) else { continue };
            match &self.nodes[id] {
                Node::Folder { .. } => {
                    files.insert(place.clone(), None);
                    self.collect(id, &place, loss, files);
                }
                Node::File { synced, now } => {
                    drop(files.insert(place.clone(), Some(loss.of(&place, 1).contents(synced, now))))
                }
            }
        }
    }
}

impl Loss {
    /// What this comes to for a name (0), or the contents of a file (1).
    fn of(self, path: &Path, part: u64) -> Self {
        let Loss::Drawn(number) = self else { return self };
        let bytes = path.as_os_str().as_encoded_bytes();
        let mixed = bytes.iter().fold(number.wrapping_mul(31) + part, |sum, byte| {
            (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3).rotate_left(23)
        });
        [Loss::All, Loss::Contents, Loss::Halves, Loss::Names][(mixed >> 32) as usize % 4]
    }

    fn contents(self, synced: &Arc<Vec<u8>>, now: &Arc<Vec<u8>>) -> Arc<Vec<u8>> {
        match self {
            Loss::All | Loss::Contents => Arc::clone(synced),
            Loss::Names | Loss::Drawn(_) => Arc::clone(now),
            Loss::Halves if synced == now => Arc::clone(now),
            Loss::Halves => {
                let mut torn = now.to_vec();
                torn[now.len() / 2..].fill(0);
                Arc::new(torn)
            }
        }
    }
}
