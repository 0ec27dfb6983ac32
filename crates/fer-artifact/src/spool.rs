//! Pixels as they come, before it is known where they belong.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::in_file::{Bytes, InFile};
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
        let io = |source| fault(&self.folder, source);
        match &mut self.place {
            Place::Memory(values) if self.len <= self.most => {
                // Memory that is not written to costs nothing, and growing would copy all pixels again and again. Where the
                // system counts it all the same and refuses, the vector grows.
                if values.is_empty() {
                    let _ = values.try_reserve_exact(self.most);
                }
                values.extend_from_slice(pixels);
            }
            Place::Memory(values) => {
                let file = tempfile::tempfile_in(&self.folder).map_err(io)?;
                let mut file = BufWriter::with_capacity(1 << 20, file);
                file.write_all(values).and_then(|()| file.write_all(pixels)).map_err(io)?;
                self.place = Place::File(file);
            }
            Place::File(file) => file.write_all(pixels).map_err(io)?,
        }
        Ok(())
    }

    /// All pixels, in their order.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish(self) -> Result<Pixels<u8>, Error> {
        let Self { folder, len, place, .. } = self;
        match place {
            Place::Memory(mut values) => {
                if values.len() < values.capacity() / 4 {
                    values.shrink_to_fit();
                }
                Ok(values.into())
            }
            Place::File(file) => {
                let file = file.into_inner().map_err(|error| fault(&folder, error.into_error()))?;
                let spool =
                    InFile { bytes: Bytes::Plain(file), path: folder, name: "temporary file of pixels", start: 0 };
                Ok(Pixels::elsewhere(len, 1, spool))
            }
        }
    }
}

fn fault(folder: &Path, source: std::io::Error) -> Error {
    Error::Io { path: folder.to_owned(), action: "keep pixels in a temporary file in the folder", source }
}
