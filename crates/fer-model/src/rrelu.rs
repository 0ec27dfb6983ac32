use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Error;

/// Range of the random slopes of RReLU (Xu, Wang, Chen and Li, 2015): drawn from `lower` to `upper` in training,
/// their middle in evaluation. Equal ends make it a leaky ReLU.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields, default)]
pub struct Rrelu {
    /// Smallest slope.
    #[schemars(range(min = 0, max = 1))]
    lower: f64,
    /// Largest slope, not below the smallest.
    #[schemars(range(min = 0, max = 1))]
    upper: f64,
}

impl Rrelu {
    /// PyTorch's range, 1/8 to 1/3.
    pub const DEFAULT: Self = Self { lower: 1.0 / 8.0, upper: 1.0 / 3.0 };

    /// Slopes from `lower` to `upper`.
    ///
    /// # Errors
    /// [`Error::Rrelu`] unless 0 ≤ `lower` ≤ `upper` ≤ 1.
    pub fn new(lower: f64, upper: f64) -> Result<Self, Error> {
        let is_range = 0.0 <= lower && lower <= upper && upper <= 1.0;
        if is_range { Ok(Self { lower, upper }) } else { Err(Error::Rrelu { lower, upper }) }
    }

    /// Smallest slope.
    pub const fn lower(self) -> f64 {
        self.lower
    }

    /// Largest slope.
    pub const fn upper(self) -> f64 {
        self.upper
    }

    /// The slope in evaluation.
    pub const fn middle(self) -> f32 {
        ((self.lower + self.upper) / 2.0) as f32
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
