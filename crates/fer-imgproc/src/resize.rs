use fer_artifact::Size;
use image::imageops::{self, FilterType};
use image::{ImageBuffer, Luma};

/// A gray image of the size `from`, row-major, brought to the size `to`.
///
/// The filter is a triangle: bilinear interpolation where the image grows, and a weighted mean over all pixels that
/// fall under the triangle where it shrinks, so that nothing aliases. It is what Pillow calls `BILINEAR` and, where
/// the image grows, OpenCV calls `INTER_LINEAR`; results are within one level of both (they round in between). An
/// image that has the size already is returned as it is.
///
/// # Panics
/// If `image` has not as many pixels as `from` says.
pub fn resize(image: &[u8], from: Size, to: Size) -> Vec<u8> {
    assert_eq!(image.len(), from.area(), "pixels of an image of {from}");
    // Sides of a size fit into u32.
    let view: ImageBuffer<Luma<u8>, &[u8]> = ImageBuffer::from_raw(from.width() as u32, from.height() as u32, image)
        .expect("the number of pixels is checked above");
    imageops::resize(&view, to.width() as u32, to.height() as u32, FilterType::Triangle).into_raw()
}
