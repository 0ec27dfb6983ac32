use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Split;

/// Scores by split: what `metrics.json` holds.
///
/// Its JSON has one order of keys, so equal scores give equal bytes. What a program of a user's own leaves out is none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Metrics {
    /// One entry a split that was evaluated.
    pub splits: BTreeMap<Split, SplitMetrics>,
    /// What makes the probabilities on validation as sure as they are right (`fer_eval::fit_temperature`), if validation is
    /// one of the splits. The scores above are without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// [`SplitMetrics::ece`] of each split with the temperature.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ece_calibrated: BTreeMap<Split, f64>,
    /// How the network looked at the images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tta: Option<Tta>,
}

/// Scores of one split; `fer_eval::score` defines each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitMetrics {
    /// Number of images.
    pub n: usize,
    /// Mean cross entropy in nats.
    pub loss: f64,
    /// Share of images whose predicted class is the true one, 0 to 1.
    pub accuracy: f64,
    /// Mean of recall over the classes that have images, 0 to 1.
    pub balanced_accuracy: f64,
    /// Mean of F1 over the classes that have images or are predicted, 0 to 1.
    pub macro_f1: f64,
    /// Expected calibration error, 0 to 1.
    pub ece: f64,
    /// Wilson's 95 % interval of the accuracy, `[low, high]`.
    pub accuracy_ci95: [f64; 2],
    /// The same scores without the images that stand in train too, exactly or nearly (`n` says how many are left); none where
    /// nobody looked for them, and on train.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_twins: Option<SubsetMetrics>,
    /// Scores of the images of each value of a column, by column.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by: BTreeMap<String, BTreeMap<String, SubsetMetrics>>,
    /// How the predictions stand to single votes, where the split has targets, and is not train.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<VoteMetrics>,
    /// Names of the classes without an image, in label order: the balanced accuracy leaves them out, and the macro F1
    /// leaves out those of them that are not predicted either.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent_classes: Vec<String>,
    /// Scores of each class, in label order.
    pub per_class: Vec<ClassMetrics>,
    /// `[K][K]` counts: `confusion[t][p]` images of class `t` were predicted as `p`.
    pub confusion: Vec<Vec<usize>>,
}

/// How predictions stand to the votes for a class; `fer_eval::vote_metrics` defines each.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VoteMetrics {
    /// Mean cross entropy of the predicted probabilities to the shares of the votes, in nats.
    pub cross_entropy: f64,
    /// Mean entropy of the shares, in nats: the least that the cross entropy can be.
    pub entropy: f64,
    /// Mean share of an image's votes for a class that are for the predicted one: how often a person who voted is right by the prediction, 0 to 1.
    pub agreement: f64,
    /// The same of the class with the most votes, which is the most that any prediction can have.
    pub ceiling: f64,
}

/// Scores of a part of a split, as those of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SubsetMetrics {
    /// Number of images.
    pub n: usize,
    /// Share of images whose predicted class is the true one, 0 to 1.
    pub accuracy: f64,
    /// Wilson's 95 % interval of the accuracy, `[low, high]`.
    pub accuracy_ci95: [f64; 2],
    /// Mean of recall over the classes that have images, 0 to 1.
    pub balanced_accuracy: f64,
    /// Mean of F1 over the classes that have images or are predicted, 0 to 1.
    pub macro_f1: f64,
}

impl From<&SplitMetrics> for SubsetMetrics {
    fn from(all: &SplitMetrics) -> Self {
        let &SplitMetrics { n, accuracy, accuracy_ci95, balanced_accuracy, macro_f1, .. } = all;
        Self { n, accuracy, accuracy_ci95, balanced_accuracy, macro_f1 }
    }
}

/// Scores of one class, each 0 to 1; 0 where the denominator is 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassMetrics {
    /// The class's name.
    pub name: String,
    /// Share of the images predicted as this class that are of it.
    pub precision: f64,
    /// Share of the images of this class that are predicted as it.
    pub recall: f64,
    /// Harmonic mean of precision and recall.
    pub f1: f64,
    /// Number of images of this class.
    pub support: usize,
}

/// Test-time augmentation: as how many pictures the network sees an image. Its answer is the mean of the probabilities
/// that it gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tta {
    /// The image as it is.
    #[default]
    None,
    /// The image and its mirror image.
    Flip,
    /// Crops of 11/12 of height and width (44 of 48) from the four corners and the centre, each with its
    /// mirror image; for networks that take images of any size.
    TenCrop,
}

impl Tta {
    /// All three.
    pub const ALL: [Tta; 3] = [Tta::None, Tta::Flip, Tta::TenCrop];

    /// The name in pipeline files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Tta::None => "none",
            Tta::Flip => "flip",
            Tta::TenCrop => "ten-crop",
        }
    }
}

impl fmt::Display for Tta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Tta {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|tta| tta.name() == name);
        known.ok_or_else(|| format!("expected {}, found `{name}`", Self::ALL.map(Self::name).join(", ")))
    }
}
