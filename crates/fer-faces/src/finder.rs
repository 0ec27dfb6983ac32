use std::fmt;

use fer_artifact::Size;
use fer_imgproc::resize;
use rustface::{ImageData, Model};

use crate::crop;

const WEIGHTS: &[u8] = include_bytes!("../model/seeta_fd_frontal_v1.0.bin");
/// Side of the smallest face that the detector sees, in pixels.
const WINDOW: f64 = 40.0;
/// Scores below it are mostly no faces. On the photographs that this was looked at with, false ones came to 1.1, and
/// true ones, 44 pixels wide and in poor light, began at 4.0.
const THRESHOLD: f64 = 2.0;
/// Unless told otherwise, faces are looked for down to this part of a picture's longer side.
const DEFAULT_PART: usize = 32;
/// Most pixels of the picture that the detector is given.
const MOST_PIXELS: f64 = 16e6;

/// Side of the smallest face that can be looked for, in pixels: with fewer there is no expression to see.
pub const SMALLEST: usize = 20;

/// A face in a picture: a square from the forehead to the chin, which may reach over the picture's edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Face {
    /// Left edge, in pixels from the picture's left.
    pub x: i64,
    /// Upper edge, in pixels from the picture's top.
    pub y: i64,
    /// Width and height in pixels.
    pub side: u32,
    /// How sure the detector is: from 2, and about 20 for a clear frontal face.
    pub score: f64,
}

/// A detector of frontal faces.
pub struct Finder {
    model: Model,
}

impl Finder {
    /// Reads the weights, which are part of the program.
    pub fn new() -> Self {
        Self { model: rustface::read_model(WEIGHTS).expect("the weights in the program are whole") }
    }

    /// Faces of a gray picture of `size`, row-major, from left to right.
    ///
    /// `smallest` is the side of the smallest face to look for, in pixels of the picture, at least [`SMALLEST`]; by
    /// default it is a 32nd of the longer side. The picture is resized so that such a face is as large as the smallest
    /// that the detector sees: time and memory depend on the ratio of both sides and not on the picture's size. The
    /// detector gets at most 16 million pixels, so that in a picture of more than some 4,000 pixels a side smaller
    /// faces than it can see remain unseen whatever `smallest` says.
    ///
    /// # Panics
    /// If `image` has not as many pixels as `size` says.
    pub fn find(&self, image: &[u8], size: Size, smallest: Option<usize>) -> Vec<Face> {
        assert_eq!(image.len(), size.area(), "pixels of an image of {size}");
        let seen = detector_size(size, smallest);
        let resized;
        let pixels = if seen == size {
            image
        } else {
            resized = resize(image, size, seen);
            &resized
        };
        let mut detector = rustface::create_detector_with_model(self.model.clone());
        detector.set_score_thresh(THRESHOLD);
        let found = detector.detect(&ImageData::new(pixels, seen.width() as u32, seen.height() as u32));
        let scale = longer_side(size) as f64 / longer_side(seen) as f64;
        let mut faces: Vec<Face> = found.iter().map(|info| face(info, scale)).collect();
        faces.retain(|face| face.is_within(size));
        faces.sort_by_key(|face| (face.x, face.y, face.side));
        faces
    }

    /// The faces that [`Self::find`] finds, each with its [`crop`] at the size `to`.
    ///
    /// # Panics
    /// If `image` has not as many pixels as `size` says.
    pub fn crops(&self, image: &[u8], size: Size, smallest: Option<usize>, to: Size) -> Vec<(Face, Vec<u8>)> {
        let faces = self.find(image, size, smallest);
        faces.into_iter().map(|face| (face, crop(image, size, &face, to))).collect()
    }
}

impl Default for Finder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Finder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finder").finish_non_exhaustive()
    }
}

impl Face {
    /// Whether its centre lies in a picture of this size.
    fn is_within(&self, size: Size) -> bool {
        let half = i64::from(self.side) / 2;
        let is_in = |start: i64, length: usize| (0..length as i64).contains(&(start + half));
        self.side > 0 && is_in(self.x, size.width()) && is_in(self.y, size.height())
    }
}

fn longer_side(size: Size) -> usize {
    size.height().max(size.width())
}

/// Size of the picture that the detector is given for one of `size`.
fn detector_size(size: Size, smallest: Option<usize>) -> Size {
    let smallest = smallest.unwrap_or(longer_side(size) / DEFAULT_PART).max(SMALLEST);
    let bound = (MOST_PIXELS / size.area() as f64).sqrt();
    let scale = (WINDOW / smallest as f64).min(bound);
    let scaled = |side: usize| ((side as f64 * scale).round() as usize).max(1);
    Size::new(scaled(size.height()), scaled(size.width())).expect("a picture is at most doubled")
}

fn face(info: &rustface::FaceInfo, scale: f64) -> Face {
    let bounds = info.bbox();
    let scaled = |length: f64| (length * scale).round();
    Face {
        x: scaled(f64::from(bounds.x())) as i64,
        y: scaled(f64::from(bounds.y())) as i64,
        side: scaled(f64::from(bounds.width())) as u32,
        score: info.score(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_face_sets_the_scale() {
        let detector_size = |(height, width), smallest| {
            let size = detector_size(Size::new(height, width).unwrap(), smallest);
            (size.height(), size.width())
        };
        assert_eq!(detector_size((960, 1280), None), (960, 1280), "1280 / 32 is the window");
        assert_eq!(detector_size((3000, 4000), None), (960, 1280));
        assert_eq!(detector_size((3000, 4000), Some(80)), (1500, 2000));
        assert_eq!(detector_size((48, 48), None), (96, 96), "no smaller than 20 pixels");
        assert_eq!(detector_size((48, 48), Some(1)), (96, 96));
        assert_eq!(detector_size((8000, 8000), Some(20)), (4000, 4000), "16 million pixels");
        assert_eq!(detector_size((1, 60_000), None), (1, 1280));
    }
}
