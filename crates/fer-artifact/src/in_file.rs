//! Pixels in a file, read at the places that are asked for.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use crate::Error;
use crate::pixels::{Give, PixelValue, check_values};
use crate::sums::{Summed, read_exact_at};

/// Where the bytes come from.
#[derive(Debug)]
pub(crate) enum Bytes {
    /// A file of the program's own, which has no name.
    Plain(File),
    /// One that must still be what it was when it was opened.
    Summed(Summed),
}

/// A tensor, or a spool, in an open file.
#[derive(Debug)]
pub(crate) struct InFile {
    pub(crate) bytes: Bytes,
    /// For messages.
    pub(crate) path: PathBuf,
    /// What it is, for messages.
    pub(crate) name: &'static str,
    /// Where its first byte stands.
    pub(crate) start: u64,
}

impl<T: PixelValue> Give<T> for InFile {
    fn give(&self, start: usize, out: &mut [T]) -> Result<(), Error> {
        let at = self.start + (start * size_of::<T>()) as u64;
        let bytes = bytemuck::cast_slice_mut(out);
        match &self.bytes {
            Bytes::Plain(file) => read_exact_at(file, bytes, at),
            Bytes::Summed(file) => file.read_exact_at(bytes, at),
        }
        .map_err(|source| self.fault(source))?;
        check_values(&self.path, self.name, out, start)
    }
}

impl InFile {
    fn fault(&self, source: io::Error) -> Error {
        let path = self.path.clone();
        match source.kind() {
            io::ErrorKind::UnexpectedEof => {
                let reason = format!("it ends within its {}; it was cut short while it was read", self.name);
                Error::Format { path, reason }
            }
            _ => Error::Io { path, action: "read the file", source },
        }
    }
}
