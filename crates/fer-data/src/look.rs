//! What pictures hold: images that become rows.

use fer_artifact::Size;
use fer_imgproc::Picture;

use crate::gray::Gray;
use crate::listing::Region;
use crate::phrase::short;
use crate::table::Request;
use crate::{Faces, RowProblem};

/// What a picture holds.
pub(crate) struct Seen {
    /// The images that become rows.
    pub(crate) images: Vec<Gray>,
    /// How many faces there are; 1 where none are looked for.
    pub(crate) faces: usize,
}

impl Seen {
    /// The same without the pixels of images of another size than that of all, where it is known: their rows are bad.
    pub(crate) fn only_of(mut self, size: Option<Size>) -> Self {
        let others = self.images.iter_mut().filter(|image| size.is_some_and(|size| size != image.size));
        others.for_each(|image| image.pixels = vec![]);
        self
    }
}

impl Request<'_> {
    /// What a picture holds: the rectangle that its source says, or the faces that are found where they are asked for, or
    /// else all of it; each at the size asked for.
    pub(crate) fn look(&self, picture: Picture, region: Option<Region>) -> Result<Seen, RowProblem> {
        if let (None, Some(detection)) = (region, &self.detection) {
            let (images, faces) = detection.faces(picture)?;
            return Ok(Seen { images, faces });
        }
        let size = picture.size();
        let pixels = picture.into_gray();
        match region {
            None => Ok(self.whole(Gray { size, pixels })),
            Some(region) => {
                let (pixels, size) =
                    region.within(size).of(&pixels, size).ok_or(RowProblem::OutsideOfPicture { size })?;
                Ok(self.whole(Gray { size, pixels }))
            }
        }
    }

    /// One image, at the size asked for.
    pub(crate) fn whole(&self, image: Gray) -> Seen {
        Seen { images: vec![image.resized(self.size)], faces: 1 }
    }
}

/// Photographs with several faces.
#[derive(Default)]
pub(crate) struct Several {
    count: usize,
    first: Option<String>,
}

impl Several {
    /// Notes how many faces a photograph has.
    pub(crate) fn note(&mut self, faces: usize, name: impl FnOnce() -> String) {
        if faces > 1 {
            self.count += 1;
            self.first.get_or_insert_with(name);
        }
    }

    /// What a person should know where one of several faces was taken.
    pub(crate) fn warning(self, request: &Request<'_>) -> Option<String> {
        let largest = request.detection.as_ref().is_some_and(|detection| detection.faces == Faces::Largest);
        let first = self.first.filter(|_| largest)?;
        let (count, first) = (self.count, short(&first));
        Some(format!(
            "several faces in {count} photographs, of which the largest were taken, first `{first}`; `detect: {{faces: one}}` \
             leaves such photographs out, `{{faces: all}}` takes all faces"
        ))
    }
}
