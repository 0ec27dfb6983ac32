//! What happens to faces on their way to a recogniser, in known strengths: to measure how much of it a network bears.

use fer_artifact::{Digest, Seed, Size};

use crate::blur::{SIDE, blur, pixels_of_face};
use crate::draw::Draw;
use crate::{Picture, PictureProblem, resize, shift, warp};

/// A kind of damage. Lengths are told in pixels of a face of 48×48 and grow with the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corruption {
    /// Convolved with a Gaussian.
    Blur,
    /// Each pixel moved by normal noise.
    Noise,
    /// Saved as JPEG.
    Jpeg,
    /// All levels multiplied.
    Darkness,
    /// All distances from the image's mean multiplied.
    Contrast,
    /// Fewer pixels, enlarged again.
    Resolution,
    /// Turned, either way.
    Rotation,
    /// Moved left, right, up or down.
    Shift,
    /// A face that fills less of the image.
    Smaller,
    /// A face of which the image shows less.
    Larger,
    /// A band over the eyes.
    Eyes,
    /// A band over the mouth.
    Mouth,
}

/// How strong a damage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// Hardly a trouble for people.
    Slight,
    /// Plain to see.
    Medium,
    /// People have to look twice.
    Strong,
}

impl Strength {
    /// All, the slightest first.
    pub const ALL: [Self; 3] = [Self::Slight, Self::Medium, Self::Strong];
}

/// Heights of the eyes and of the mouth as shares of the image's: medians over 593 of FER2013's faces, as the detector finds them.
const EYES: f64 = 0.39;
const MOUTH: f64 = 0.76;

impl Corruption {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 12] = [
        Self::Blur,
        Self::Noise,
        Self::Jpeg,
        Self::Darkness,
        Self::Contrast,
        Self::Resolution,
        Self::Rotation,
        Self::Shift,
        Self::Smaller,
        Self::Larger,
        Self::Eyes,
        Self::Mouth,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.facts().0
    }

    /// What its three amounts count.
    pub const fn unit(self) -> &'static str {
        self.facts().1
    }

    /// The amounts, slight to strong, in [`Self::unit`].
    pub const fn amounts(self) -> [f64; 3] {
        self.facts().2
    }

    const fn facts(self) -> (&'static str, &'static str, [f64; 3]) {
        match self {
            Self::Blur => ("blur", "pixels of deviation", [1.0, 2.0, 3.0]),
            Self::Noise => ("noise", "levels of deviation", [10.0, 20.0, 40.0]),
            Self::Jpeg => ("jpeg", "of 100, quality", [40.0, 20.0, 10.0]),
            Self::Darkness => ("darkness", "of the light", [0.5, 0.25, 0.125]),
            Self::Contrast => ("contrast", "of the contrast", [0.5, 0.25, 0.125]),
            Self::Resolution => ("resolution", "pixels a side", [24.0, 16.0, 12.0]),
            Self::Rotation => ("rotation", "degrees", [15.0, 30.0, 45.0]),
            Self::Shift => ("shift", "pixels", [3.0, 6.0, 12.0]),
            Self::Smaller => ("smaller", "times the size", [0.8, 0.65, 0.5]),
            Self::Larger => ("larger", "times the size", [1.25, 1.5, 2.0]),
            Self::Eyes => ("eyes", "of the height covered", [0.1, 0.2, 0.3]),
            Self::Mouth => ("mouth", "of the height covered", [0.1, 0.2, 0.3]),
        }
    }

    /// A gray image `[height, width]`, 0 black to 255 white, damaged; its size stays. Beyond the edge the outermost pixels go on; bands are
    /// filled with the image's mean.
    ///
    /// What is drawn (noise, the side to which an image turns or moves) depends on the seed and the image's own pixels: neither order nor
    /// neighbours matter.
    ///
    /// # Panics
    /// If `image` has not as many pixels as `size` says, or a side longer than JPEG allows, 65,535 pixels.
    pub fn apply(self, strength: Strength, image: &[u8], size: Size, seed: Seed) -> Vec<u8> {
        assert_eq!(image.len(), size.area(), "pixels of an image of {size}");
        let amount = self.amounts()[strength as usize];
        let mut draw = Draw::new(seed.stream(self.name()).stream(&Digest::of_bytes(image).to_string()), 0);
        let pixels = pixels_of_face(size);
        match self {
            Self::Blur => {
                let levels: Vec<f32> = image.iter().map(|&level| f32::from(level)).collect();
                let blurred = blur(&levels, [size.height(), size.width()], amount * pixels);
                blurred.into_iter().map(|level| rounded(f64::from(level))).collect()
            }
            Self::Noise => image.iter().map(|&level| rounded(f64::from(level) + amount * draw.normal())).collect(),
            Self::Jpeg => saved_as_jpeg(image, size, amount as u8).expect("a size that JPEG allows"),
            Self::Darkness => image.iter().map(|&level| rounded(f64::from(level) * amount)).collect(),
            Self::Contrast => {
                let mean = mean(image);
                image.iter().map(|&level| rounded(mean + (f64::from(level) - mean) * amount)).collect()
            }
            Self::Resolution => {
                let small = scaled(size, amount / SIDE);
                resize(&resize(image, size, small), small, size)
            }
            Self::Rotation => rotate(image, size, if draw.unit() < 0.5 { amount } else { -amount }),
            Self::Shift => {
                let length = (amount * pixels).round();
                let sides = [[length, 0.0], [-length, 0.0], [0.0, length], [0.0, -length]];
                shift(image, size, sides[(draw.unit() * sides.len() as f64) as usize], size)
            }
            Self::Smaller => {
                let small = scaled(size, amount);
                let at = [size.width() - small.width(), size.height() - small.height()].map(|rest| (rest / 2) as f64);
                shift(&resize(image, size, small), small, at, size)
            }
            Self::Larger => {
                let to = |side: usize| (side as f64 - 1.0) / 2.0 * (1.0 - 1.0 / amount);
                let (x, y) = (to(size.width()), to(size.height()));
                warp(image, size, [[1.0 / amount, 0.0, x], [0.0, 1.0 / amount, y]], size)
            }
            Self::Eyes => covered(image, size, EYES, amount),
            Self::Mouth => covered(image, size, MOUTH, amount),
        }
    }
}

/// A size with both sides multiplied, at least one pixel each.
fn scaled(size: Size, factor: f64) -> Size {
    let [height, width] = [size.height(), size.width()].map(|side| ((side as f64 * factor).round() as usize).max(1));
    Size::new(height, width).expect("no side is 0 or longer than before")
}

fn saved_as_jpeg(image: &[u8], size: Size, quality: u8) -> Result<Vec<u8>, PictureProblem> {
    let file = Picture::from_gray(image.to_vec(), size)?.to_jpeg(quality)?;
    Ok(Picture::decode(&file)?.into_gray())
}

fn rounded(level: f64) -> u8 {
    level.round().clamp(0.0, 255.0) as u8
}

fn mean(image: &[u8]) -> f64 {
    image.iter().map(|&level| f64::from(level)).sum::<f64>() / image.len() as f64
}

/// Clockwise about the centre.
fn rotate(image: &[u8], size: Size, degrees: f64) -> Vec<u8> {
    let (sin, cos) = libm::sincos(degrees.to_radians());
    let [x, y] = [size.width(), size.height()].map(|side| (side as f64 - 1.0) / 2.0);
    warp(image, size, [[cos, sin, x - cos * x - sin * y], [-sin, cos, y + sin * x - cos * y]], size)
}

/// A band over the whole width, its middle at this share of the height, filled with the mean.
fn covered(image: &[u8], size: Size, middle: f64, share: f64) -> Vec<u8> {
    let height = size.height() as f64;
    let line = |at: f64| ((at * height).round().max(0.0) as usize).min(size.height());
    let mut image = image.to_vec();
    let mean = rounded(mean(&image));
    image[line(middle - share / 2.0) * size.width()..line(middle + share / 2.0) * size.width()].fill(mean);
    image
}
