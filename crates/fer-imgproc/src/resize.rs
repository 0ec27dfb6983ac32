use image::imageops::{self, FilterType};
use image::{ImageBuffer, Luma};

/// A gray image of `from` (height, width), row-major, brought to the size `to`.
///
/// The filter is a triangle: bilinear interpolation where the image grows, and a weighted mean over all pixels that
/// fall under the triangle where it shrinks, so that nothing aliases. It is what Pillow calls `BILINEAR` and, where
/// the image grows, OpenCV calls `INTER_LINEAR`; results are within one level of both (they round in between). An
/// image that has the size already is returned as it is.
///
/// # Panics
/// If `image` has not as many pixels as `from` says, a side is 0, or longer than `u32` can say.
pub fn resize(image: &[u8], from: (usize, usize), to: (usize, usize)) -> Vec<u8> {
    assert_eq!(image.len(), from.0 * from.1, "pixels of an image of {from:?}");
    assert!(from.0.min(from.1).min(to.0).min(to.1) > 0, "expected sides of at least one pixel, found {from:?}, {to:?}");
    let [height, width, new_height, new_width] =
        [from.0, from.1, to.0, to.1].map(|side| u32::try_from(side).expect("a side fits into u32"));
    let view: ImageBuffer<Luma<u8>, &[u8]> =
        ImageBuffer::from_raw(width, height, image).expect("the number of pixels is checked above");
    imageops::resize(&view, new_width, new_height, FilterType::Triangle).into_raw()
}
