//! Images of the data as parts of the page.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fer_artifact::FeatureSet;
use png::{BitDepth, ColorType, Encoder, EncodingError};

use crate::Error;

/// The pixels of a picture of this image, as high as it and of any width, as a PNG in a data URI.
///
/// # Errors
/// [`Error::Picture`].
pub(crate) fn picture(features: &FeatureSet, index: usize, colour: ColorType, pixels: &[u8]) -> Result<String, Error> {
    let (split, row) = (features.split, features.rows[index]);
    let width = pixels.len() / colour.samples() / features.height;
    data_uri(width, features.height, colour, pixels).map_err(|source| Error::Picture { split, row, source })
}

/// A PNG in a data URI.
///
/// # Errors
/// The encoder's.
pub(crate) fn data_uri(width: usize, height: usize, colour: ColorType, pixels: &[u8]) -> Result<String, EncodingError> {
    Ok(format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png(width, height, colour, pixels)?)))
}

/// Stretched to 0 for the smallest value and 255 for the largest; all 128 if they are equal.
pub(crate) fn gray(values: &[f32]) -> Vec<u8> {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let span = f64::from(high) - f64::from(low);
    if span <= 0.0 {
        return vec![128; values.len()];
    }
    values.iter().map(|&value| (255.0 * (f64::from(value) - f64::from(low)) / span).round() as u8).collect()
}

fn png(width: usize, height: usize, colour: ColorType, pixels: &[u8]) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = vec![];
    let mut encoder = Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(colour);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_stretched_over_all_grays() {
        assert_eq!(gray(&[-1.0, 0.0, 1.0]), [0, 128, 255]);
        assert_eq!(gray(&[0.3, 0.3]), [128, 128]);
    }

    #[test]
    fn a_png_gives_its_pixels_back() {
        let bytes = png(3, 2, ColorType::Grayscale, &[0, 1, 2, 253, 254, 255]).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; 6];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height, info.color_type), (3, 2, ColorType::Grayscale));
        assert_eq!(pixels, [0, 1, 2, 253, 254, 255]);
    }
}
