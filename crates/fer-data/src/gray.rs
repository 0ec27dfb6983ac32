//! Gray images as rows hold them.

use std::path::PathBuf;

use fer_artifact::Size;
use fer_imgproc::resize;

use crate::{RowProblem, pixels};

/// Most pictures that are decoded at a time.
const BATCH: usize = 1024;
/// Bytes of pixels that such a batch may hold. What a thread needs to decode one picture comes on top.
const BATCH_BYTES: usize = 64 << 20;

/// A gray image.
pub(crate) struct Gray {
    /// Height and width.
    pub(crate) size: Size,
    pub(crate) pixels: Vec<u8>,
}

impl Gray {
    /// The square of pixels that a text holds.
    pub(crate) fn of_text(text: &str) -> Result<Self, RowProblem> {
        let side = pixels::side(pixels::count(text));
        let pixels = pixels::read(text, side.map(|side| side * side))?;
        let side = pixels.len().isqrt();
        Ok(Self { size: Size::new(side, side).expect("a text is too short for a larger side"), pixels })
    }

    pub(crate) fn resized(self, to: Option<Size>) -> Self {
        match to {
            Some(to) => Self { pixels: resize(&self.pixels, self.size, to), size: to },
            None => self,
        }
    }
}

/// The size that all images of a source have: that of the first.
#[derive(Default)]
pub(crate) struct CommonSize(Option<(Size, PathBuf)>);

impl CommonSize {
    /// How many pictures to decode at a time: one until the size of all is known, which may be the one `asked` for.
    pub(crate) fn at_a_time(&self, asked: Option<Size>) -> usize {
        asked.or(self.get()).map_or(1, |size| (BATCH_BYTES / size.area()).clamp(1, BATCH))
    }

    pub(crate) fn get(&self) -> Option<Size> {
        self.0.as_ref().map(|(size, _)| *size)
    }

    /// Fails for an image of another size than the first; `name` is what the first one is called.
    pub(crate) fn check(&mut self, found: Size, name: impl FnOnce() -> PathBuf) -> Result<(), RowProblem> {
        let (expected, first) = self.0.get_or_insert_with(|| (found, name()));
        match found == *expected {
            true => Ok(()),
            false => Err(RowProblem::PictureSize { expected: *expected, first: first.clone(), found }),
        }
    }
}
