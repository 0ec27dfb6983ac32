//! From levels to numbers, each normalisation as a table of 256 entries.

use serde::de::{Deserializer, Unexpected};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::equalize::{Histogram, LEVELS};
use crate::params::{Kind, Normalization};

/// A normalisation with the numbers that it was fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw", tag = "kind", rename_all = "kebab-case")]
pub enum Fitted {
    /// `x / 255`.
    Unit,
    /// `(x / 255 - mean) / std`.
    Standard {
        /// Mean of the levels of train, in units of white.
        mean: f64,
        /// Their standard deviation, in units of white; positive.
        std: f64,
    },
    /// `(x - mean) / std` with the image's own mean and (population) standard deviation; zeros for a constant image.
    PerImage,
}

impl Fitted {
    /// Fits to the counts of all levels in train, which are taken only where they matter.
    pub(crate) fn fit(
        normalization: Normalization,
        train: impl FnOnce() -> Result<Histogram, Error>,
    ) -> Result<Self, Error> {
        Ok(match normalization {
            Normalization::Unit => Self::Unit,
            Normalization::PerImage => Self::PerImage,
            Normalization::Standard => {
                let moments = Moments::of(&train()?);
                if moments.std == 0.0 {
                    return Err(Error::ConstantTrain { level: moments.mean as u8 });
                }
                Self::Standard { mean: moments.mean / 255.0, std: moments.std / 255.0 }
            }
        })
    }

    /// What becomes of each level (0 to 255, after equalisation); none for [`Self::PerImage`], where that depends on the
    /// image.
    pub fn levels(self) -> Option<[f32; LEVELS]> {
        (self != Self::PerImage).then(|| self.table(&[0; LEVELS]))
    }

    /// What becomes of each level of an image with these counts.
    pub(crate) fn table(self, counts: &Histogram) -> [f32; LEVELS] {
        match self {
            Self::Unit => std::array::from_fn(|level| level as f32 / 255.0),
            Self::Standard { mean, std } => std::array::from_fn(|level| ((level as f64 / 255.0 - mean) / std) as f32),
            Self::PerImage => match Moments::of(counts) {
                Moments { std: 0.0, .. } => [0.0; LEVELS],
                Moments { mean, std } => std::array::from_fn(|level| ((level as f64 - mean) / std) as f32),
            },
        }
    }
}

/// Mean and (population) standard deviation of levels; rounded once each, since the sums are integers.
struct Moments {
    mean: f64,
    std: f64,
}

impl Moments {
    fn of(counts: &Histogram) -> Self {
        let sum = |power: u32| -> u128 {
            (0u128..).zip(counts).map(|(level, &count)| level.pow(power) * u128::from(count)).sum()
        };
        let (n, first, second) = (sum(0), sum(1), sum(2));
        let variance = (n * second - first * first) as f64;
        Self { mean: first as f64 / n as f64, std: variance.sqrt() / n as f64 }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    kind: Kind,
    #[serde(default)]
    mean: Option<f64>,
    #[serde(default, deserialize_with = "positive")]
    std: Option<f64>,
}

impl TryFrom<Raw> for Fitted {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        let without = |fitted, name| match (raw.mean, raw.std) {
            (None, None) => Ok(fitted),
            (Some(_), _) => Err(format!("`mean` does not apply to `{name}`")),
            (None, Some(_)) => Err(format!("`std` does not apply to `{name}`")),
        };
        match raw.kind {
            Kind::Unit => without(Self::Unit, "unit"),
            Kind::PerImage => without(Self::PerImage, "per-image"),
            Kind::Standard => Ok(Self::Standard {
                mean: raw.mean.ok_or("missing field `mean`")?,
                std: raw.std.ok_or("missing field `std`")?,
            }),
        }
    }
}

fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if value > 0.0 {
        return Ok(Some(value));
    }
    Err(serde::de::Error::invalid_value(Unexpected::Float(value), &"a positive standard deviation"))
}
