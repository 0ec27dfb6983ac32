//! Numbers that are in range by construction.

use std::num::NonZeroUsize;

use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

use crate::Error;

macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $holds:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// This number, checked.
            ///
            /// # Errors
            /// [`Error::Range`] if it is out of range.
            pub fn new(value: f64) -> Result<Self, Error> {
                let holds: fn(f64) -> bool = $holds;
                if holds(value) { Ok(Self(value)) } else { Err(Error::Range { expected: $expected, found: value }) }
            }

            /// For defaults, which are known to be in range.
            pub(crate) const fn of(value: f64) -> Self {
                Self(value)
            }

            /// The number itself.
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = f64::deserialize(deserializer)?;
                Self::new(value).map_err(|_| D::Error::invalid_value(Unexpected::Float(value), &$expected))
            }
        }
    };
}

bounded!(
    /// A finite number above 0.
    Positive,
    "a number above 0",
    |value| value > 0.0 && value.is_finite()
);
bounded!(
    /// A finite number from 0.
    NonNegative,
    "a number from 0",
    |value| value >= 0.0 && value.is_finite()
);
bounded!(
    /// A number from 0 to below 1.
    Fraction,
    "a number from 0 to below 1",
    |value| (0.0..1.0).contains(&value)
);

/// A whole number from 1, as it is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count(pub(crate) NonZeroUsize);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = usize::deserialize(deserializer)?;
        let invalid = || D::Error::invalid_value(Unexpected::Unsigned(value as u64), &"a whole number from 1");
        NonZeroUsize::new(value).map(Self).ok_or_else(invalid)
    }
}

/// For defaults, which are known not to be 0.
pub(crate) const fn count(value: usize) -> NonZeroUsize {
    NonZeroUsize::new(value).expect("a default of at least 1")
}
