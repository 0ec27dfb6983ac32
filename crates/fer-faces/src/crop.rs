use fer_artifact::Size;
use fer_imgproc::{Roll, resize, warp};

use crate::Face;

/// Side of FER2013's crops in widths of the detector's boxes, and how far below a crop's centre the middle of eyes and mouth
/// lies, in sides. Of the first 600 images of the train split, enlarged and given a margin, the detector finds 498; over
/// them the medians are boxes 0.749 as wide as the image, and a middle at 0.500 of its width and 0.575 of its height.
const SIDE: f64 = 1.335;
const BELOW: f64 = 0.075;
/// A face is turned at so many times the size of its crop.
const FINER: usize = 4;

/// A face of a gray picture of `size`, cropped as FER2013's faces are cropped, filling the image from
/// hair to chin, and brought to the size `to`. Beyond the picture's edge its outermost pixels go on.
///
/// Pixels are weighted means where the crop shrinks ([`resize`]), and bilinear between them where it is turned.
///
/// # Panics
/// If `image` has not as many pixels as `size` says.
pub fn crop(image: &[u8], size: Size, face: &Face, to: Size, roll: Roll) -> Vec<u8> {
    assert_eq!(image.len(), size.area(), "pixels of an image of {size}");
    let square = Square::of(face, roll);
    match square.across {
        [_, 0.0] => square.upright(image, size, to),
        _ => square.turned(image, size, to, FINER),
    }
}

/// A square of a picture.
pub(crate) struct Square {
    pub(crate) centre: [f64; 2],
    pub(crate) side: f64,
    /// A step of one pixel along its upper edge, from left to right: cosine and sine of the roll.
    pub(crate) across: [f64; 2],
}

impl Square {
    /// The frame of a face's crop.
    pub(crate) fn of(face: &Face, roll: Roll) -> Self {
        let [left_eye, right_eye, ..] = face.landmarks;
        let across = match roll {
            Roll::TakenOut => direction(left_eye, right_eye),
            Roll::Kept => [1.0, 0.0],
        };
        let side = SIDE * face.width;
        let [x, y] = middle(face);
        // Downwards is a quarter turn from across.
        let centre = [x + BELOW * side * across[1], y - BELOW * side * across[0]];
        Self { centre, side, across }
    }

    /// Cut along the picture's own rows.
    fn upright(&self, image: &[u8], size: Size, to: Size) -> Vec<u8> {
        let side = self.side.round().max(1.0);
        let start = |axis: usize| (self.centre[axis] - side / 2.0).round() as i64;
        let square = Size::new(side as usize, side as usize).expect("a face is not much larger than a picture");
        resize(&cut(image, size, [start(0), start(1)], square.width()), square, to)
    }

    /// Turned so that its upper edge is level, at so many times the size that is wanted.
    pub(crate) fn turned(&self, image: &[u8], size: Size, to: Size, finer: usize) -> Vec<u8> {
        // Shrunk first, so that nothing aliases, but not as far as the crop: to turn it takes some of its sharpness.
        let fine = Size::new(finer * to.height(), finer * to.width()).expect("a crop is small");
        let shrink = (self.side / fine.longer_side() as f64).max(1.0);
        let [cosine, sine] = self.across;
        let reach = self.side * (cosine.abs() + sine.abs()) / 2.0 + 2.0 * shrink;
        let start = self.centre.map(|place| (place - reach).floor());
        let length = (2.0 * reach).ceil() as usize + 1;
        let around = Size::new(length, length).expect("a face is not much larger than a picture");
        let small = ((length as f64 / shrink).round() as usize).max(1);
        let small = Size::new(small, small).expect("no larger than before");
        let pixels = resize(&cut(image, size, start.map(|place| place as i64), length), around, small);
        let scale = small.width() as f64 / length as f64;
        // Steps of one pixel of the fine image, in pixels of the small one; and the small one's place of its first pixel.
        let [right, down] = [fine.width(), fine.height()].map(|pixels| self.side / pixels as f64 * scale);
        let first = [(1 - fine.width() as i64) as f64 / 2.0 * right, (1 - fine.height() as i64) as f64 / 2.0 * down];
        let axes = [[cosine, -sine], [sine, cosine]];
        let matrix = [0, 1].map(|axis: usize| {
            let [across, along] = axes[axis];
            let middle = (self.centre[axis] - start[axis]) * scale - 0.5;
            [across * right, along * down, middle + across * first[0] + along * first[1]]
        });
        resize(&warp(&pixels, small, matrix, fine), fine, to)
    }
}

/// The middle of eyes and corners of the mouth.
pub(crate) fn middle(face: &Face) -> [f64; 2] {
    let [left_eye, right_eye, _, left_corner, right_corner] = face.landmarks;
    [0, 1].map(|axis| (left_eye[axis] + right_eye[axis] + left_corner[axis] + right_corner[axis]) / 4.0)
}

/// The unit vector from one place to another; level where both are one place.
fn direction(from: [f64; 2], to: [f64; 2]) -> [f64; 2] {
    let [x, y] = [to[0] - from[0], to[1] - from[1]];
    let length = (x * x + y * y).sqrt();
    if length > 0.0 { [x / length, y / length] } else { [1.0, 0.0] }
}

/// A square of so many pixels from this column and row on.
fn cut(image: &[u8], size: Size, [x, y]: [i64; 2], side: usize) -> Vec<u8> {
    let columns: Vec<usize> = span(x, side, size.width()).collect();
    let mut pixels = Vec::with_capacity(side * side);
    for row in span(y, side, size.height()) {
        let row = &image[row * size.width()..][..size.width()];
        pixels.extend(columns.iter().map(|&column| row[column]));
    }
    pixels
}

/// Places `start..start + length`, each brought to the nearest of `0..end`.
fn span(start: i64, length: usize, end: usize) -> impl Iterator<Item = usize> {
    (start..start + length as i64).map(move |place| place.clamp(0, end as i64 - 1) as usize)
}
