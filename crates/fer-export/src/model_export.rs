use std::io::Write;
use std::path::Path;

use fer_artifact::names::MODEL;
use fer_artifact::{Digest, Model, Provenance, write, write_atomic, write_half};

use crate::ready::Ready;
use crate::{Error, Existing, Format, hugging_face, onnx, place};

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
    /// Writes the model at `out`, a folder's files one by one, the weights last; gives the number of bytes.
    ///
    /// # Errors
    /// Any variant of [`Error`] but [`Error::Contradiction`] and [`Error::NoFormat`]; what stood there is then untouched,
    /// except that some files of a folder may be new already if one cannot be written.
    pub fn write(&self, out: &Path, format: Format, existing: Existing) -> Result<u64, Error> {
        let ready = Ready::new(self.model)?;
        place::check(out, format, existing)?;
        match format {
            Format::Safetensors => self.write_weights(out),
            Format::Onnx => write_bytes(out, &onnx::encode(self, &ready, out)?),
            Format::HuggingFace => {
                let texts = hugging_face::texts(self, &ready, out);
                let mut sizes = texts.iter().map(|(name, text)| write_bytes(&out.join(name), text.as_bytes()));
                let texts = sizes.try_fold(0, |sum, size| Ok::<_, Error>(sum + size?))?;
                Ok(texts + self.write_weights(&out.join(MODEL))?)
            }
        }
    }

    fn write_weights(&self, out: &Path) -> Result<u64, Error> {
        match self.precision {
            Precision::Single => write(out, self.model, self.provenance)?,
            Precision::Half => write_half(out, self.model, self.provenance)?,
        };
        let io = |source| fer_artifact::Error::Io { path: out.to_owned(), action: "read the file", source };
        Ok(std::fs::metadata(out).map_err(io)?.len())
    }
}

fn write_bytes(out: &Path, bytes: &[u8]) -> Result<u64, Error> {
    write_atomic(out, |file: &mut dyn Write| file.write_all(bytes))?;
    Ok(bytes.len() as u64)
}
