use std::path::PathBuf;

use fer_artifact::Size;

use crate::Format;

/// Why a model cannot be written for other programs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that cannot be written, or a weight that its precision cannot hold.
    #[error(transparent)]
    Artifact(#[from] fer_artifact::Error),
    /// The header does not describe a network that is known here.
    #[error("the model's header: `network`: {reason}")]
    Network {
        /// What is wrong with it.
        reason: String,
    },
    /// The tensors are not the network's, or there is no such network.
    #[error(transparent)]
    Model(#[from] fer_model::Error),
    /// The network has not as many outputs as there are classes.
    #[error("the model's header: expected a network of {expected} classes, as many as it names, found {found}")]
    Classes {
        /// Number of names.
        expected: usize,
        /// Number of the network's outputs.
        found: usize,
    },
    /// The header does not say how an image is preprocessed.
    #[error("the model's header: `preprocessing`: {reason}")]
    Preprocessing {
        /// What is wrong with it.
        reason: String,
    },
    /// The preprocessing makes images of another size than the network takes.
    #[error(
        "the model's header: expected images of {network}, as its network takes, found a preprocessing to {preprocessed}"
    )]
    ImageSize {
        /// The size that the network takes.
        network: Size,
        /// The size that the preprocessing makes.
        preprocessed: Size,
    },
    /// A temperature that is none.
    #[error(
        "the model's header: `evaluation.temperature`: expected a number above 0 within the range of F32, found {found}"
    )]
    Temperature {
        /// What stands there.
        found: serde_json::Value,
    },
    /// An ONNX file would be larger than a protocol buffer may be.
    #[error(
        "an ONNX file holds at most 2 GiB, and this model would take {bytes} bytes; in 16 bits it takes half as many"
    )]
    TooLarge {
        /// Size of the file.
        bytes: usize,
    },
    /// The name of the file says another format than the one that is asked for.
    #[error("{}: expected a name for the format `{asked}`, found the extension of `{found}`", path.display())]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// The format that is asked for.
        asked: Format,
        /// The format of the file's extension.
        found: Format,
    },
    /// Nothing says which format is wanted.
    #[error(
        "{}: expected a name that ends with `.safetensors` or `.onnx`, or a format (`--format {}`)",
        path.display(), Format::ALL.map(Format::name).join("|")
    )]
    NoFormat {
        /// The file.
        path: PathBuf,
    },
    /// Something stands there already.
    #[error("{}: exists already; `--force` overwrites it", path.display())]
    Exists {
        /// The file or folder.
        path: PathBuf,
    },
    /// A folder where a file is to be written, or a file where a folder is.
    #[error("{}: expected {expected}, found {found}", path.display())]
    WrongPlace {
        /// The file or folder.
        path: PathBuf,
        /// What may stand there.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
    },
}

impl Error {
    /// Whether the call itself is at fault, and not what it found.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Contradiction { .. } | Self::NoFormat { .. })
    }
}
