use schemars::JsonSchema;
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

/// A dimension of a network, such as a number of channels or of blocks: from 1 to 1024.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Dimension(#[schemars(range(min = 1, max = 1024))] u16);

impl Dimension {
    const LARGEST: u64 = 1024;

    /// For defaults, which are known to be in range.
    pub(crate) const fn of(value: u16) -> Self {
        assert!(value > 0 && value as u64 <= Self::LARGEST);
        Self(value)
    }

    /// The number itself.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl<'de> Deserialize<'de> for Dimension {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            value @ 1..=Self::LARGEST => Ok(Self(value as u16)),
            value => Err(D::Error::invalid_value(Unexpected::Unsigned(value), &"a whole number from 1 to 1024")),
        }
    }
}
