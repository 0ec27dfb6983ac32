//! The one CSV file in an archive: Kaggle hands out zips, and the FER2013 challenge a `tar.gz`.

use std::io::{BufReader, Error as IoError, Read, Result as IoResult, Seek, SeekFrom, Take};
use std::path::Path;

use fer_artifact::open_regular;
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use crate::Error;

/// A file in an archive.
#[derive(Debug, Clone)]
struct Entry {
    name: String,
    /// Its place in the archive's list.
    index: usize,
    /// Where its bytes begin in the archive.
    offset: u64,
    /// How many bytes it has there.
    length: u64,
}

/// The CSV file of an archive, and what else the archive holds.
pub(crate) struct Found<R> {
    pub(crate) text: R,
    /// Names of the other files.
    pub(crate) others: Vec<String>,
}

/// Whether the first bytes of a file are a zip's.
pub(crate) fn is_zip(first: &[u8]) -> bool {
    first.starts_with(b"PK\x03\x04") || first.starts_with(b"PK\x05\x06")
}

/// Whether the first bytes of a file, unpacked, are a tar archive's.
pub(crate) fn is_tar(first: &[u8]) -> bool {
    first.get(257..262) == Some(b"ustar")
}

/// The CSV file of a zip, and how many bytes the zip has.
pub(crate) fn in_zip(path: &Path) -> Result<(Found<Box<dyn Read + Send>>, u64), Error> {
    let io = || Error::io(path, "read the file");
    let damaged = |error| Error::Damaged { path: path.to_owned(), format: "zip", source: IoError::other(error) };
    let file = open_regular(path).map_err(io())?;
    let length = file.metadata().map_err(io())?.len();
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    let mut entries = vec![];
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(damaged)?;
        if entry.is_file() {
            let offset = entry.data_start().unwrap_or(0);
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            entries.push(Entry { name, index, offset, length: entry.compressed_size() });
        }
    }
    let (csv, others) = only_csv(path, entries)?;
    let entry = archive.by_index_raw(csv.index).map_err(damaged)?;
    let (method, check_sum, encrypted) = (entry.compression(), entry.crc32(), entry.encrypted());
    drop(entry);
    let refuse = |what: &str| Err(Error::NotCsv { path: path.to_owned(), found: what.to_owned() });
    let mut file = open_regular(path).map_err(io())?;
    file.seek(SeekFrom::Start(csv.offset)).map_err(io())?;
    let packed = BufReader::with_capacity(1 << 16, file.take(csv.length));
    let unpacked: Box<dyn Read + Send> = match method {
        _ if encrypted => return refuse("a zip with a password: unpack it first"),
        CompressionMethod::Stored => Box::new(packed),
        CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(packed)),
        _ => return refuse("a zip packed in a rare way: unpack it first"),
    };
    let text = Box::new(Checked { inner: unpacked, crc: Crc::new(), expected: check_sum });
    Ok((Found { text, others }, length))
}

/// The CSV file of a tar archive. `open` gives the archive's bytes, unpacked, from their beginning; `broken` says why they cannot be
/// read.
pub(crate) fn in_tar<R: Read>(
    path: &Path,
    open: impl Fn() -> Result<R, Error>,
    broken: impl Fn(IoError) -> Error,
) -> Result<Found<Take<R>>, Error> {
    let mut archive = tar::Archive::new(open()?);
    let mut entries = vec![];
    for (index, entry) in archive.entries().map_err(&broken)?.enumerate() {
        let entry = entry.map_err(&broken)?;
        if entry.header().entry_type().is_file() {
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            entries.push(Entry { name, index, offset: entry.raw_file_position(), length: entry.size() });
        }
    }
    let (csv, others) = only_csv(path, entries)?;
    let mut text = open()?;
    std::io::copy(&mut text.by_ref().take(csv.offset), &mut std::io::sink()).map_err(broken)?;
    Ok(Found { text: text.take(csv.length), others })
}

/// The one CSV file among these, and the names of the others; a single file is taken whatever its name.
fn only_csv(path: &Path, entries: Vec<Entry>) -> Result<(Entry, Vec<String>), Error> {
    // A Mac adds a shadow of each file.
    let is_shadow =
        |name: &str| name.starts_with("__MACOSX/") || name.rsplit('/').next().unwrap_or("").starts_with("._");
    let is_csv = |name: &str| {
        let extension = Path::new(name).extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        !is_shadow(name) && matches!(extension.as_deref(), Some("csv" | "tsv"))
    };
    let single = entries.iter().filter(|entry| !is_shadow(&entry.name)).count() == 1;
    let (mut csv, others): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| is_csv(&entry.name) || single && !is_shadow(&entry.name));
    let names = |entries: &[Entry]| entries.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>();
    match csv.len() {
        1 => Ok((csv.remove(0), names(&others))),
        _ => Err(Error::ArchiveEntries { path: path.to_owned(), found: names(&csv) }),
    }
}

/// Fails at the end of the bytes if their check sum is another.
struct Checked<R> {
    inner: R,
    crc: Crc,
    expected: u32,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> IoResult<usize> {
        let count = self.inner.read(buffer)?;
        self.crc.update(&buffer[..count]);
        if count == 0 && !buffer.is_empty() && self.crc.sum() != self.expected {
            return Err(IoError::other("its check sum is another"));
        }
        Ok(count)
    }
}
