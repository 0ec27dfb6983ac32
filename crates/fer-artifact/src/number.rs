//! Numbers that are in range by construction: the parameters of every stage are made of them, so that the same mistake
//! is refused in the same words everywhere.

use std::fmt;
use std::num::NonZeroUsize;

use schemars::json_schema;
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

/// A number outside the range that its meaning allows.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct OutOfRange {
    /// The range, in words.
    pub expected: &'static str,
    /// The number.
    pub found: f64,
}

macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $range:tt, |$value:ident| $holds:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// This number, checked.
            ///
            /// # Errors
            /// [`OutOfRange`].
            pub const fn new($value: f64) -> Result<Self, OutOfRange> {
                if $holds { Ok(Self($value)) } else { Err(OutOfRange { expected: $expected, found: $value }) }
            }

            /// This number, for constants that are known to be in range.
            ///
            /// # Panics
            /// If it is out of range; in a constant the program does not compile then.
            pub const fn of(value: f64) -> Self {
                match Self::new(value) {
                    Ok(number) => number,
                    Err(_) => panic!(concat!("expected ", $expected)),
                }
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

        crate::inline_schema!($name, |_| json_schema!($range));

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

bounded!(
    /// A finite number above 0.
    ///
    /// ```
    /// use fer_artifact::Positive;
    /// assert_eq!(Positive::new(0.5)?.get(), 0.5);
    /// assert_eq!(Positive::new(0.0).unwrap_err().to_string(), "expected a number above 0, found 0");
    /// # Ok::<(), fer_artifact::OutOfRange>(())
    /// ```
    Positive,
    "a number above 0",
    {"type": "number", "exclusiveMinimum": 0},
    |value| value > 0.0 && value.is_finite()
);
bounded!(
    /// A finite number from 0.
    NonNegative,
    "a number from 0",
    {"type": "number", "minimum": 0},
    |value| value >= 0.0 && value.is_finite()
);
bounded!(
    /// A number from 0 to below 1: a part that leaves some, such as the probability of dropping an element.
    Fraction,
    "a number from 0 to below 1",
    {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
    |value| value >= 0.0 && value < 1.0
);
bounded!(
    /// A number from 0 to 1.
    Probability,
    "a number from 0 to 1",
    {"type": "number", "minimum": 0, "maximum": 1},
    |value| value >= 0.0 && value <= 1.0
);

/// A whole number from 1.
///
/// ```
/// use fer_artifact::Count;
/// assert_eq!(serde_json::from_str::<Count>("3")?.get(), 3);
/// let error = serde_json::from_str::<Count>("0").unwrap_err().to_string();
/// assert!(error.contains("integer `0`, expected a whole number from 1"), "{error}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Count(NonZeroUsize);

impl Count {
    /// This number, if it is not 0.
    pub const fn new(value: usize) -> Option<Self> {
        match NonZeroUsize::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// This number, for constants that are known not to be 0.
    ///
    /// # Panics
    /// If it is 0; in a constant the program does not compile then.
    pub const fn of(value: usize) -> Self {
        Self(NonZeroUsize::new(value).expect("a whole number from 1"))
    }

    /// The number itself.
    pub const fn get(self) -> usize {
        self.0.get()
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = usize::deserialize(deserializer)?;
        let invalid = || D::Error::invalid_value(Unexpected::Unsigned(value as u64), &"a whole number from 1");
        Self::new(value).ok_or_else(invalid)
    }
}

crate::inline_schema!(Count, |_| json_schema!({"type": "integer", "minimum": 1}));

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
