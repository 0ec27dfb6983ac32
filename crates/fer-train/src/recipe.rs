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

/// What is learnt of images of which more is known than their labels (Barsoum et al., *Training Deep Networks for Facial Expression
/// Recognition with Crowd-Sourced Label Distribution*, 2016).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum TargetRule {
    /// The targets themselves, such as the shares of votes; of images without targets, the label.
    #[default]
    Shares,
    /// The label alone.
    Labels,
    /// A class that is drawn for each image and epoch, each with the probability of its target.
    Draw,
    /// Of the classes with a target, the one that the network holds likeliest at the time, whatever their shares.
    Likeliest,
}

impl TargetRule {
    /// The name in pipeline files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shares => "shares",
            Self::Labels => "labels",
            Self::Draw => "draw",
            Self::Likeliest => "likeliest",
        }
    }

    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it says nothing of images without targets.
    pub(crate) const fn needs_targets(self) -> bool {
        matches!(self, Self::Draw | Self::Likeliest)
    }
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
    /// A weight a class, for so many of all `images` in each class, in parts of images too; `None` if all count the same.
    pub(crate) fn of(self, of_class: &[f64], images: usize) -> Option<Vec<f64>> {
        if self == Self::None {
            return None;
        }
        // A class without images weighs nothing: it never comes up.
        let classes = of_class.len() as f64;
        let weight = |&count: &f64| if count == 0.0 { 0.0 } else { images as f64 / (classes * count) };
        Some(of_class.iter().map(weight).collect())
    }
}
