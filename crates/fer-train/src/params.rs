use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use fer_imgproc::Augmentation;
use fer_model::NetworkParams;
use fer_nn::{Decay, Optimizer, Parameter};
use serde::{Deserialize, Serialize};

use crate::number::{Count, Positive, count};
use crate::recipe::check_crops;
use crate::{
    ClassWeights, Crop, DecayedWeights, Distillation, Error, FileOf, Fraction, Mixup, OptimizerParams, Schedule,
};

/// Parameters of the training stage. The defaults are the seed's.
///
/// ```
/// use fer_train::TrainParams;
/// let params: TrainParams = serde_json::from_str(r#"{"epochs": 3, "optimizer": {"momentum": 0.9}}"#)?;
/// assert_eq!(params.epochs.get(), 3);
/// assert_eq!(params.batch_size.get(), 128);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawTrain")]
pub struct TrainParams {
    /// The network.
    pub model: NetworkParams,
    /// File of weights to start from, or the stage that leaves them; the caller reads it; fresh weights without it.
    pub init: Option<FileOf>,
    /// How often every training image is seen.
    pub epochs: NonZeroUsize,
    /// Images in a step; the last batch of an epoch may have fewer.
    pub batch_size: NonZeroUsize,
    /// Whether the images take another order in every epoch.
    pub shuffle: bool,
    /// Epochs from one evaluation to the next, on train and validation; the last epoch is evaluated in any case.
    pub evaluate_every: NonZeroUsize,
    /// Which weights the model holds.
    pub select: Select,
    /// The optimiser.
    pub optimizer: OptimizerParams,
    /// Longest gradient: the gradients of all weights together are scaled down to this norm before a step where
    /// theirs is larger (PyTorch's `clip_grad_norm_`).
    pub clip_norm: Option<Positive>,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Share of the target that is spread evenly over all classes (Szegedy et al., 2016), as in PyTorch.
    pub label_smoothing: Fraction,
    /// Targets that are in part the answers of other networks, which the caller reads.
    pub distillation: Option<Distillation>,
    /// What images of a class count.
    pub class_weights: ClassWeights,
    /// Which weights the optimiser's `weight_decay` is for.
    pub decay: DecayedWeights,
    /// Random changes of the images.
    pub augmentation: Option<Augmentation>,
    /// Random crops, by epoch; none for whole images. For networks that take images of any size, and no longer than an
    /// image's side. Evaluation sees whole images.
    pub crops: Vec<Crop>,
    /// Mixing of images.
    pub mixup: Option<Mixup>,
    /// Last epochs without mixing and erasing.
    pub plain_epochs: usize,
    /// Decay of an exponential moving average of the weights, which then is what is evaluated and kept. The average
    /// begins as the weights: in step t its decay is at most (1 + t)/(10 + t).
    pub ema: Option<Fraction>,
    /// When to stop before the last epoch, if ever.
    pub early_stopping: Option<EarlyStopping>,
}

/// Which epoch's weights the model holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Select {
    /// Those of the last epoch.
    #[default]
    Last,
    /// Those with the highest validation accuracy of all evaluated epochs; the earliest of equals.
    Best,
}

impl Select {
    /// The name in pipeline files and headers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Best => "best",
        }
    }
}

/// When to stop before the last epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RawStopping")]
pub struct EarlyStopping {
    /// Evaluations in a row without a new highest validation accuracy after which training stops.
    pub patience: NonZeroUsize,
}

impl Default for TrainParams {
    fn default() -> Self {
        Self {
            model: NetworkParams::default(),
            init: None,
            epochs: count(100),
            batch_size: count(128),
            shuffle: false,
            evaluate_every: count(5),
            select: Select::Last,
            optimizer: OptimizerParams::SGD,
            clip_norm: None,
            schedule: Schedule::Constant,
            label_smoothing: Fraction::of(0.0),
            distillation: None,
            class_weights: ClassWeights::None,
            decay: DecayedWeights::All,
            augmentation: None,
            crops: vec![],
            mixup: None,
            plain_epochs: 0,
            ema: None,
            early_stopping: None,
        }
    }
}

impl TrainParams {
    /// The optimiser of these weights, before its first step.
    pub(crate) fn start_optimizer(&self, parameters: &BTreeMap<String, Parameter>) -> candle_core::Result<Optimizer> {
        let optimizer = Optimizer::new(self.optimizer.rule(), parameters.clone())?;
        let decay = match self.decay {
            DecayedWeights::All => Decay::All,
            DecayedWeights::Matrices => Decay::Matrices,
        };
        Ok(optimizer.with_clip_norm(self.clip_norm.map(Positive::get)).with_decay(decay))
    }

    /// Why a training with these parameters cannot go on from the end of a shorter one, if it cannot: something that
    /// happens in an epoch depends on how many are planned. The one place of this rule: the key of checkpoints, what
    /// `fer plan` says and what a resumed training accepts follow from it.
    ///
    /// ```
    /// use fer_train::TrainParams;
    /// let of = |json: &str| serde_json::from_str::<TrainParams>(json).unwrap().bound_to_epochs();
    /// assert_eq!(of("{}"), None);
    /// assert_eq!(of(r#"{"schedule": {"name": "cosine"}}"#), Some("every rate of its schedule depends on epochs"));
    /// assert_eq!(of(r#"{"plain_epochs": 1}"#), Some("which epochs are plain depends on epochs"));
    /// ```
    pub const fn bound_to_epochs(&self) -> Option<&'static str> {
        match (self.schedule.depends_on_epochs(), self.plain_epochs) {
            (true, _) => Some("every rate of its schedule depends on epochs"),
            (false, 0) => None,
            (false, _) => Some("which epochs are plain depends on epochs"),
        }
    }

    /// What one parameter alone does not tell.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.optimizer.check()?;
        check_crops(&self.crops)?;
        self.schedule.check(self.epochs.get())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawTrain {
    model: NetworkParams,
    init: Option<FileOf>,
    epochs: Count,
    batch_size: Count,
    shuffle: bool,
    evaluate_every: Count,
    select: Select,
    optimizer: OptimizerParams,
    clip_norm: Option<Positive>,
    schedule: Schedule,
    label_smoothing: Fraction,
    distillation: Option<Distillation>,
    class_weights: ClassWeights,
    decay: DecayedWeights,
    augmentation: Option<Augmentation>,
    crops: Vec<Crop>,
    mixup: Option<Mixup>,
    plain_epochs: usize,
    ema: Option<Fraction>,
    early_stopping: Option<EarlyStopping>,
}

impl Default for RawTrain {
    fn default() -> Self {
        let params = TrainParams::default();
        Self {
            model: params.model,
            init: params.init,
            epochs: Count(params.epochs),
            batch_size: Count(params.batch_size),
            shuffle: params.shuffle,
            evaluate_every: Count(params.evaluate_every),
            select: params.select,
            optimizer: params.optimizer,
            clip_norm: params.clip_norm,
            schedule: params.schedule,
            label_smoothing: params.label_smoothing,
            distillation: params.distillation,
            class_weights: params.class_weights,
            decay: params.decay,
            augmentation: params.augmentation,
            crops: params.crops,
            mixup: params.mixup,
            plain_epochs: params.plain_epochs,
            ema: params.ema,
            early_stopping: params.early_stopping,
        }
    }
}

impl TryFrom<RawTrain> for TrainParams {
    type Error = Error;

    fn try_from(raw: RawTrain) -> Result<Self, Error> {
        let params = Self {
            model: raw.model,
            init: raw.init,
            epochs: raw.epochs.0,
            batch_size: raw.batch_size.0,
            shuffle: raw.shuffle,
            evaluate_every: raw.evaluate_every.0,
            select: raw.select,
            optimizer: raw.optimizer,
            clip_norm: raw.clip_norm,
            schedule: raw.schedule,
            label_smoothing: raw.label_smoothing,
            distillation: raw.distillation,
            class_weights: raw.class_weights,
            decay: raw.decay,
            augmentation: raw.augmentation,
            crops: raw.crops,
            mixup: raw.mixup,
            plain_epochs: raw.plain_epochs,
            ema: raw.ema,
            early_stopping: raw.early_stopping,
        };
        params.check()?;
        Ok(params)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStopping {
    patience: Count,
}

impl From<RawStopping> for EarlyStopping {
    fn from(raw: RawStopping) -> Self {
        Self { patience: raw.patience.0 }
    }
}
