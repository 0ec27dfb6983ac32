//! What is done against learning the training images by heart.

use fer_artifact::{Count, Positive, Probability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Two images and their labels in one (Zhang et al., *mixup: Beyond Empirical Risk Minimization*, 2018).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mixup {
    /// The shares come from Beta(α, α): small numbers leave most images nearly as they are.
    #[schemars(example = 0.2)]
    pub alpha: Positive,
    /// Probability that a batch is mixed, each image with one other.
    #[serde(default = "always")]
    pub probability: Probability,
}

const fn always() -> Probability {
    Probability::of(1.0)
}

/// What images of a class count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum ClassWeights {
    /// All the same.
    #[default]
    None,
    /// In inverse proportion to the class's images in train: scikit-learn's `balanced`, N / (K · count).
    Balanced,
}

/// Which weights decay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum DecayedWeights {
    /// All, as in PyTorch.
    #[default]
    All,
    /// Those of convolutions and linear layers; not biases, nor the scales and shifts of batch norm.
    Matrices,
}

/// Training on crops of this size from some epoch on (progressive resizing: small crops first take less time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// The first epoch of this size, counted from 1.
    #[schemars(example = 1)]
    pub from_epoch: Count,
    /// Rows and columns of the crop.
    #[schemars(example = 36)]
    pub size: Count,
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
