//! The text of a file, unpacked if need be: gzip, zstd, and a zip or a tar archive that holds one CSV file. The first
//! bytes say what a file is, since names and downloads often disagree.

use std::fs::File;
use std::io::{BufReader, Cursor, ErrorKind, Read};
use std::path::Path;

use fer_artifact::{Count, Digest, FIRST, Hashed, identify, is_plain_text, open_regular};

use crate::Error;
use crate::archive::{self, Found};

/// Bytes that a byte of a packed file may become, where nobody says another number. Faces in text become 3 to 10.
pub(crate) const EXPANSION: u64 = 100;
/// Bytes that any packed file may become.
pub(crate) const UNPACKED: u64 = 256 << 20;

/// Bytes that a byte of a packed file may become, and what helps where it becomes more.
#[derive(Clone, Copy)]
pub(crate) struct Expansion {
    times: u64,
    advice: &'static str,
}

impl Expansion {
    /// Where nobody can say another number.
    pub(crate) const FIXED: Self = Self { times: EXPANSION, advice: "unpack it" };

    /// Of a source in a pipeline file, which may say another number.
    pub(crate) fn of_source(given: Option<Count>) -> Self {
        let times = given.map_or(EXPANSION, |count| count.get() as u64);
        Self { times, advice: "unpack it, or raise `expansion` of the source in a pipeline file" }
    }
}

/// Fails once it has given more bytes than a file may unpack to.
struct Bounded {
    inner: Box<dyn Read + Send>,
    most: u64,
    given: u64,
}

impl Bounded {
    fn boxed(inner: Box<dyn Read + Send>, packed: u64, expansion: Expansion) -> Box<dyn Read + Send> {
        let most = packed.saturating_mul(expansion.times).max(UNPACKED);
        Box::new(Self { inner, most, given: 0 })
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.given += count as u64;
        if self.given > self.most {
            let message = format!("expected at most {} bytes in it, found more", self.most);
            return Err(std::io::Error::new(ErrorKind::FileTooLarge, message));
        }
        Ok(count)
    }
}

/// The text of a file.
pub(crate) struct Text<'a> {
    pub(crate) path: &'a Path,
    reader: Box<dyn Read + Send>,
    expansion: Expansion,
    /// Name of the packed format, if it is one.
    format: Option<&'static str>,
    /// Names of the other files in an archive.
    pub(crate) others: Vec<String>,
    /// What is read of the file as it lies on the disk; none of an archive, which is not read in order.
    raw: Option<Hashed<File>>,
}

impl<'a> Text<'a> {
    pub(crate) fn open(path: &'a Path, expansion: Expansion) -> Result<Self, Error> {
        let (mut reader, raw) = layer(path, expansion)?;
        let (format, mut others, mut raw) = (packing(&beginning(path)?), vec![], Some(raw));
        if format == Some("zip") {
            let (found, packed) = archive::in_zip(path)?;
            (reader, others, raw) = (Bounded::boxed(found.text, packed, expansion), found.others, None);
        }
        let mut text = Self { path, reader, expansion, format, others, raw };
        let mut first = vec![];
        text.read(FIRST as usize, &mut first)?;
        if archive::is_tar(&first) {
            let format = format.filter(|&format| format != "zip").unwrap_or("tar");
            let broken = |source| broken(path, format, expansion, source);
            let Found { text: inner, others } = archive::in_tar(path, || Ok(layer(path, expansion)?.0), broken)?;
            text = Self { path, reader: Box::new(inner), expansion, format: Some(format), others, raw: None };
            first.clear();
            text.read(FIRST as usize, &mut first)?;
        }
        let found = identify(&first).filter(|_| !first.is_empty() && !is_plain_text(&first));
        if let Some(found) = found {
            return Err(Error::NotCsv { path: path.to_owned(), found: found.into_owned() });
        }
        text.reader = Box::new(Cursor::new(first).chain(text.reader));
        Ok(text)
    }

    /// Digest of the file, once it was read to its end.
    pub(crate) fn digest(&self) -> Option<Digest> {
        self.raw.as_ref()?.digest()
    }

    /// Appends up to `most` bytes; `true` at the end of the file.
    pub(crate) fn read(&mut self, most: usize, out: &mut Vec<u8>) -> Result<bool, Error> {
        out.reserve(most);
        let read = self.reader.by_ref().take(most as u64).read_to_end(out);
        match (read, self.format) {
            (Ok(count), _) => Ok(count < most),
            (Err(source), None) => Err(Error::io(self.path, "read the file")(source)),
            (Err(source), Some(format)) => Err(broken(self.path, format, self.expansion, source)),
        }
    }
}

/// Why no more of a packed file can be read.
fn broken(path: &Path, format: &'static str, Expansion { advice, .. }: Expansion, source: std::io::Error) -> Error {
    let path = path.to_owned();
    match source.kind() {
        ErrorKind::UnexpectedEof => Error::Truncated { path, format },
        ErrorKind::FileTooLarge => Error::Expands { path, format, advice, source },
        _ => Error::Damaged { path, format, source },
    }
}

/// The first bytes of a file as it lies on the disk.
fn beginning(path: &Path) -> Result<Vec<u8>, Error> {
    let mut first = vec![];
    let file = open_regular(path).map_err(Error::io(path, "read the file"))?;
    file.take(4).read_to_end(&mut first).map_err(Error::io(path, "read the file"))?;
    Ok(first)
}

fn packing(first: &[u8]) -> Option<&'static str> {
    match first {
        [0x1F, 0x8B, ..] => Some("gzip"),
        [0x28, 0xB5, 0x2F, 0xFD] => Some("zstd"),
        first if archive::is_zip(first) => Some("zip"),
        _ => None,
    }
}

/// The bytes of a file, without the gzip or zstd around them, and what is read of the file meanwhile.
fn layer(path: &Path, expansion: Expansion) -> Result<(Box<dyn Read + Send>, Hashed<File>), Error> {
    let format = packing(&beginning(path)?);
    let file = open_regular(path).map_err(Error::io(path, "read the file"))?;
    let packed = file.metadata().map_err(Error::io(path, "read the file"))?.len();
    let raw = Hashed::new(file);
    let file = raw.clone();
    let reader: Box<dyn Read + Send> = match format {
        Some("gzip") => {
            let unpacked = flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, file));
            Bounded::boxed(Box::new(unpacked), packed, expansion)
        }
        Some("zstd") => {
            let unpacked = zstd::Decoder::new(file).map_err(Error::io(path, "start to unpack the file"))?;
            Bounded::boxed(Box::new(unpacked), packed, expansion)
        }
        _ => Box::new(file),
    };
    Ok((reader, raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unpacked_ends_at_its_bound() {
        let read = |most: u64| {
            let mut bounded = Bounded { inner: Box::new(Cursor::new([7; 10])), most, given: 0 };
            let mut bytes = vec![];
            bounded.read_to_end(&mut bytes).map(|_| bytes.len()).map_err(|error| error.to_string())
        };
        assert_eq!(read(10), Ok(10));
        assert_eq!(read(9), Err("expected at most 9 bytes in it, found more".to_owned()));
    }

    #[test]
    fn any_file_may_unpack_to_so_much_and_no_more() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let unpacked = |length: u64| {
            let mut packed = zstd::Encoder::new(file.reopen().unwrap(), 1).unwrap();
            std::io::copy(&mut std::io::repeat(b'7').take(length), &mut packed).unwrap();
            packed.finish().unwrap();
            let mut text = Text::open(file.path(), Expansion::FIXED)?;
            let (mut part, mut read) = (vec![], 0);
            while !text.read(1 << 20, &mut part)? {
                read += part.len() as u64;
                part.clear();
            }
            Ok(read + part.len() as u64)
        };
        assert_eq!(unpacked(UNPACKED).map_err(|error: Error| error.to_string()).unwrap(), UNPACKED);
        let error = fer_artifact::with_causes(&unpacked(UNPACKED + 1).unwrap_err());
        assert!(error.contains("expected at most 268435456 bytes in it, found more"), "{error}");
    }
}
