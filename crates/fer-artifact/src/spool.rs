//! Pixels as they come, before it is known where they belong.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::in_file::InFile;
use crate::{Error, Pixels};

/// Pixels that come image by image and are then read in any order: in memory up to a bound, beyond it in a file without a
/// name, which the system removes as soon as nobody holds it open, even after a kill.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    most: usize,
    len: usize,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Memory(Vec<u8>),
    File(BufWriter<File>),
}

impl Spool {
    /// Bytes that stay in memory.
    pub const IN_MEMORY: usize = 128 << 20;

    /// An empty spool with [`Self::IN_MEMORY`] bytes in memory; its file, if it needs one, lies in this folder.
    pub fn new(folder: &Path) -> Self {
        Self::within(folder, Self::IN_MEMORY)
    }

    /// The same with another bound.
    pub fn within(folder: &Path, most: usize) -> Self {
        Self { folder: folder.to_owned(), most, len: 0, place: Place::Memory(vec![]) }
    }

    /// Appends pixels.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn push(&mut self, pixels: &[u8]) -> Result<(), Error> {
        self.len += pixels.len();
        if let Place::Memory(values) = &mut self.place {
            if self.len <= self.most {
                values.extend_from_slice(pixels);
                return Ok(());
            }
            let values = std::mem::take(values);
            let file = tempfile::tempfile_in(&self.folder).map_err(|source| self.fault(source))?;
            self.place = Place::File(BufWriter::with_capacity(1 << 20, file));
            self.append(&values)?;
        }
        self.append(pixels)
    }

    fn append(&mut self, pixels: &[u8]) -> Result<(), Error> {
        let done = match &mut self.place {
            Place::Memory(values) => {
                values.extend_from_slice(pixels);
                Ok(())
            }
            Place::File(file) => file.write_all(pixels),
        };
        done.map_err(|source| self.fault(source))
    }

    /// All pixels, in their order.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish(self) -> Result<Pixels<u8>, Error> {
        let Self { folder, len, place, .. } = self;
        match place {
            Place::Memory(values) => Ok(values.into()),
            Place::File(file) => {
                let file = file.into_inner().map_err(|error| fault(&folder, error.into_error()))?;
                let spool = InFile { file, path: folder, name: "temporary file of pixels", start: 0 };
                Ok(Pixels::elsewhere(len, 1, spool))
            }
        }
    }

    fn fault(&self, source: std::io::Error) -> Error {
        fault(&self.folder, source)
    }
}

fn fault(folder: &Path, source: std::io::Error) -> Error {
    Error::Io { path: folder.to_owned(), action: "keep pixels in a temporary file in the folder", source }
}
