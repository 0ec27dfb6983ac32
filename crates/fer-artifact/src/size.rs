use std::fmt;

use serde::de::Unexpected;
use serde::{Deserialize, Deserializer, Serialize};

use crate::OutOfRange;

const EXPECTED: &str = "a side of 1 to 4096 pixels";

/// Height and width of an image, each from 1 to [`Size::MAX_SIDE`] pixels.
///
/// ```
/// use fer_artifact::Size;
/// assert_eq!(Size::new(48, 36)?.area(), 1728);
/// assert_eq!(Size::new(48, 0).unwrap_err().to_string(), "expected a side of 1 to 4096 pixels, found 0");
/// # Ok::<(), fer_artifact::OutOfRange>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    #[serde(deserialize_with = "side")]
    height: usize,
    #[serde(deserialize_with = "side")]
    width: usize,
}

impl Size {
    /// The longest side, in pixels.
    pub const MAX_SIDE: usize = 4096;

    /// The size of `height` rows of `width` pixels.
    ///
    /// # Errors
    /// [`OutOfRange`] for a side that is 0 or longer than [`Self::MAX_SIDE`].
    pub const fn new(height: usize, width: usize) -> Result<Self, OutOfRange> {
        match (is_side(height), is_side(width)) {
            (true, true) => Ok(Self { height, width }),
            (false, _) => Err(OutOfRange { expected: EXPECTED, found: height as f64 }),
            (true, false) => Err(OutOfRange { expected: EXPECTED, found: width as f64 }),
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
    pub const fn area(self) -> usize {
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

fn side<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let side = usize::deserialize(deserializer)?;
    let invalid = || serde::de::Error::invalid_value(Unexpected::Unsigned(side as u64), &EXPECTED);
    is_side(side).then_some(side).ok_or_else(invalid)
}
