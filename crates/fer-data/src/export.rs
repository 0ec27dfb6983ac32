//! Image sets as folders of pictures.

use std::path::Path;

use fer_artifact::{ImageSet, write_atomic};
use image::ExtendedColorType::L8;
use image::ImageEncoder;
use image::codecs::{jpeg::JpegEncoder, png::PngEncoder};
use rayon::prelude::*;

use crate::Error;
use crate::folder::DATASET;

/// JPEG quality of OpenCV's `imwrite`, with which the seed writes.
const JPEG_QUALITY: u8 = 95;

/// How pictures are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PictureFormat {
    /// PNG, without loss.
    #[default]
    Png,
    /// JPEG of quality 95, as the seed writes; not the same pixels.
    Jpeg,
}

impl PictureFormat {
    fn extension(self) -> &'static str {
        match self {
            PictureFormat::Png => "png",
            PictureFormat::Jpeg => "jpg",
        }
    }
}

/// Writes every image as a gray picture, read one by one, `<row>.png` or `<row>.jpg`, and then the seed's `dataset.csv`: file name and
/// label of each, in order, without a header. A folder that has its `dataset.csv` is complete, and can be ingested.
///
/// Missing folders are made, and pictures of the same name replaced.
///
/// # Errors
/// [`Error::Io`], [`Error::Encode`] or [`Error::Artifact`].
pub fn export_images(set: &ImageSet, folder: &Path, format: PictureFormat) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder, "make the folder"))?;
    let names: Vec<String> = set.rows.iter().map(|row| format!("{row}.{}", format.extension())).collect();
    names.par_iter().enumerate().try_for_each(|(index, name)| {
        let path = folder.join(name);
        let bytes = encode(set, &set.image(index)?, format).map_err(Error::encode(&path))?;
        std::fs::write(&path, bytes).map_err(Error::io(&path, "write the picture"))
    })?;
    write_atomic(&folder.join(DATASET), |out| {
        names.iter().zip(&set.labels).try_for_each(|(name, label)| writeln!(out, "{name},{label}"))
    })?;
    Ok(())
}

fn encode(set: &ImageSet, pixels: &[u8], format: PictureFormat) -> image::ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    let (height, width) = (set.height as u32, set.width as u32);
    match format {
        PictureFormat::Png => PngEncoder::new(&mut bytes).write_image(pixels, width, height, L8)?,
        PictureFormat::Jpeg => {
            JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).write_image(pixels, width, height, L8)?;
        }
    }
    Ok(bytes)
}
