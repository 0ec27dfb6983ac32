use std::fmt;

use serde::de::{Deserializer, Unexpected};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Parameters of the preprocess stage.
///
/// ```
/// use fer_imgproc::{Equalization, Normalization, PreprocessParams};
///
/// let params: PreprocessParams = serde_json::from_str(r#"{"normalization": {"kind": "standard"}}"#)?;
/// assert_eq!(params.equalization, Equalization::Global);
/// assert_eq!(params.normalization, Normalization::Standard);
/// assert_eq!(params.size, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "RawParams")]
pub struct PreprocessParams {
    /// What evens out the brightness.
    pub equalization: Equalization,
    /// How levels become the network's input.
    pub normalization: Normalization,
    /// What every image is resized to, before all else; `None` leaves images as large as they are.
    pub size: Option<Size>,
}

/// What evens out the brightness of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Equalization {
    /// Nothing.
    None,
    /// [`crate::equalize`]: histogram equalisation of the image as a whole.
    #[default]
    Global,
}

/// How levels (0 to 255, after equalisation) become the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Normalization {
    /// `x / 255` in f32: from 0 to 1.
    #[default]
    Unit,
    /// `(x / 255 - mean) / std`, with one mean and one standard deviation over all pixels of train.
    Standard,
    /// `(x - mean) / std` with the image's own mean and standard deviation; all zeros for a constant image.
    PerImage,
}

/// Height and width of an image, each from 1 to [`Size::MAX_SIDE`] pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RawSize")]
pub struct Size {
    height: usize,
    width: usize,
}

impl Size {
    /// The longest side, in pixels.
    pub const MAX_SIDE: usize = 4096;

    /// The size of `height` rows of `width` pixels.
    ///
    /// # Errors
    /// [`Error::Side`] for a side that is 0 or longer than [`Self::MAX_SIDE`].
    pub fn new(height: usize, width: usize) -> Result<Self, Error> {
        match [height, width].into_iter().find(|&side| !is_side(side)) {
            Some(found) => Err(Error::Side { found }),
            None => Ok(Self { height, width }),
        }
    }

    /// Rows of pixels.
    pub const fn height(self) -> usize {
        self.height
    }

    /// Pixels in a row.
    pub const fn width(self) -> usize {
        self.width
    }

    /// Pixels in an image.
    pub(crate) const fn area(self) -> usize {
        self.height * self.width
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{}", self.height, self.width)
    }
}

const fn is_side(side: usize) -> bool {
    1 <= side && side <= Size::MAX_SIDE
}

/// The parameters as YAML has them.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawParams {
    equalization: Equalization,
    normalization: RawNormalization,
    size: Option<Size>,
}

impl From<RawParams> for PreprocessParams {
    fn from(raw: RawParams) -> Self {
        let normalization = match raw.normalization.kind {
            Kind::Unit => Normalization::Unit,
            Kind::Standard => Normalization::Standard,
            Kind::PerImage => Normalization::PerImage,
        };
        Self { equalization: raw.equalization, normalization, size: raw.size }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawNormalization {
    kind: Kind,
}

/// The name of a normalisation, here and in [`crate::Preprocessing`].
#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    #[default]
    Unit,
    Standard,
    PerImage,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSize {
    #[serde(deserialize_with = "side")]
    height: usize,
    #[serde(deserialize_with = "side")]
    width: usize,
}

impl From<RawSize> for Size {
    fn from(RawSize { height, width }: RawSize) -> Self {
        Self { height, width }
    }
}

fn side<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let side = usize::deserialize(deserializer)?;
    if is_side(side) {
        return Ok(side);
    }
    let expected = format!("a side of 1 to {} pixels", Size::MAX_SIDE);
    Err(serde::de::Error::invalid_value(Unexpected::Unsigned(side as u64), &expected.as_str()))
}
