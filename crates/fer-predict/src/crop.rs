use schemars::JsonSchema;
use serde::Serialize;

/// A face that is not judged yet: gray pixels of the size that the networks take, made by a
/// [`Recognizer`](crate::Recognizer).
#[derive(Debug, Clone, PartialEq)]
pub struct Crop {
    place: Option<Place>,
    pixels: Vec<u8>,
}

/// A box in a picture, in pixels from its upper left corner: the part of a face's box that lies in the picture.
///
/// As JSON it is what `fer predict --json` calls `box`; score and landmarks stand beside it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Box")]
pub struct Place {
    /// Pixels to the left of the box.
    pub x: usize,
    /// Pixels above the box.
    pub y: usize,
    /// Pixels in a row of the box.
    pub width: usize,
    /// Rows of the box.
    pub height: usize,
    /// How sure the detector is: from 0.6 to 1.
    #[serde(skip)]
    pub score: f64,
    /// x and y of the eye on the left in the picture where the face is upright, of the eye on the right, the tip of the
    /// nose, and the corners of the mouth, left and right.
    #[serde(skip)]
    pub landmarks: [[f64; 2]; 5],
}

impl Crop {
    pub(crate) fn new(place: Option<Place>, pixels: Vec<u8>) -> Self {
        Self { place, pixels }
    }

    /// Where the face is in the picture, if it was looked for.
    pub fn place(&self) -> Option<Place> {
        self.place
    }

    /// Gray, row by row, as many as [`Recognizer::size`](crate::Recognizer::size) says.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }
}
