use std::path::{Path, PathBuf};

use fer_artifact::{Size, Split, shown};

/// Why images could not be preprocessed, or a picture not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing to fit on.
    #[error("expected a set `train`, which preprocessing is fitted on, found {}", names(found))]
    MissingTrain {
        /// The sets that are there.
        found: Vec<Split>,
    },
    /// The train set has no images.
    #[error("expected at least one image in `train`, which preprocessing is fitted on, found none")]
    EmptyTrain,
    /// The train pixels have no deviation to divide by.
    #[error(
        "expected pixels in `train` that differ, since normalization `standard` divides by their standard deviation; \
         found {level} in every one of them"
    )]
    ConstantTrain {
        /// The value of every pixel, after equalisation.
        level: u8,
    },
    /// A set's images are not as large as those of train, and the parameters name no common size.
    #[error("expected images of {expected} in `{split}`, as in `train`, found {found}; `size` would resize them")]
    SizeDiffers {
        /// The set.
        split: Split,
        /// Size of the images in train.
        expected: Size,
        /// Size of the images in this set.
        found: Size,
    },
    /// A side of an image that is empty or too long.
    #[error(transparent)]
    Size(#[from] fer_artifact::OutOfRange),
    /// A set whose pixels are not as many as its number and size of images say.
    #[error("expected {expected} pixels in `{split}`, found {found}")]
    PixelCount {
        /// The set.
        split: Split,
        /// Images times height times width.
        expected: usize,
        /// Pixels there are.
        found: usize,
    },
    /// Pixels that are no whole number of images.
    #[error("expected whole images of {size}, {} pixels each, found {found} pixels", size.area())]
    Pixels {
        /// Size of an image.
        size: Size,
        /// Pixels there are.
        found: usize,
    },
    /// Faces were to be aligned without what finds them.
    #[error("expected the face detector for `landmarks`, found a program that was built without the feature `faces`")]
    NoAligner,
    /// A face that is given and cannot be that of its image.
    #[error("row {row}{}: {reason}", origin.as_ref().map(|origin| format!(" ({})", shown(origin))).unwrap_or_default())]
    Face {
        /// Row of the image in the source, from 0.
        row: u32,
        /// The picture that it comes from, if it is one.
        origin: Option<String>,
        /// What was expected and found.
        reason: String,
    },
    /// A picture that could not be written.
    #[error("{}: cannot encode the picture: {reason}", path.display())]
    Encode {
        /// The picture.
        path: PathBuf,
        /// The encoder's reason.
        reason: String,
    },
    /// A file that could not be written, or images that could not be read.
    #[error(transparent)]
    Artifact(#[from] fer_artifact::Error),
}

impl Error {
    /// The encoder's reasons have line breaks, and their sources say the same again.
    pub(crate) fn encode(path: &Path) -> impl FnOnce(image::ImageError) -> Self {
        move |error| Self::Encode { path: path.to_owned(), reason: error.to_string().replace('\n', " ") }
    }
}

fn names(splits: &[Split]) -> String {
    match splits {
        [] => "no set at all".to_owned(),
        _ => splits.iter().map(|split| format!("`{split}`")).collect::<Vec<_>>().join(" and "),
    }
}
