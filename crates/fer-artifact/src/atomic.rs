//! Files that are complete or not there, hashed on the way.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::owned::{make_folder, sync_folder};
use crate::place::folder_of;
use crate::regular::check_place;
use crate::{Digest, Error};

/// Bytes that are worth a thread of their own.
const LONG: usize = 1 << 20;

/// Writes any file beside its place, syncs it and renames it; returns the file's digest. Missing folders are made. What is in its
/// place and is no file, such as a device or a pipe, stays there and is refused, also at the end of a link.
///
/// # Errors
/// [`Error::Io`], also with what `fill` returns; the former file, if any, is then untouched.
pub fn write_atomic(path: &Path, fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<Digest, Error> {
    write_made(path, |out| fill(out).map_err(|source| fault(path, source)))
}

pub(crate) fn fault(path: &Path, source: std::io::Error) -> Error {
    Error::Io { path: path.to_owned(), action: "write the file", source }
}

/// The same for what can fail by other things than writing, too.
pub(crate) fn write_made(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<(), Error>) -> Result<Digest, Error> {
    let io = |source| fault(path, source);
    check_place(path).map_err(io)?;
    let folder = folder_of(path);
    make_folder(folder).map_err(io)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-");
    // As `File::create` would: readable for whom the umask lets.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let temporary = builder.tempfile_in(folder).map_err(io)?;
    let mut out =
        Hashing { inner: BufWriter::with_capacity(1 << 20, temporary.as_file()), hasher: blake3::Hasher::new() };
    fill(&mut out)?;
    let digest = out.sync().map_err(io)?;
    // By std, whose call `tests/faults` sees; tempfile's own goes past the C library.
    std::fs::rename(&temporary, path).map_err(io)?;
    // Nothing is left under its former name that would have to go.
    let _ = temporary.into_temp_path().keep();
    // The rename itself must survive a power cut too.
    sync_folder(folder).map_err(io)?;
    Ok(digest)
}

/// Passes bytes on and hashes them on the way.
struct Hashing<W> {
    inner: W,
    hasher: blake3::Hasher,
}

impl Hashing<BufWriter<&File>> {
    fn sync(self) -> std::io::Result<Digest> {
        self.inner.into_inner().map_err(|error| error.into_error())?.sync_all()?;
        Ok(self.hasher.finalize().into())
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..n]);
        Ok(n)
    }

    /// What is long is hashed while it is written.
    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let Self { inner, hasher } = self;
        if bytes.len() < LONG {
            hasher.update(bytes);
            return inner.write_all(bytes);
        }
        std::thread::scope(|scope| {
            scope.spawn(|| hasher.update(bytes));
            inner.write_all(bytes)
        })
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
