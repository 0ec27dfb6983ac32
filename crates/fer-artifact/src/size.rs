use std::fmt;

use schemars::JsonSchema;
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

use crate::OutOfRange;

const EXPECTED: &str = "a side of 1 to 4096 pixels";
const EXPECTED_OF_PICTURE: &str = "a side of 1 to 134217728 pixels";

/// Height and width of a picture, each from 1 to [`Size::MAX_PICTURE_SIDE`] pixels. Files and parameters name sizes of
/// images for networks, whose sides have at most [`Size::MAX_SIDE`] pixels.
///
/// ```
/// use fer_artifact::Size;
/// assert_eq!(Size::new(48, 36)?.area(), 1728);
/// assert_eq!(Size::new(48, 36)?.to_string(), "48×36");
/// assert!(Size::new(48, 0).is_err());
/// let error = Size::new(5000, 36)?.for_network().unwrap_err();
/// assert_eq!(error.to_string(), "expected a side of 1 to 4096 pixels, found 5000");
/// # Ok::<(), fer_artifact::OutOfRange>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Rows of pixels.
    #[schemars(example = 48)]
    #[serde(deserialize_with = "side")]
    #[schemars(range(min = 1, max = Size::MAX_SIDE))]
    height: usize,
    /// Pixels in a row.
    #[schemars(example = 48)]
    #[serde(deserialize_with = "side")]
    #[schemars(range(min = 1, max = Size::MAX_SIDE))]
    width: usize,
}

impl Size {
    /// The longest side of an image for a network, in pixels.
    pub const MAX_SIDE: usize = 4096;
    /// The longest side of a picture, in pixels: areas do not overflow.
    pub const MAX_PICTURE_SIDE: usize = 1 << 27;

    /// The size of `height` rows of `width` pixels.
    ///
    /// # Errors
    /// [`OutOfRange`] for a side that is 0 or longer than [`Self::MAX_PICTURE_SIDE`].
    pub const fn new(height: usize, width: usize) -> Result<Self, OutOfRange> {
        match (Self { height, width }).outside_of(Self::MAX_PICTURE_SIDE) {
            None => Ok(Self { height, width }),
            Some(side) => Err(OutOfRange { expected: EXPECTED_OF_PICTURE, found: side as f64 }),
        }
    }

    /// The same size, as that of images for a network.
    ///
    /// # Errors
    /// [`OutOfRange`] for a side that is longer than [`Self::MAX_SIDE`].
    pub const fn for_network(self) -> Result<Self, OutOfRange> {
        match self.outside_of(Self::MAX_SIDE) {
            None => Ok(self),
            Some(side) => Err(OutOfRange { expected: EXPECTED, found: side as f64 }),
        }
    }

    /// The size after a quarter turn.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Self { height: self.width, width: self.height }
    }

    /// Rows of pixels.
    pub const fn height(self) -> usize {
        self.height
    }

    /// Pixels in a row.
    pub const fn width(self) -> usize {
        self.width
    }

    /// The larger of height and width.
    pub fn longer_side(self) -> usize {
        self.height.max(self.width)
    }

    /// Pixels in an image.
    pub const fn area(self) -> usize {
        self.height * self.width
    }

    /// A side that is 0 or above `most`, if there is one.
    const fn outside_of(self, most: usize) -> Option<usize> {
        match (is_side(self.height, most), is_side(self.width, most)) {
            (true, true) => None,
            (false, _) => Some(self.height),
            (true, false) => Some(self.width),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{}", self.height, self.width)
    }
}

const fn is_side(side: usize, most: usize) -> bool {
    1 <= side && side <= most
}

fn side<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let side = usize::deserialize(deserializer)?;
    let invalid = || D::Error::invalid_value(Unexpected::Unsigned(side as u64), &EXPECTED);
    is_side(side, Size::MAX_SIDE).then_some(side).ok_or_else(invalid)
}
