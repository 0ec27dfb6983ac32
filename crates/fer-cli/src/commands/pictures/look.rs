use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::Result;
use fer_imgproc::{Picture, resize};
use serde::Serialize;

use super::walk::Found;

/// How a picture is looked at.
pub(super) enum Look {
    /// As a face that is cropped already.
    Whole,
    /// As a photograph with faces in it.
    #[cfg(feature = "faces")]
    Faces { finder: fer_faces::Finder, smallest: Option<usize> },
}

/// What was seen in a file: the faces, or why it could not be read.
pub(crate) struct Seen<'a> {
    pub(crate) path: &'a Path,
    pub(crate) outcome: Result<Vec<Crop>, String>,
}

/// A face.
pub(crate) struct Crop {
    /// Where it is in the picture, if it was looked for.
    pub(crate) place: Option<Place>,
    /// Gray, of the size that the models take.
    pub(crate) pixels: Vec<u8>,
}

/// A box in a picture, in pixels from its upper left corner, and how sure the detector is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Place {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
    #[serde(skip)]
    pub(crate) score: f64,
}

impl Seen<'_> {
    pub(crate) fn crops(&self) -> &[Crop] {
        self.outcome.as_deref().unwrap_or_default()
    }
}

impl Look {
    /// Looks for faces, of at least so many pixels a side.
    #[cfg(feature = "faces")]
    pub(super) fn for_faces(smallest: Option<u16>) -> Result<Self> {
        Ok(Self::Faces { finder: fer_faces::Finder::new(), smallest: smallest.map(usize::from) })
    }

    #[cfg(not(feature = "faces"))]
    pub(super) fn for_faces(_: Option<u16>) -> Result<Self> {
        anyhow::bail!(
            "this program was built without the feature `faces` and cannot look for any; give it cropped faces and --no-detect"
        )
    }

    /// Decodes a file and cuts out its faces at the given size (height, width).
    pub(super) fn at<'a>(&self, found: &'a Found, size: (usize, usize)) -> Seen<'a> {
        let outcome = match found {
            Found::File(path) => {
                // A decoder that panics on a file is a defect, and no reason to leave out the files after it.
                let looked = catch_unwind(AssertUnwindSafe(|| self.faces_of(path, size)));
                looked.unwrap_or_else(|_| Err("a broken picture: its decoder gave up".to_owned()))
            }
            Found::Nothing(_, problem) => Err(problem.clone()),
        };
        Seen { path: found.path(), outcome }
    }

    fn faces_of(&self, path: &Path, size: (usize, usize)) -> Result<Vec<Crop>, String> {
        let picture = Picture::open(path).map_err(|problem| format!("{:#}", anyhow::Error::new(problem)))?;
        let own = picture.size();
        let gray = picture.into_gray();
        match self {
            Self::Whole => {
                let pixels = if own == size { gray } else { resize(&gray, own, size) };
                Ok(vec![Crop { place: None, pixels }])
            }
            #[cfg(feature = "faces")]
            Self::Faces { finder, smallest } => {
                let faces = finder.find(&gray, own, *smallest);
                let crop = |face: &fer_faces::Face| Crop {
                    place: Some(Place::of(face, own)),
                    pixels: fer_faces::crop(&gray, own, face, size),
                };
                Ok(faces.iter().map(crop).collect())
            }
        }
    }
}

#[cfg(feature = "faces")]
impl Place {
    /// The part of a face's box that lies in the picture of `size` (height, width).
    fn of(face: &fer_faces::Face, size: (usize, usize)) -> Self {
        let within = |place: i64, end: usize| place.clamp(0, end as i64) as usize;
        let side = i64::from(face.side);
        let (x, y) = (within(face.x, size.1), within(face.y, size.0));
        let (right, bottom) = (within(face.x + side, size.1), within(face.y + side, size.0));
        // More digits of a score say nothing.
        Self { x, y, width: right - x, height: bottom - y, score: (100.0 * face.score).round() / 100.0 }
    }
}
