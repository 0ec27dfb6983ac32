use fer_imgproc::{Picture, resize};

#[cfg(feature = "faces")]
use crate::Place;
use crate::{Crop, Error, Size};

/// How a picture is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As a face that is cropped already.
    Whole,
    /// As a photograph with faces in it.
    Faces {
        /// Side of the smallest face to look for, in pixels of the picture, at least 20; `None` is a 32nd of the
        /// picture's longer side.
        smallest: Option<usize>,
    },
}

/// What a look needs.
#[derive(Debug)]
pub(crate) enum Eye {
    Whole,
    #[cfg(feature = "faces")]
    Faces {
        finder: fer_faces::Finder,
        smallest: Option<usize>,
    },
}

impl Eye {
    pub(crate) fn new(look: Look) -> Result<Self, Error> {
        match look {
            Look::Whole => Ok(Self::Whole),
            #[cfg(feature = "faces")]
            Look::Faces { smallest } => Ok(Self::Faces { finder: fer_faces::Finder::new(), smallest }),
            #[cfg(not(feature = "faces"))]
            Look::Faces { .. } => Err(Error::NoDetector),
        }
    }

    /// The faces of a picture, at the size `to`.
    pub(crate) fn crops(&self, picture: Picture, to: Size) -> Vec<Crop> {
        match self {
            Self::Whole => vec![whole(picture, to)],
            #[cfg(feature = "faces")]
            Self::Faces { finder, smallest } => {
                let size = picture.size();
                let gray = picture.into_gray();
                let faces = finder.crops(&gray, size, *smallest, to);
                faces.into_iter().map(|(face, pixels)| Crop::new(Some(place(&face, size)), pixels)).collect()
            }
        }
    }
}

/// A picture as one face, at the size `to`.
pub(crate) fn whole(picture: Picture, to: Size) -> Crop {
    let size = picture.size();
    let gray = picture.into_gray();
    Crop::new(None, if size == to { gray } else { resize(&gray, size, to) })
}

/// The part of a face's square that lies in the picture of this size.
#[cfg(feature = "faces")]
fn place(face: &fer_faces::Face, size: Size) -> Place {
    let within = |place: i64, end: usize| place.clamp(0, end as i64) as usize;
    let side = i64::from(face.side);
    let (x, y) = (within(face.x, size.width()), within(face.y, size.height()));
    let (right, bottom) = (within(face.x + side, size.width()), within(face.y + side, size.height()));
    // More digits of a score say nothing.
    Place { x, y, width: right - x, height: bottom - y, score: (100.0 * face.score).round() / 100.0 }
}
