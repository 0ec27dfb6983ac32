use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Error;

const SLOPE: &str = "a slope from 0 to 1";

/// Range of the random slopes of RReLU (Xu, Wang, Chen and Li, 2015): drawn from `lower` to `upper` in training,
/// their middle in evaluation. Equal ends make it a leaky ReLU.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields, default)]
pub struct Rrelu {
    #[serde(deserialize_with = "slope")]
    lower: f64,
    #[serde(deserialize_with = "slope")]
    upper: f64,
}

impl Rrelu {
    /// PyTorch's range, 1/8 to 1/3.
    pub const DEFAULT: Self = Self { lower: 1.0 / 8.0, upper: 1.0 / 3.0 };

    /// Slopes from `lower` to `upper`.
    ///
    /// # Errors
    /// [`Error::Range`] for a slope that is not from 0 to 1, [`Error::Rrelu`] for `lower` above `upper`.
    pub fn new(lower: f64, upper: f64) -> Result<Self, Error> {
        for found in [lower, upper] {
            if !(0.0..=1.0).contains(&found) {
                return Err(Error::Range { expected: SLOPE, found });
            }
        }
        if lower > upper { Err(Error::Rrelu { lower, upper }) } else { Ok(Self { lower, upper }) }
    }

    /// Smallest slope.
    pub const fn lower(self) -> f64 {
        self.lower
    }

    /// Largest slope.
    pub const fn upper(self) -> f64 {
        self.upper
    }
}

impl Default for Rrelu {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Serialize for Rrelu {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Rrelu {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Self { lower, upper } = Self::deserialize(deserializer)?;
        Self::new(lower, upper).map_err(D::Error::custom)
    }
}

fn slope<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(D::Error::invalid_value(Unexpected::Float(value), &SLOPE))
    }
}
