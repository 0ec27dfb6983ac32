use std::path::Path;

use fer_artifact::{Size, write_atomic};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::Error;

/// Writes a picture as PNG: `rgb` holds red, green and blue of its pixels, row by row. Missing folders are made, and a file that exists
/// is complete.
///
/// # Errors
/// [`Error::Encode`] or [`Error::Artifact`].
pub fn write_png(path: &Path, rgb: &[u8], size: Size) -> Result<(), Error> {
    let mut bytes = Vec::new();
    let (height, width) = (size.height() as u32, size.width() as u32);
    let encoded = PngEncoder::new(&mut bytes).write_image(rgb, width, height, ExtendedColorType::Rgb8);
    encoded.map_err(Error::encode(path))?;
    write_atomic(path, |out| out.write_all(&bytes))?;
    Ok(())
}
