//! The files of a Parquet source: one, or the parts in a folder.

use std::io::Read;
use std::path::{Path, PathBuf};

use fer_artifact::{Digest, Split, open_regular};
use rayon::prelude::*;

use crate::file_digest::digest_of_lines;
use crate::left_out::Leftovers;
use crate::walk::{self, Folder};
use crate::{Error, FileDigest, labels};

/// How the names of Parquet files end.
const ENDINGS: [&str; 3] = ["parquet", "parq", "pq"];
/// The first bytes of a Parquet file.
pub(crate) const MAGIC: &[u8] = b"PAR1";

/// A file of the source.
pub(crate) struct Shard {
    pub(crate) path: PathBuf,
    /// What errors call it: its path in the source.
    pub(crate) name: PathBuf,
    /// The split that its name or a folder's says.
    pub(crate) split: Option<Split>,
}

/// The files of a source, in the order of their names, and the other files in its folder.
pub(crate) fn of(path: &Path) -> Result<(Vec<Shard>, Leftovers), Error> {
    let mut left_out = Leftovers::default();
    if !path.is_dir() {
        let name = PathBuf::from(path.file_name().unwrap_or_default());
        let shard = Shard { path: path.to_owned(), split: labels::split_in_path(&name), name };
        return Ok((vec![shard], left_out));
    }
    let mut names = vec![];
    collect(path, Path::new(""), &mut names, &mut left_out)?;
    names.sort_unstable();
    let shard = |name: PathBuf| Shard { path: path.join(&name), split: labels::split_in_path(&name), name };
    Ok((names.into_iter().map(shard).collect(), left_out))
}

fn collect(root: &Path, inner: &Path, names: &mut Vec<PathBuf>, left_out: &mut Leftovers) -> Result<(), Error> {
    let folder = Folder::read(root, inner, left_out)?;
    for file in folder.files.iter().map(|file| inner.join(file)) {
        match is_called_parquet(&file) {
            true => names.push(file),
            false => left_out.add("not a Parquet file", walk::shown(&file)),
        }
    }
    folder.folders.iter().try_for_each(|folder| collect(root, &inner.join(folder), names, left_out))
}

/// Whether a Parquet file lies at the path, or some in the folder there or in folders in it.
pub(crate) fn are_at(path: &Path) -> bool {
    if !path.is_dir() {
        return path.is_file() && (is_called_parquet(path) || begins_as_parquet(path));
    }
    let entries = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<PathBuf>>()
    };
    let has = |paths: &[PathBuf]| paths.iter().any(|path| is_called_parquet(path) && path.is_file());
    let own = entries(path);
    has(&own) || own.iter().filter(|entry| entry.is_dir()).any(|folder| has(&entries(folder)))
}

/// Whether a file's name is that of a Parquet file.
pub fn is_called_parquet(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    ENDINGS.contains(&&*ending)
}

fn begins_as_parquet(path: &Path) -> bool {
    let mut first = [0; MAGIC.len()];
    open_regular(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first == MAGIC
}

/// Digest of the names and contents of a source's files.
pub(crate) fn digest(path: &Path, of_file: &FileDigest<'_>) -> Result<Digest, Error> {
    let (shards, _) = of(path)?;
    let line = |shard: &Shard| Ok(format!("{} {:?}\n", of_file(&shard.path)?, shard.name));
    let lines: Vec<Result<String, Error>> = shards.par_iter().map(line).collect();
    digest_of_lines(lines)
}
