use std::io::Write;
use std::path::Path;

use fer_artifact::names::MODEL;
use fer_artifact::{Digest, Model, Provenance, half, write, write_atomic, write_half};

use crate::place::Place;
use crate::ready::Ready;
use crate::{Error, Existing, Format, hugging_face, onnx};

/// Bits of a weight in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits.
    Single,
    /// 16 bits for matrices and kernels, rounded to nearest even; the rest, which is little, 32 bits.
    Half,
}

/// A model to write for other programs.
#[derive(Debug, Clone, Copy)]
pub struct ModelExport<'a> {
    /// The model, with scores and temperature under `evaluation`, if they are known.
    pub model: &'a Model,
    /// What the new file says of where it comes from.
    pub provenance: &'a Provenance,
    /// Of the file that the model was read from.
    pub digest: Digest,
    /// Bits of its weights.
    pub precision: Precision,
}

impl ModelExport<'_> {
    /// Writes the model at `out`, a file or a folder of files; gives the number of bytes.
    ///
    /// # Errors
    /// Any variant of [`Error`] but [`Error::Contradiction`] and [`Error::NoFormat`]; what stood there is then untouched,
    /// unless the system refuses to move one of a folder's files when others are moved.
    pub fn write(&self, out: &Path, format: Format, existing: Existing) -> Result<u64, Error> {
        let ready = Ready::new(self.model)?;
        let place = Place::new(out, format, existing)?;
        match format {
            Format::Safetensors => {
                self.check_weights(out)?;
                place.put(|file| self.write_weights(file))
            }
            Format::Onnx => {
                let bytes = onnx::encode(self, &ready, out)?;
                place.put(|file| write_bytes(file, &bytes))
            }
            Format::HuggingFace => {
                self.check_weights(&out.join(MODEL))?;
                let texts = hugging_face::texts(self, &ready, out);
                place.put(|folder| {
                    texts.iter().try_for_each(|(name, text)| write_bytes(&folder.join(name), text.as_bytes()))?;
                    self.write_weights(&folder.join(MODEL))
                })
            }
        }
    }

    /// That the precision holds each weight, in the name of the file to come.
    fn check_weights(&self, file: &Path) -> Result<(), Error> {
        if self.precision == Precision::Half {
            for (name, array) in &self.model.tensors {
                half(file, name, array)?;
            }
        }
        Ok(())
    }

    fn write_weights(&self, file: &Path) -> Result<(), Error> {
        match self.precision {
            Precision::Single => write(file, self.model, self.provenance)?,
            Precision::Half => write_half(file, self.model, self.provenance)?,
        };
        Ok(())
    }
}

fn write_bytes(file: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_atomic(file, |file: &mut dyn Write| file.write_all(bytes))?;
    Ok(())
}
