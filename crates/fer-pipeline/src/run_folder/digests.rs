//! Digests of files, hashed only where a file is not known yet.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf, absolute};
use std::sync::Mutex;

use fer_artifact::{Digest, TABLE, has_file, read_regular, write_atomic};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::run_folder::sealed::{open, seal};

/// Digests that are known, in a run folder.
pub const CACHE_FILE: &str = ".digests.json";
const CACHE_VERSION: u32 = 3;

/// Digests of a run folder's files and of those that it was made from.
///
/// A file whose size, times and inode are those of the last time is not hashed again. One more name, which another cell of a sweep
/// gives a file that it shares, is a change too: such a file is hashed once more. What is known
/// stands in the run folder between runs; it saves work and decides nothing: [`crate::Pipeline::verify`] does without.
pub(crate) struct Digests {
    run_dir: PathBuf,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    /// By path: relative in the run folder, absolute elsewhere.
    files: BTreeMap<String, Known>,
    changed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Known {
    stamp: Stamp,
    digest: Digest,
}

/// What tells that a file is another one, or was written since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    size: u64,
    /// Nanoseconds since 1970.
    modified: i64,
    inode: u64,
    /// When the file or what is noted of it was last changed, in the same: a program can set every other time, but not this one.
    changed: i64,
}

impl Stamp {
    #[cfg(unix)]
    fn of(file: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let nanoseconds = |seconds: i64, rest: i64| seconds.checked_mul(1_000_000_000)?.checked_add(rest);
        let modified = nanoseconds(file.mtime(), file.mtime_nsec())?;
        let changed = nanoseconds(file.ctime(), file.ctime_nsec())?;
        Some(Self { size: file.len(), modified, inode: file.ino(), changed })
    }

    /// Without an inode a file put in another's place might pass for it: nothing is known then.
    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Option<Self> {
        None
    }

    /// The latest of its times.
    fn latest(&self) -> i64 {
        self.modified.max(self.changed)
    }

    fn at(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().as_ref().and_then(Self::of)
    }
}

#[derive(Serialize, Deserialize)]
struct CacheFile {
    version: u32,
    files: BTreeMap<String, Known>,
}

impl Digests {
    /// With what an earlier run left to know, if anything.
    pub(crate) fn new(run_dir: &Path) -> Self {
        let files = read_cache(&run_dir.join(CACHE_FILE)).unwrap_or_default();
        Self { run_dir: run_dir.to_owned(), cache: Mutex::new(Cache { files, changed: false }) }
    }

    /// Digest of the file at `path`, relative to the run folder; `None` if there is none.
    pub(crate) fn of(&self, path: &str) -> Result<Option<Digest>, Error> {
        let file = self.run_dir.join(path);
        match has_file(&file) {
            Ok(true) => Ok(Some(self.look_up(&file, Some(path.to_owned()))?)),
            Ok(false) => Ok(None),
            Err(source) => Err(Error::Io { path: file, action: "read the file", source }),
        }
    }

    /// Digest of a file outside of the run folder.
    pub(crate) fn of_file(&self, path: &Path) -> Result<Digest, fer_artifact::Error> {
        let name = absolute(path).ok().and_then(|path| path.to_str().map(str::to_owned));
        self.look_up(path, name)
    }

    fn look_up(&self, file: &Path, name: Option<String>) -> Result<Digest, fer_artifact::Error> {
        let (Some(stamp), Some(name)) = (Stamp::at(file), name) else { return Digest::of_file(file) };
        if let Some(known) = self.lock().files.get(&name).filter(|known| known.stamp == stamp) {
            return Ok(known.digest);
        }
        let digest = Digest::of_file(file)?;
        // A file that is being written while it is read is nothing to remember.
        if Stamp::at(file) == Some(stamp) {
            self.insert(name, Known { stamp, digest });
        }
        Ok(digest)
    }

    fn insert(&self, name: String, known: Known) {
        let mut cache = self.lock();
        cache.changed |= cache.files.insert(name, known) != Some(known);
    }

    /// Takes note that a stage has just written these, by path in the run folder.
    pub(crate) fn learn(&self, written: &BTreeMap<String, Digest>) {
        for (path, digest) in written {
            if let Some(stamp) = Stamp::at(&self.run_dir.join(path)) {
                self.insert(path.clone(), Known { stamp, digest: *digest });
            }
        }
    }

    /// Leaves what is known to the next run. That this fails, in a folder that cannot be written, costs only time.
    pub(crate) fn save(&self) {
        let mut cache = self.lock();
        if !cache.changed || !self.run_dir.is_dir() {
            return;
        }
        cache.files.retain(|path, _| self.run_dir.join(path).is_file());
        let file = CacheFile { version: CACHE_VERSION, files: cache.files.clone() };
        let saved = write_atomic(&self.run_dir.join(CACHE_FILE), |out| out.write_all(&seal(&file)?));
        cache.changed = saved.is_err();
    }

    /// Knows nothing any more, and leaves nothing to know: what is known may be what a stage failed by.
    pub(crate) fn forget(&self) {
        *self.lock() = Cache::default();
        let _ = std::fs::remove_file(self.run_dir.join(CACHE_FILE));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// What a cache file knows for certain. A file that was modified in the moment that the cache was written, or later,
/// might have been modified once more in that moment without a trace (as git has it: it is racy).
fn read_cache(path: &Path) -> Option<BTreeMap<String, Known>> {
    let saved = Stamp::at(path)?.modified;
    let file: CacheFile = open(&read_regular(path, TABLE).ok()?)?;
    let known = file.files.into_iter().filter(|(_, known)| known.stamp.latest() < saved);
    (file.version == CACHE_VERSION).then(|| known.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run folder whose `a` is known with a digest that is not its own.
    fn deceived() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "one").unwrap();
        let digests = Digests::new(folder.path());
        digests.learn(&BTreeMap::from([("a".to_owned(), Digest::of_bytes(b"another"))]));
        digests.save();
        folder
    }

    /// Sets the time of the cache file to another by so many seconds.
    fn set_time(folder: &Path, offset: i64) {
        let cache = std::fs::File::options().append(true).open(folder.join(CACHE_FILE)).unwrap();
        let modified = std::fs::metadata(folder.join("a")).unwrap().modified().unwrap();
        let second = std::time::Duration::from_secs(offset.unsigned_abs());
        cache.set_modified(if offset < 0 { modified - second } else { modified + second }).unwrap();
    }

    fn digest(folder: &Path) -> Option<Digest> {
        Digests::new(folder).of("a").unwrap()
    }

    #[test]
    fn a_known_file_is_not_hashed_again() {
        let folder = deceived();
        set_time(folder.path(), 1);
        assert_eq!(digest(folder.path()), Some(Digest::of_bytes(b"another")));
        assert_eq!(Digests::new(folder.path()).of("b").unwrap(), None);
    }

    #[test]
    fn a_file_of_another_size_time_or_inode_is_hashed() {
        let rewrite: [fn(&Path); 3] = [
            |path| std::fs::write(path, "three").unwrap(),
            |path| {
                let file = std::fs::File::options().append(true).open(path).unwrap();
                let modified = file.metadata().unwrap().modified().unwrap();
                file.set_modified(modified - std::time::Duration::from_nanos(1)).unwrap();
            },
            |path| {
                let other = path.with_file_name("other");
                let modified = std::fs::metadata(path).unwrap().modified().unwrap();
                std::fs::write(&other, "two").unwrap();
                std::fs::File::options().append(true).open(&other).unwrap().set_modified(modified).unwrap();
                std::fs::rename(other, path).unwrap();
            },
        ];
        for rewrite in rewrite {
            let folder = deceived();
            set_time(folder.path(), 1);
            rewrite(&folder.path().join("a"));
            let own = Digest::of_file(&folder.path().join("a")).unwrap();
            assert_eq!(digest(folder.path()), Some(own));
        }
    }

    #[test]
    fn a_file_as_young_as_the_cache_is_hashed() {
        for offset in [0, -1] {
            let folder = deceived();
            set_time(folder.path(), offset);
            assert_eq!(digest(folder.path()), Some(Digest::of_bytes(b"one")));
        }
    }

    #[test]
    fn a_damaged_cache_is_no_cache() {
        let folder = deceived();
        set_time(folder.path(), 1);
        let whole = std::fs::read_to_string(folder.path().join(CACHE_FILE)).unwrap();
        assert_eq!(digest(folder.path()), Some(Digest::of_bytes(b"another")), "whole, it is one");
        let other = |digest: &[u8]| Digest::of_bytes(digest).to_string();
        let flipped = whole.replace(&other(b"another"), &other(b"a third"));
        assert_ne!(flipped, whole);
        for text in ["", "{", r#"{"version": 1, "files": {"a": 3}}"#, r#"{"version": 3, "files": {}}"#, &flipped] {
            std::fs::write(folder.path().join(CACHE_FILE), text).unwrap();
            set_time(folder.path(), 1);
            assert_eq!(digest(folder.path()), Some(Digest::of_bytes(b"one")));
        }
    }
}
