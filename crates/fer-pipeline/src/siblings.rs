//! What cells have in common is made once.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use fer_artifact::{Digest, make_folders, open_lock};

use crate::link::Link;
use crate::progress::{Event, Reporter};
use crate::run_folder::checkpoints::{CHECKPOINTS, Checkpoints, Note};
use crate::run_folder::folder::{CLAIMS, Staging, io, link};
use crate::run_folder::lock::{Entry, Lock};
use crate::run_folder::store::names;
use crate::{Error, StageName};

/// Between two looks at what another process holds.
pub(crate) const PAUSE: Duration = Duration::from_millis(50);

/// The cells of a sweep, as one of them sees the others.
#[derive(Debug, Clone)]
pub(crate) struct Siblings {
    folder: PathBuf,
    own: String,
}

/// The right to make outputs of a certain key, among all processes; given back when dropped, or when the process ends
/// in whatever way.
#[must_use = "dropping the claim gives it back"]
pub(crate) struct Claim {
    _file: File,
}

/// Another cell's outputs, linked into a temporary folder.
pub(crate) struct Shared {
    /// The other cell.
    pub(crate) cell: String,
    staging: Staging,
    outputs: BTreeMap<String, Digest>,
    entry: Entry,
}

impl Siblings {
    pub(crate) fn new(folder: PathBuf, own: &str) -> Self {
        Self { folder, own: own.to_owned() }
    }

    /// Waits until no other cell is making outputs with this key.
    ///
    /// # Errors
    /// [`Error::Interrupted`], if it is asked to stop while it waits.
    pub(crate) fn claim(&self, stage: StageName, key: &str, reporter: &mut dyn Reporter) -> Result<Claim, Error> {
        let folder = self.folder.join(CLAIMS);
        make_folders(&self.folder, CLAIMS.as_ref()).map_err(io(&folder, "make the folder"))?;
        let path = folder.join(format!("{stage}-{key}"));
        let file = open_lock(&path).map_err(io(&path, "write the file"))?;
        let mut has_waited = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Claim { _file: file }),
                Err(TryLockError::Error(error)) => return Err(io(&path, "lock the file")(error)),
                Err(TryLockError::WouldBlock) => {}
            }
            if !has_waited {
                reporter.event(&Event::Note { stage, text: "waits for a cell that is making the same" });
                has_waited = true;
            }
            if reporter.stop_requested() {
                return Err(Error::Interrupted { stage });
            }
            sleep(PAUSE);
        }
    }

    /// The outputs with this key of a cell that has them whole. They are hard links where the file system has such.
    pub(crate) fn find(&self, stage: StageName, key: &str, run_dir: &Path) -> Option<Shared> {
        self.others().into_iter().find_map(|cell| {
            let entry = Lock::read(&self.folder.join(&cell)).ok()?.stages.remove(&stage)?;
            if entry.origin(stage).key() != key {
                return None;
            }
            let outputs = names(stage, &entry)?;
            let staging = Staging::new(run_dir, stage).ok()?;
            let linked = |(name, digest): (&String, &Digest)| {
                let (from, to) = (self.folder.join(&cell).join(stage.as_str()).join(name), staging.path().join(name));
                link(&from, &to).is_ok() && Digest::of_file(&to).ok() == Some(*digest)
            };
            let all = outputs.iter().all(linked);
            all.then(|| Shared { cell, staging, outputs, entry })
        })
    }
}

impl Siblings {
    /// Takes over the furthest checkpoint of another cell from which the stage may go on, unless the cell has one of its
    /// own; gives the name of the other cell. That it cannot be taken over is no failure: the stage begins anew.
    pub(crate) fn borrow_checkpoint(
        &self,
        stage: StageName,
        key: &str,
        may_go_on: &dyn Fn(&Note) -> bool,
        run_dir: &Path,
    ) -> Option<String> {
        let of = |run_dir: &Path| Checkpoints::new(&run_dir.join(stage.as_str()).join(CHECKPOINTS), key);
        let furthest = |checkpoints: &Checkpoints| checkpoints.notes().into_iter().find(|note| may_go_on(note));
        let own = of(run_dir);
        if furthest(&own).is_some() {
            return None;
        }
        let found = self.others().into_iter().filter_map(|cell| {
            let checkpoints = of(&self.folder.join(&cell));
            furthest(&checkpoints).map(|note| (cell, checkpoints, note))
        });
        let (cell, checkpoints, note) =
            found.reduce(|best, next| if place(&next.2) > place(&best.2) { next } else { best })?;
        own.borrow(&checkpoints, &note).ok().map(|()| cell)
    }

    /// The names of the other cells, in alphabetical order.
    fn others(&self) -> Vec<String> {
        let names = fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
        names.retain(|name| *name != self.own);
        names.sort();
        names
    }
}

fn place(note: &Note) -> (usize, usize) {
    (note.epoch, note.batch)
}

impl Shared {
    /// Moves the outputs into place in the stage's folder; gives their entry of the lock.
    pub(crate) fn commit(self, link: &Link, run_dir: &Path) -> Result<Entry, Error> {
        self.staging.commit(&run_dir.join(link.name().as_str()), &self.outputs, &link.possible())?;
        Ok(self.entry)
    }
}
