use std::path::PathBuf;

use crate::shown;

/// What can be wrong with an artifact.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{}: cannot {action}", path.display())]
    Io {
        /// File or folder concerned.
        path: PathBuf,
        /// What was tried, as a verb with its object.
        action: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Not what was hashed before.
    #[error("{}: found other contents than when it was hashed: it was changed meanwhile, or read wrongly", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The bytes are no safetensors file, or one that is cut short or inconsistent.
    #[error("{}: not a valid safetensors file: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A safetensors file without the metadata key `fer`.
    #[error("{}: has no metadata key `fer`, so it is no artifact of a stage", path.display())]
    NoHeader {
        /// The file.
        path: PathBuf,
    },
    /// The metadata key `fer` does not hold a header.
    #[error("{}: metadata key `fer`: {reason}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong with the header.
        reason: String,
    },
    /// An artifact of another kind than asked for.
    #[error("{}: expected an artifact of kind `{expected}`, found `{found}`", path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// The kind asked for.
        expected: crate::Kind,
        /// The kind in the header.
        found: crate::Kind,
    },
    /// Written under a schema that this program does not know.
    #[error("{}: schema {found} of `{kind}` is not known here, expected {expected}", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// The artifact's kind.
        kind: crate::Kind,
        /// The schema known here.
        expected: u32,
        /// The schema in the header.
        found: u32,
    },
    /// A tensor that the kind needs is absent.
    #[error("{}: tensor `{}` is missing", path.display(), shown(name))]
    MissingTensor {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        name: String,
    },
    /// A tensor that the kind does not have.
    #[error("{}: tensor `{}` is not expected in an artifact of kind `{kind}`", path.display(), shown(name))]
    UnexpectedTensor {
        /// The file.
        path: PathBuf,
        /// The artifact's kind.
        kind: crate::Kind,
        /// The tensor's name.
        name: String,
    },
    /// A tensor with another dtype or shape than the kind asks for.
    #[error("{}: tensor `{}`: expected {expected}, found {found}", path.display(), shown(name))]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        name: String,
        /// Expected dtype and shape.
        expected: String,
        /// Dtype and shape found.
        found: String,
    },
    /// Values that the kind does not allow.
    #[error("{}: {}: expected {expected}, found {found}", path.display(), shown(what))]
    Value {
        /// The file.
        path: PathBuf,
        /// The value's place.
        what: String,
        /// What is allowed there.
        expected: String,
        /// What stands there.
        found: String,
    },
}

/// An error with all that caused it: `faces.csv: cannot read the file: permission denied`. No error here says its cause
/// itself; whoever turns one into text for a person does it with this.
///
/// ```
/// let error = fer_artifact::Digest::of_file("nowhere".as_ref()).unwrap_err();
/// let text = fer_artifact::with_causes(&error);
/// assert!(text.starts_with("nowhere: cannot read the file: "), "{text}");
/// ```
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
