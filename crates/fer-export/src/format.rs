use std::ffi::OsStr;
use std::fmt;
use std::path::Path;

use crate::Error;

/// In which format a model is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A file that `fer` reads again, `.safetensors`.
    Safetensors,
    /// A file for ONNX Runtime and its like, `.onnx`.
    Onnx,
    /// A folder for the Hugging Face hub, with code for PyTorch.
    HuggingFace,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Safetensors, Self::Onnx, Self::HuggingFace];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safetensors => "safetensors",
            Self::Onnx => "onnx",
            Self::HuggingFace => "hugging-face",
        }
    }

    /// The format to write `out` in: the one that is asked for, or else the one of its extension.
    ///
    /// # Errors
    /// [`Error::Contradiction`] if the two differ, [`Error::NoFormat`] if there is neither.
    pub fn of(out: &Path, asked: Option<Self>) -> Result<Self, Error> {
        match (asked, Self::of_extension(out)) {
            (Some(asked), Some(found)) if asked != found => {
                Err(Error::Contradiction { path: out.to_owned(), asked, found })
            }
            (asked, found) => asked.or(found).ok_or_else(|| Error::NoFormat { path: out.to_owned() }),
        }
    }

    /// The extension is the format's name, in letters of any case; a folder has none.
    fn of_extension(out: &Path) -> Option<Self> {
        let extension = out.extension().and_then(OsStr::to_str)?;
        [Self::Safetensors, Self::Onnx].into_iter().find(|format| extension.eq_ignore_ascii_case(format.name()))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_or_the_option_says_the_format_and_both_must_agree() {
        let of = |out: &str, asked| Format::of(out.as_ref(), asked).map_err(|error| error.to_string());
        assert_eq!(of("a/face.onnx", None), Ok(Format::Onnx));
        assert_eq!(of("FACE.ONNX", Some(Format::Onnx)), Ok(Format::Onnx));
        assert_eq!(of("face.safetensors", None), Ok(Format::Safetensors));
        assert_eq!(of("faces.v2", Some(Format::HuggingFace)), Ok(Format::HuggingFace));
        let contradiction = "face.onnx: expected a name for the format `hugging-face`, found the extension of `onnx`";
        assert_eq!(of("face.onnx", Some(Format::HuggingFace)), Err(contradiction.to_owned()));
        let message = of("face.pt", None).unwrap_err();
        let expected = "`.safetensors` or `.onnx`, or a format (`--format safetensors|onnx|hugging-face`)";
        assert!(message.ends_with(expected), "{message}");
    }
}
