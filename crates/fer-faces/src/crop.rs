use fer_artifact::Size;
use fer_imgproc::resize;

use crate::Face;

/// Side of FER2013's crops in sides of the detector's boxes. Of the first 600 images of the train split, enlarged and
/// given a margin, the detector finds 516; the medians over them are boxes 0.913 as wide as the image, with the centre
/// at 0.493 of its width and 0.498 of its height. So a crop is the box, 1.10 times as large, about the same centre.
const MARGIN: f64 = 1.10;

/// A face of a gray picture of `size`, cropped as FER2013's faces are cropped, filling the image from
/// hair to chin, and brought to the size `to`. Beyond the picture's edge its outermost pixels go on.
///
/// # Panics
/// If `image` has not as many pixels as `size` says.
pub fn crop(image: &[u8], size: Size, face: &Face, to: Size) -> Vec<u8> {
    assert_eq!(image.len(), size.area(), "pixels of an image of {size}");
    let side = (f64::from(face.side) * MARGIN).round().max(1.0) as usize;
    let square = Size::new(side, side).expect("a face is no larger than a picture");
    let start = |start: i64| start + (i64::from(face.side) - side as i64).div_euclid(2);
    let columns: Vec<usize> = span(start(face.x), side, size.width()).collect();
    let mut pixels = Vec::with_capacity(square.area());
    for row in span(start(face.y), side, size.height()) {
        let row = &image[row * size.width()..][..size.width()];
        pixels.extend(columns.iter().map(|&column| row[column]));
    }
    resize(&pixels, square, to)
}

/// Places `start..start + length`, each brought to the nearest of `0..end`.
fn span(start: i64, length: usize, end: usize) -> impl Iterator<Item = usize> {
    (start..start + length as i64).map(move |place| place.clamp(0, end as i64 - 1) as usize)
}
