use fer_imgproc::{Picture, Roll, WayUp, resize};

use crate::{Crop, Error, Place, Size};

/// How a picture is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As a face that is cropped already.
    Whole,
    /// As a photograph with faces in it.
    Faces(Search),
}

/// How faces are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Search {
    /// Side of the smallest face to look for, in pixels of the picture, at least 20; `None` is a 32nd of the picture's
    /// longer side.
    pub smallest: Option<usize>,
    /// Whether tilted faces are turned upright.
    pub roll: Roll,
    /// Whether pictures may lie on a side.
    pub way_up: WayUp,
}

/// What a look needs.
#[derive(Debug)]
pub(crate) enum Eye {
    Whole,
    #[cfg(feature = "faces")]
    Faces {
        finder: fer_faces::Finder,
        search: Search,
    },
}

impl Eye {
    pub(crate) fn new(look: Look) -> Result<Self, Error> {
        match look {
            Look::Whole => Ok(Self::Whole),
            #[cfg(feature = "faces")]
            Look::Faces(search) => Ok(Self::Faces { finder: fer_faces::Finder::new(), search }),
            #[cfg(not(feature = "faces"))]
            Look::Faces(_) => Err(Error::NoDetector),
        }
    }

    /// The faces of a picture, at the size `to`.
    pub(crate) fn crops(&self, picture: Picture, to: Size) -> Vec<Crop> {
        match self {
            Self::Whole => vec![whole(picture, to)],
            #[cfg(feature = "faces")]
            Self::Faces { finder, search } => {
                let faces = finder.find(&picture, search.smallest, search.way_up);
                cut(finder, picture, &faces, to, search.roll)
            }
        }
    }

    /// The faces near these places of a picture, at the size `to`; the whole picture, if it is looked at so.
    #[cfg_attr(not(feature = "faces"), expect(unused_variables, reason = "nothing is looked for"))]
    pub(crate) fn crops_near(&self, picture: Picture, near: &[Place], to: Size) -> Vec<Crop> {
        match self {
            Self::Whole => vec![whole(picture, to)],
            #[cfg(feature = "faces")]
            Self::Faces { finder, search } => {
                let sides = |place: &Place| [place.x, place.y, place.width, place.height].map(|side| side as f64);
                let faces = finder.find_near(&picture, &near.iter().map(sides).collect::<Vec<_>>(), search.smallest);
                cut(finder, picture, &faces, to, search.roll)
            }
        }
    }
}

#[cfg(feature = "faces")]
fn cut(finder: &fer_faces::Finder, picture: Picture, faces: &[fer_faces::Face], to: Size, roll: Roll) -> Vec<Crop> {
    let size = picture.size();
    let gray = if faces.is_empty() { vec![] } else { picture.into_gray() };
    let crop = |face| {
        let face = finder.level(&gray, size, face, roll);
        Crop::new(Some(place(&face, size)), fer_faces::crop(&gray, size, &face, to, roll))
    };
    faces.iter().map(crop).collect()
}

/// A picture as one face, at the size `to`.
pub(crate) fn whole(picture: Picture, to: Size) -> Crop {
    let size = picture.size();
    let gray = picture.into_gray();
    Crop::new(None, if size == to { gray } else { resize(&gray, size, to) })
}

/// The part of a face's box that lies in the picture of this size, in whole pixels.
#[cfg(feature = "faces")]
fn place(face: &fer_faces::Face, size: Size) -> Place {
    let within = |place: f64, end: usize| place.round().clamp(0.0, end as f64) as usize;
    let (x, y) = (within(face.x, size.width()), within(face.y, size.height()));
    let (right, bottom) = (within(face.x + face.width, size.width()), within(face.y + face.height, size.height()));
    // More digits of a score or a landmark say nothing.
    let rounded = |value: f64, digits: f64| (digits * value).round() / digits;
    let landmarks = face.landmarks.map(|landmark| landmark.map(|place| rounded(place, 10.0)));
    Place { x, y, width: right - x, height: bottom - y, score: rounded(face.score, 100.0), landmarks }
}
