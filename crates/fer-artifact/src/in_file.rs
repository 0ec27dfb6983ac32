//! Pixels in a file, read at the places that are asked for.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use crate::Error;
use crate::pixels::{Give, PixelValue, check_values};

/// A tensor, or a spool, in an open file.
#[derive(Debug)]
pub(crate) struct InFile {
    pub(crate) file: File,
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
        read_exact_at(&self.file, bytemuck::cast_slice_mut(out), at).map_err(|source| self.fault(source))?;
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

#[cfg(unix)]
fn read_exact_at(file: &File, out: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, at)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut out: &mut [u8], mut at: u64) -> io::Result<()> {
    while !out.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, out, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => (out, at) = (&mut out[n..], at + n as u64),
        }
    }
    Ok(())
}
