//! The order in which the parts of a face cover each other.

use crate::canvas::Canvas;
use crate::face::Face;
use crate::mouth::Mouth;

/// Draws all parts of a face, from the back to the front.
pub(crate) fn draw(face: &Face<'_>, canvas: &mut Canvas) {
    face.hair_behind(canvas);
    face.shoulders(canvas);
    if !face.person.hair.covers_ears() {
        face.ears(canvas);
    }
    face.head(canvas);
    face.relief(canvas);
    face.beard(canvas);
    face.wrinkles(canvas);
    face.nose(canvas);
    Mouth::of(face).draw(face, canvas);
    face.eyes(canvas);
    face.brows(canvas);
    face.hair_before(canvas);
    face.glasses(canvas);
}
