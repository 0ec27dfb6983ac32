use fer_artifact::Size;
use fer_imgproc::{Roll, resize, warp};

use crate::Face;

/// Side of FER2013's crops in widths of the detector's boxes, and how far below a crop's centre the middle of eyes and mouth
/// lies, in sides. Of the first 600 images of the train split, enlarged and given a margin, the detector finds 498; over
/// them the medians are boxes 0.749 as wide as the image, and a middle at 0.500 of its width and 0.575 of its height.
const SIDE: f64 = 1.335;
const BELOW: f64 = 0.075;
/// What is nearly the frame of a crop: by degrees of roll as the landmarks have it, parts of a side from the middle, and parts
/// of a side in width. With every face cropped anew, `fer48` got 1.5 in 100 fewer images of FER2013's PublicTest right where
/// they were turned by 15°, and 2.8 more at 30°.
const TILT: f64 = 20.0;
const SHIFT: f64 = 0.25;
const SCALE: f64 = 0.5;
/// An image of so many times the size of its crop is sharp enough to be cropped anew.
const SPARE: usize = 2;
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

/// [`crop`] with the roll taken out, of an image that may be a face's crop already: one that is hardly larger than the crop and
/// has nearly its frame is resized as it is, since another frame would cost it more in sharpness than it gains.
///
/// # Panics
/// As [`crop`].
pub fn align(image: &[u8], size: Size, face: &Face, to: Size) -> Vec<u8> {
    match Square::of(face, Roll::TakenOut).is_nearly(size) && size.longer_side() < SPARE * to.longer_side() {
        true => resize(image, size, to),
        false => crop(image, size, face, to, Roll::TakenOut),
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

    /// Whether it is a whole image, but for a little.
    fn is_nearly(&self, size: Size) -> bool {
        let sides = [size.width() as f64, size.height() as f64];
        let of_side = |axis: usize| {
            let is_there = (self.centre[axis] - sides[axis] / 2.0).abs() <= SHIFT * sides[axis];
            is_there && (1.0 - SCALE..=1.0 + SCALE).contains(&(self.side / sides[axis]))
        };
        let level = libm::cos(TILT.to_radians());
        self.across[0] >= level && of_side(0) && of_side(1)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A square with this roll in degrees, this far from the middle of an image of 100×100, of this side.
    fn is_nearly(degrees: f64, off: f64, side: f64) -> bool {
        let across = [libm::cos(degrees.to_radians()), libm::sin(degrees.to_radians())];
        Square { centre: [50.0 + off, 50.0 - off], side, across }.is_nearly(Size::new(100, 100).unwrap())
    }

    #[test]
    fn a_frame_that_is_nearly_the_images_is_told_from_another() {
        assert!(is_nearly(0.0, 0.0, 100.0) && is_nearly(19.0, 24.0, 51.0) && is_nearly(-19.0, -24.0, 149.0));
        let others = [
            (21.0, 0.0, 100.0),
            (-21.0, 0.0, 100.0),
            (180.0, 0.0, 100.0),
            (0.0, 26.0, 100.0),
            (0.0, 0.0, 49.0),
            (0.0, 0.0, 151.0),
        ];
        assert!(others.iter().all(|&(degrees, off, side)| !is_nearly(degrees, off, side)));
    }

    #[test]
    fn an_image_with_nearly_the_frame_is_left_alone_unless_it_is_much_larger_than_its_crop() {
        let image: Vec<u8> = (0..48 * 48).map(|index| (index * 7919 % 251) as u8).collect();
        let (size, to) = (Size::new(48, 48).unwrap(), Size::new(48, 48).unwrap());
        // Eyes and mouth about (24, 27), in a box of 33 pixels.
        let landmarks = [[16.0, 19.0], [32.0, 19.0], [24.0, 27.0], [17.0, 35.0], [31.0, 35.0]];
        let face = Face { x: 8.0, y: 8.0, width: 33.0, height: 33.0, landmarks, score: 0.9 };
        assert_eq!(align(&image, size, &face, to), image);
        let small = Size::new(24, 24).unwrap();
        assert_eq!(align(&image, size, &face, small), crop(&image, size, &face, small, Roll::TakenOut));
        assert_ne!(align(&image, size, &face, small), resize(&image, size, small));
    }
}
