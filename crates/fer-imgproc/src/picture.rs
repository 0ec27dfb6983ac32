//! One picture of any size and form: a photograph, or a face that is cropped already.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use fer_artifact::{FIRST, Size, identify, open_regular};
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};

use crate::{Beside, grayscale, jpeg};

/// Most pixels of a picture: 128 million, somewhat more than a telephone's largest.
pub(crate) const MOST_PIXELS: u64 = 128_000_000;
/// Longest file in bytes. Some decoders read all of it before anything else.
pub(crate) const LONGEST_FILE: u64 = 1 << 29;
/// Pictures of more pixels are decoded one at a time, and looked at alone where there are many, so that memory for pixels does not
/// grow with the number of threads.
pub(crate) const LARGE: usize = 16_000_000;

/// Bytes that a decoder may take for its own work, if it keeps to such a limit (GIF and TIFF do), and so many more a pixel: twice the
/// widest pixels.
const OWN_BYTES: usize = 32 << 20;
const OWN_BYTES_A_PIXEL: usize = 32;

static LARGE_ONE: Mutex<()> = Mutex::new(());

/// A decoded picture, upright.
#[derive(Debug, Clone)]
pub struct Picture {
    pixels: DynamicImage,
}

/// Why a file gives no picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureProblem {
    /// The operating system refused.
    #[error("cannot be read")]
    Io {
        /// The system's reason.
        source: std::io::Error,
    },
    /// A folder, a device, a pipe.
    #[error("not a file")]
    NotAFile,
    /// The first bytes are those of no format that can be decoded.
    #[error("{}expected png, jpg, webp, bmp, gif, tiff or pnm", not_a_picture(found.as_deref()))]
    NotAPicture {
        /// What the file is, and what to do with it, if that is known.
        found: Option<Cow<'static, str>>,
    },
    /// More pixels than are decoded.
    #[error("too large: expected at most {} million pixels, found {width}×{height}", MOST_PIXELS / 1_000_000)]
    TooManyPixels {
        /// Rows of pixels.
        height: u32,
        /// Pixels in a row.
        width: u32,
    },
    /// More bytes than are read.
    #[error("too large: expected at most {LONGEST_FILE} bytes, found {found}")]
    TooManyBytes {
        /// Length of the file.
        found: u64,
    },
    /// Not as many bytes as a picture of this size has.
    #[error("expected {expected} bytes for a picture of {size}, found {found}")]
    Pixels {
        /// Height and width.
        size: Size,
        /// Bytes of such a picture.
        expected: usize,
        /// Bytes there are.
        found: usize,
    },
    /// The format's decoder refused.
    #[error("a broken picture: {reason}")]
    Broken {
        /// The decoder's reason.
        reason: String,
    },
}

impl Picture {
    /// Decodes a file: PNG, JPEG, WebP, BMP, TIFF, PNM (PBM, PGM, PPM) or GIF; of several frames it takes the first.
    /// The content says which format, not the name. The picture is turned upright, as its EXIF orientation says, like
    /// OpenCV's `imread` does. A picture is refused by its size before its pixels are decoded, and one that is cut short
    /// is broken, whatever its format.
    ///
    /// # Errors
    /// Any [`PictureProblem`].
    pub fn open(path: &Path) -> Result<Self, PictureProblem> {
        Self::open_beside(path, Beside::Nobody).transpose().expect("alone, it is decoded")
    }

    /// As [`Self::open`]; none if others are beside it and it is so large that it is to be decoded alone ([`crate::side_by_side`]).
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_beside(path: &Path, beside: Beside) -> Result<Option<Self>, PictureProblem> {
        decode(BufReader::new(open(path)?), beside)
    }

    /// Height and width of the picture in a file, upright, as its head says; the pixels are not decoded, and may turn out
    /// to be broken.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn size_of(path: &Path) -> Result<Size, PictureProblem> {
        let file = ImageReader::new(BufReader::new(open(path)?)).with_guessed_format();
        upright_size(file.map_err(|source| PictureProblem::Io { source })?)
    }

    /// [`Self::size_of`] of a file that lies in memory.
    ///
    /// # Errors
    /// As [`Self::size_of`].
    pub fn size_of_bytes(bytes: &[u8]) -> Result<Size, PictureProblem> {
        let io = |source| PictureProblem::Io { source };
        upright_size(ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(io)?)
    }

    /// Decodes a file that lies in memory, as [`Self::open`] does.
    ///
    /// ```
    /// let problem = fer_imgproc::Picture::decode(b"<html>not found</html>").unwrap_err();
    /// assert!(problem.to_string().starts_with("not a picture: found an HTML page"));
    /// ```
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn decode(bytes: &[u8]) -> Result<Self, PictureProblem> {
        Self::decode_beside(bytes, Beside::Nobody).transpose().expect("alone, it is decoded")
    }

    /// As [`Self::decode`]; none as in [`Self::open_beside`].
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn decode_beside(bytes: &[u8], beside: Beside) -> Result<Option<Self>, PictureProblem> {
        let length = bytes.len() as u64;
        if length > LONGEST_FILE {
            return Err(PictureProblem::TooManyBytes { found: length });
        }
        decode(Cursor::new(bytes), beside)
    }

    /// A picture that is decoded already, such as a frame of a video: `rgb` holds red, green and blue of its pixels,
    /// row by row, upright.
    ///
    /// ```
    /// use fer_artifact::Size;
    /// use fer_imgproc::Picture;
    ///
    /// let red_and_white = Picture::from_rgb(vec![255, 0, 0, 255, 255, 255], Size::new(1, 2)?)?;
    /// assert_eq!(red_and_white.into_gray(), [76, 255]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`PictureProblem::Pixels`] unless there are three bytes a pixel.
    pub fn from_rgb(rgb: Vec<u8>, size: Size) -> Result<Self, PictureProblem> {
        check_length(3 * size.area(), rgb.len(), size)?;
        let pixels = RgbImage::from_raw(size.width() as u32, size.height() as u32, rgb);
        Ok(Self { pixels: pixels.expect("the length is checked above").into() })
    }

    /// As [`Self::from_rgb`], of gray pixels.
    ///
    /// # Errors
    /// [`PictureProblem::Pixels`] unless there is a byte a pixel.
    pub fn from_gray(gray: Vec<u8>, size: Size) -> Result<Self, PictureProblem> {
        check_length(size.area(), gray.len(), size)?;
        let pixels = GrayImage::from_raw(size.width() as u32, size.height() as u32, gray);
        Ok(Self { pixels: pixels.expect("the length is checked above").into() })
    }

    /// Height and width.
    pub fn size(&self) -> Size {
        let (height, width) = (self.pixels.height() as usize, self.pixels.width() as usize);
        Size::new(height, width).expect("a picture has 1 to 128 million pixels")
    }

    /// Red, green and blue of its pixels, row by row, brought to the size `to` with [`crate::resize`]'s filter; transparency
    /// is ignored.
    pub fn rgb_of_size(&self, to: Size) -> Vec<u8> {
        if self.size() == to {
            return self.pixels.to_rgb8().into_raw();
        }
        let mut resized = RgbImage::new(to.width() as u32, to.height() as u32);
        resize_rgb(&self.pixels, &mut resized);
        resized.into_raw()
    }

    /// The part of this size whose upper left corner lies `x` pixels from the left and `y` from the top.
    ///
    /// # Panics
    /// If it does not lie in the picture.
    pub fn part(&self, x: usize, y: usize, size: Size) -> Self {
        let (whole, [right, bottom]) = (self.size(), [x + size.width(), y + size.height()]);
        assert!(right <= whole.width() && bottom <= whole.height(), "a part to {right}, {bottom} of {whole}");
        Self { pixels: self.pixels.crop_imm(x as u32, y as u32, size.width() as u32, size.height() as u32) }
    }

    /// The picture as a JPEG file; transparency is ignored. `quality` goes from 1 to 100.
    ///
    /// # Errors
    /// [`PictureProblem::Broken`] if it is larger than JPEG allows.
    pub fn to_jpeg(&self, quality: u8) -> Result<Vec<u8>, PictureProblem> {
        let mut bytes = vec![];
        JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&self.pixels.to_rgb8()).map_err(problem)?;
        Ok(bytes)
    }

    /// Its gray values, row by row; transparency is ignored.
    pub fn into_gray(self) -> Vec<u8> {
        gray(self.pixels)
    }

    /// Red, green and blue of its pixels, row by row; transparency is ignored.
    pub fn into_rgb(self) -> Vec<u8> {
        self.pixels.into_rgb8().into_raw()
    }
}

/// Pictures of a camera are large, and colours are three times as much: a library with vector instructions, in whole
/// numbers, so that every processor gives the same.
fn resize_rgb(from: &DynamicImage, to: &mut RgbImage) {
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).use_alpha(false);
    let resize = |from: &DynamicImage, to: &mut RgbImage| Resizer::new().resize(from, to, &options);
    let resized = match from {
        DynamicImage::ImageRgb8(_) => resize(from, to),
        other => resize(&DynamicImage::ImageRgb8(other.to_rgb8()), to),
    };
    resized.expect("both are colours of a byte");
}

fn check_length(expected: usize, found: usize, size: Size) -> Result<(), PictureProblem> {
    if found == expected { Ok(()) } else { Err(PictureProblem::Pixels { size, expected, found }) }
}

fn not_a_picture(what: Option<&str>) -> String {
    what.map_or_else(|| "not a picture: ".to_owned(), |what| format!("not a picture: found {what}; "))
}

/// A file that is short enough to be read.
fn open(path: &Path) -> Result<File, PictureProblem> {
    let io = |source| PictureProblem::Io { source };
    let file = open_regular(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidInput => PictureProblem::NotAFile,
        _ => io(error),
    })?;
    match file.metadata().map_err(io)?.len() {
        found if found > LONGEST_FILE => Err(PictureProblem::TooManyBytes { found }),
        _ => Ok(file),
    }
}

fn decode<R: BufRead + Seek>(mut input: R, beside: Beside) -> Result<Option<Picture>, PictureProblem> {
    let io = |source| PictureProblem::Io { source };
    let mut first = vec![];
    input.by_ref().take(FIRST).read_to_end(&mut first).map_err(io)?;
    input.rewind().map_err(io)?;
    let reader = ImageReader::new(input).with_guessed_format().map_err(io)?;
    decode_as_guessed(reader, beside).map_err(|problem| match problem {
        PictureProblem::NotAPicture { .. } => PictureProblem::NotAPicture { found: identify(&first) },
        other => other,
    })
}

fn decode_as_guessed<R: BufRead + Seek>(
    reader: ImageReader<R>,
    beside: Beside,
) -> Result<Option<Picture>, PictureProblem> {
    match reader.format() {
        None => Err(PictureProblem::NotAPicture { found: None }),
        Some(format @ ImageFormat::Jpeg) => {
            let mut bytes = vec![];
            reader.into_inner().read_to_end(&mut bytes).map_err(|source| PictureProblem::Io { source })?;
            if !jpeg::is_complete(&bytes) {
                return Err(PictureProblem::Broken { reason: "the JPEG file ends before its end".to_owned() });
            }
            caught(|| upright(ImageReader::with_format(Cursor::new(bytes), format), beside))
        }
        Some(_) => caught(|| upright(reader, beside)),
    }
}

/// A decoder that panics on a file is a defect, and no reason to give up the files after it.
fn caught<T>(decode: impl FnOnce() -> Result<T, PictureProblem>) -> Result<T, PictureProblem> {
    let gave_up = |_| Err(PictureProblem::Broken { reason: "its decoder gave up".to_owned() });
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(gave_up)
}

/// The size of a picture once it stands upright.
fn upright_size<R: BufRead + Seek>(reader: ImageReader<R>) -> Result<Size, PictureProblem> {
    caught(|| {
        let (_, size, orientation) = head(reader)?;
        let is_turned = matches!(
            orientation,
            Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
        );
        Ok(if is_turned { size.transposed() } else { size })
    })
}

/// A decoder that has read the head of a picture, and the size and the orientation that stand there.
fn head<'a, R: BufRead + Seek + 'a>(
    reader: ImageReader<R>,
) -> Result<(impl ImageDecoder + 'a, Size, Orientation), PictureProblem> {
    let mut decoder = reader.into_decoder().map_err(problem)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(PictureProblem::TooManyPixels { height, width });
    }
    let size = Size::new(height as usize, width as usize);
    let size = size.map_err(|_| PictureProblem::Broken { reason: "it has no pixels".to_owned() })?;
    let orientation = decoder.orientation().map_err(problem)?;
    Ok((decoder, size, orientation))
}

fn upright<R: BufRead + Seek>(reader: ImageReader<R>, beside: Beside) -> Result<Option<Picture>, PictureProblem> {
    let (mut decoder, size, orientation) = head(reader)?;
    decoder.set_limits(limits(size)).map_err(problem)?;
    let is_large = size.area() > LARGE;
    if is_large && beside == Beside::Others {
        return Ok(None);
    }
    // Nothing lies in the mutex that a panic could leave half done.
    let _one_at_a_time = is_large.then(|| LARGE_ONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
    let mut pixels = in_bytes(DynamicImage::from_decoder(decoder).map_err(problem)?);
    pixels.apply_orientation(orientation);
    Ok(Some(Picture { pixels }))
}

/// What a decoder may take for its own work: frames within a picture may claim to be larger than the picture.
fn limits(size: Size) -> Limits {
    let mut limits = Limits::default();
    let most = (OWN_BYTES + OWN_BYTES_A_PIXEL * size.area()) as u64;
    limits.max_alloc = limits.max_alloc.map(|usual| usual.min(most));
    limits
}

/// A byte for each gray value or colour, which is all that is read of a picture: wider ones take two to five times the memory.
fn in_bytes(picture: DynamicImage) -> DynamicImage {
    match picture {
        narrow @ (DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_)) => narrow,
        gray @ (DynamicImage::ImageLumaA8(_) | DynamicImage::ImageLuma16(_) | DynamicImage::ImageLumaA16(_)) => {
            gray.into_luma8().into()
        }
        colour => colour.into_rgb8().into(),
    }
}

fn problem(error: ImageError) -> PictureProblem {
    match error {
        ImageError::Unsupported(_) => PictureProblem::NotAPicture { found: None },
        ImageError::IoError(source) if source.kind() != std::io::ErrorKind::UnexpectedEof => {
            PictureProblem::Io { source }
        }
        // Some decoders end their reasons with a line break.
        other => PictureProblem::Broken { reason: other.to_string().trim().replace('\n', " ") },
    }
}

/// Gray values of a picture; transparency is ignored, as OpenCV's `imread` does.
fn gray(picture: DynamicImage) -> Vec<u8> {
    match in_bytes(picture) {
        DynamicImage::ImageLuma8(gray) => gray.into_raw(),
        colour => grayscale(colour.into_rgb8().as_raw()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_that_panics_leaves_a_broken_picture() {
        let problem = caught::<Picture>(|| panic!("a defect")).unwrap_err();
        assert_eq!(problem.to_string(), "a broken picture: its decoder gave up");
    }
}
