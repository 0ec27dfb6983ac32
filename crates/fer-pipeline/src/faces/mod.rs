//! What finds faces for the stages, if the program was built with a detector.

#[cfg(feature = "faces")]
mod given;

use std::path::Path;

use fer_data::FaceFinder;
use fer_imgproc::Aligner;

use crate::error::StageError;

/// What finds the faces in photographs, if the program was built with it: as `fer predict` finds and crops them.
#[cfg(feature = "faces")]
pub fn face_finder() -> Option<Box<FaceFinder<'static>>> {
    use fer_artifact::Size;
    use fer_data::FoundFace;
    use fer_imgproc::{Picture, Roll, WayUp};

    let finder = fer_faces::Finder::new();
    Some(Box::new(move |picture: Picture, to: Size| {
        let size = picture.size();
        let faces = finder.find(&picture, None, WayUp::default());
        let gray = picture.into_gray();
        let found = |face: &fer_faces::Face| FoundFace {
            side: face.side().round() as u32,
            pixels: fer_faces::crop(
                &gray,
                size,
                &finder.level(&gray, size, face, Roll::default()),
                to,
                Roll::default(),
            ),
        };
        faces.iter().map(found).collect()
    }))
}

/// Nothing, as this program was built without the feature `faces`.
#[cfg(not(feature = "faces"))]
pub fn face_finder() -> Option<Box<FaceFinder<'static>>> {
    None
}

/// What crops the largest face of an image with level eyes ([`fer_faces::align`]): a face that a file gives, or one that is
/// found.
///
/// # Errors
/// [`fer_artifact::Error::Io`] and [`fer_artifact::Error::Format`] for such a file.
#[cfg(feature = "faces")]
pub(crate) fn aligner(from: Option<&Path>) -> Result<Option<Box<Aligner<'static>>>, StageError> {
    use fer_artifact::Size;
    use fer_imgproc::{Roll, Shown};

    let given = from.map(given::Given::read).transpose()?;
    let finder = fer_faces::Finder::new();
    Ok(Some(Box::new(move |shown: &Shown<'_>, to: Size| {
        let (image, size) = (shown.pixels, shown.size);
        Ok(match &given {
            // Given landmarks are trusted, whatever the image would lose.
            Some(given) => given.face(shown)?.map(|face| fer_faces::crop(image, size, &face, to, Roll::TakenOut)),
            None => finder.find_in_crop(image, size).map(|face| fer_faces::align(image, size, &face, to)),
        })
    })))
}

/// Nothing, as this program was built without the feature `faces`.
#[cfg(not(feature = "faces"))]
pub(crate) fn aligner(_from: Option<&Path>) -> Result<Option<Box<Aligner<'static>>>, StageError> {
    Ok(None)
}
