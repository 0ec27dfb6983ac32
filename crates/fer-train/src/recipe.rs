//! What is done against learning the training images by heart.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::number::Count;
use crate::{Error, Positive};

/// Two images and their labels in one (Zhang et al., *mixup: Beyond Empirical Risk Minimization*, 2018).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawMixup")]
pub struct Mixup {
    /// The shares come from Beta(α, α): small numbers leave most images nearly as they are.
    pub alpha: Positive,
    /// Probability that a batch is mixed, each image with one other.
    pub probability: f64,
}

/// What images of a class count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeights {
    /// All the same.
    #[default]
    None,
    /// In inverse proportion to the class's images in train: scikit-learn's `balanced`, N / (K · count).
    Balanced,
}

/// Which weights decay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecayedWeights {
    /// All, as in PyTorch.
    #[default]
    All,
    /// Those of convolutions and linear layers; not biases, nor the scales and shifts of batch norm.
    Matrices,
}

/// Training on crops of this size from some epoch on (progressive resizing: small crops first take less time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RawCrop")]
pub struct Crop {
    /// The first epoch of this size, counted from 1.
    pub from_epoch: NonZeroUsize,
    /// Rows and columns of the crop.
    pub size: NonZeroUsize,
}

/// The crops must come in order, the first at once.
pub(crate) fn check_crops(crops: &[Crop]) -> Result<(), Error> {
    let epochs = || crops.iter().map(|crop| crop.from_epoch.get());
    let begins_late = epochs().next().is_some_and(|first| first != 1);
    if begins_late || !epochs().is_sorted_by(|a, b| a < b) {
        return Err(Error::Crops { found: epochs().collect() });
    }
    Ok(())
}

/// The size of this epoch's crops; `None` for whole images.
pub(crate) fn crop_of(crops: &[Crop], epoch: usize) -> Option<usize> {
    crops.iter().rfind(|crop| crop.from_epoch.get() <= epoch).map(|crop| crop.size.get())
}

impl ClassWeights {
    /// A weight a class, for these labels; `None` if all count the same.
    pub(crate) fn of(self, labels: &[u8], classes: usize) -> Option<Vec<f64>> {
        if self == Self::None {
            return None;
        }
        let mut counts = vec![0usize; classes];
        labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
        // A class without images weighs nothing: it never comes up.
        let weight = |&count: &usize| if count == 0 { 0.0 } else { labels.len() as f64 / (classes * count) as f64 };
        Some(counts.iter().map(weight).collect())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMixup {
    alpha: Positive,
    #[serde(default = "always")]
    probability: f64,
}

fn always() -> f64 {
    1.0
}

impl TryFrom<RawMixup> for Mixup {
    type Error = Error;

    fn try_from(RawMixup { alpha, probability }: RawMixup) -> Result<Self, Error> {
        if (0.0..=1.0).contains(&probability) {
            Ok(Self { alpha, probability })
        } else {
            Err(Error::Range { expected: "a probability from 0 to 1", found: probability })
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCrop {
    from_epoch: Count,
    size: Count,
}

impl From<RawCrop> for Crop {
    fn from(raw: RawCrop) -> Self {
        Self { from_epoch: raw.from_epoch.0, size: raw.size.0 }
    }
}
