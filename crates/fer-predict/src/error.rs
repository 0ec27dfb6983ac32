use std::path::{Path, PathBuf};

use fer_artifact::{Size, shown};

use crate::BUILT_IN;

/// Why a model cannot be used, or images not be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No model to judge by.
    #[error("expected at least one model, found none")]
    NoModel,
    /// Nothing where a model should lie, and no model that is built in under that name.
    #[error("{}: expected a model file, a run folder, or the name of a built-in model ({}), found nothing of this name", given.display(), built_in_names())]
    UnknownModel {
        /// The path or the name.
        given: PathBuf,
    },
    /// A file that is no model.
    #[error(transparent)]
    Artifact(#[from] fer_artifact::Error),
    /// A model that cannot say how its images are made.
    #[error("{}: its header does not say how to preprocess an image: {reason}", model.display())]
    Preprocessing {
        /// The model.
        model: PathBuf,
        /// What is wrong with the header.
        reason: String,
    },
    /// A model whose preprocessing makes images of another size than its network takes.
    #[error("{}: expected images of {network}, as its network takes, found a preprocessing to {preprocessed}", model.display())]
    ImageSize {
        /// The model.
        model: PathBuf,
        /// The size that its network takes.
        network: Size,
        /// The size that its preprocessing makes.
        preprocessed: Size,
    },
    /// A model whose network cannot be built, or failed on an image.
    #[error("{}: cannot use the model", model.display())]
    Model {
        /// The model.
        model: PathBuf,
        /// The network's reason.
        source: fer_eval::Error,
    },
    /// Models that do not know the same classes in the same order.
    #[error("{}: expected the classes of {}, {}, found {}", model.display(), first.display(), names(expected), names(found))]
    Classes {
        /// The model.
        model: PathBuf,
        /// The first model.
        first: PathBuf,
        /// The first model's classes.
        expected: Vec<String>,
        /// The model's classes.
        found: Vec<String>,
    },
    /// Models that do not take images of the same size, where they must.
    #[error("{}: expected images of {expected} as {}, found {found}", model.display(), first.display())]
    Size {
        /// The model.
        model: PathBuf,
        /// The first model.
        first: PathBuf,
        /// The size that the first model takes.
        expected: Size,
        /// The size that the model takes.
        found: Size,
    },
    /// Pixels that are not as many as their size says.
    #[error(transparent)]
    Pixels(#[from] fer_imgproc::Error),
    /// Faces are to be found by a program that cannot.
    #[error(
        "this program was built without the feature `faces` and cannot look for any; give it cropped faces and \
         --no-detect"
    )]
    NoDetector,
}

impl Error {
    pub(crate) fn of_model(model: &Path) -> impl Fn(fer_eval::Error) -> Self + '_ {
        |source| Self::Model { model: model.to_owned(), source }
    }
}

fn built_in_names() -> String {
    BUILT_IN.map(|name| format!("`{name}`")).join(", ")
}

/// The names of classes, which come from a file.
fn names(classes: &[String]) -> String {
    shown(&format!("{classes:?}"))
}
