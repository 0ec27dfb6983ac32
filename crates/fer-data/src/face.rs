//! A row's pixels, seen once as they come: what is said of them later must be noted here.

use fer_artifact::{Digest, Split};

/// What is known of an image once its pixels are put away.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Equal for equal images and for no others.
    pub(crate) digest: Digest,
    /// Whether all pixels are of one value.
    pub(crate) blank: bool,
}

impl Look {
    fn at(pixels: &[u8]) -> Self {
        Self { digest: Digest::of_bytes(pixels), blank: pixels.iter().all(|&pixel| pixel == pixels[0]) }
    }
}

/// Pixels of a row, and what is known of them.
pub(crate) struct Image {
    pub(crate) pixels: Vec<u8>,
    pub(crate) look: Look,
}

impl Image {
    /// Looks at the pixels, which takes a while: readers do it on all threads.
    pub(crate) fn new(pixels: Vec<u8>) -> Self {
        Self { look: Look::at(&pixels), pixels }
    }
}

/// A usable row.
pub(crate) struct Face {
    pub(crate) label: u8,
    /// Where the source was asked for it and says it.
    pub(crate) split: Option<Split>,
    /// Where groups were asked for.
    pub(crate) group: Option<String>,
    /// The values of the columns that are noted, in the order in which they were asked for.
    pub(crate) values: Vec<String>,
    /// The picture that it comes from, as [`fer_artifact::Origins`] has it.
    pub(crate) origin: Option<String>,
    pub(crate) image: Image,
}
