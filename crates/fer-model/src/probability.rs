use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

use crate::Error;

const EXPECTED: &str = "a probability from 0 to below 1";

/// A probability from 0 to below 1: of a dropped element, which leaves some.
///
/// ```
/// use fer_model::Probability;
/// assert_eq!(Probability::new(0.5)?.get(), 0.5);
/// assert_eq!(Probability::new(1.0).unwrap_err().to_string(), "expected a probability from 0 to below 1, found 1");
/// # Ok::<(), fer_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize)]
#[serde(transparent)]
pub struct Probability(f64);

impl Probability {
    /// The probability of nothing.
    pub const ZERO: Self = Self(0.0);

    /// This number as a probability.
    ///
    /// # Errors
    /// [`Error::Range`] if it is not from 0 to below 1.
    pub fn new(value: f64) -> Result<Self, Error> {
        if (0.0..1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(Error::Range { expected: EXPECTED, found: value })
        }
    }

    /// For defaults, which are known to be in range.
    pub(crate) const fn of(value: f64) -> Self {
        assert!(value >= 0.0 && value < 1.0);
        Self(value)
    }

    /// The number itself.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Probability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Self::new(value).map_err(|_| D::Error::invalid_value(Unexpected::Float(value), &EXPECTED))
    }
}
