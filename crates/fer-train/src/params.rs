use std::collections::BTreeMap;

use fer_artifact::{Count, Fraction, Positive};
use fer_imgproc::Augmentation;
use fer_model::NetworkParams;
use fer_nn::{Decay, Optimizer, Parameter};
use schemars::{JsonSchema, Schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::recipe::check_crops;
use crate::{
    ClassWeights, Crop, DecayedWeights, Distillation, Error, Init, Mixup, OptimizerChoice, OptimizerParams, Schedule,
    TargetRule,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
// The derived functions are inherent ones, so that reading can check what no field alone tells.
#[serde(remote = "Self", deny_unknown_fields, default)]
pub struct TrainParams {
    /// The network.
    pub model: NetworkParams,
    /// Model whose weights to start from: a file, relative to the pipeline file, or what another stage leaves; of a list of
    /// them, the mean of the weights. Without it, fresh weights. A last layer for another number of classes begins afresh.
    #[schemars(extend("examples" = [{"from": "teacher"}]))]
    pub init: Option<Init>,
    /// How often every training image is seen.
    pub epochs: Count,
    /// Images in a step; the last batch of an epoch may have fewer.
    pub batch_size: Count,
    /// Equal parts of a batch, each computed on its own, on as many machines as the program is started on: batch norm sees the part
    /// alone, and the gradients are averaged (PyTorch's `DistributedDataParallel`). The running statistics follow the parts in
    /// their order. Must divide `batch_size`; of an epoch's last batch, the first parts may have an image more.
    #[serde(skip_serializing_if = "is_one")]
    #[schemars(!skip_serializing_if)]
    pub shards: Count,
    /// Whether the images take another order in every epoch.
    pub shuffle: bool,
    /// Epochs from one evaluation to the next, on train and validation; the last epoch is evaluated in any case.
    pub evaluate_every: Count,
    /// Which weights the model holds.
    pub select: Select,
    /// The optimiser, by name, with PyTorch's defaults for the settings that are left out; without a name, the network's own, of
    /// which the given settings are changed.
    #[schemars(transform = names_own_optimizers, extend("examples" = [{"name": "adamw", "learning_rate": 0.001}]))]
    // What the file leaves out is the network's, which the default below does not know.
    #[serde(default)]
    pub optimizer: OptimizerChoice,
    /// Longest gradient: the gradients of all weights together are scaled down to this norm before a step where
    /// theirs is larger (PyTorch's `clip_grad_norm_`).
    #[schemars(example = 1.0)]
    pub clip_norm: Option<Positive>,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// What is learnt of images of which more is known than their labels, as of those with `votes`.
    #[serde(skip_serializing_if = "TargetRule::is_default")]
    #[schemars(!skip_serializing_if)]
    pub targets: TargetRule,
    /// Share of the target that is spread evenly over all classes (Szegedy et al., 2016), as in PyTorch.
    pub label_smoothing: Fraction,
    /// Targets that are in part the answers of other networks.
    #[schemars(extend("examples" = [{"predictions": [{"from": "exam"}]}]))]
    pub distillation: Option<Distillation>,
    /// What images of a class count.
    pub class_weights: ClassWeights,
    /// Which weights the optimiser's `weight_decay` is for.
    pub decay: DecayedWeights,
    /// Random changes of the images.
    #[schemars(extend("examples" = [{"flip": 0.5, "shift": 0.05, "rotation": 10}]))]
    pub augmentation: Option<Augmentation>,
    /// Random crops, by epoch; none for whole images. For networks that take images of any size, and no longer than an
    /// image's side. Evaluation sees whole images.
    #[schemars(extend("examples" = [[{"from_epoch": 1, "size": 36}]]))]
    pub crops: Vec<Crop>,
    /// Mixing of images.
    #[schemars(extend("examples" = [{"alpha": 0.2}]))]
    pub mixup: Option<Mixup>,
    /// Last epochs without mixing and erasing.
    pub final_plain_epochs: usize,
    /// Decay of an exponential moving average of the weights, which then is what is evaluated and kept. The average
    /// begins as the weights: in step t its decay is at most (1 + t)/(10 + t).
    #[schemars(example = 0.999)]
    pub ema: Option<Fraction>,
    /// When to stop before the last epoch, if ever.
    #[schemars(extend("examples" = [{"patience": 10}]))]
    pub early_stopping: Option<EarlyStopping>,
}

/// Which epoch's weights the model holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlyStopping {
    /// Evaluations in a row without a new highest validation accuracy after which training stops.
    #[schemars(example = 10)]
    pub patience: Count,
}

/// Where a training was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// Epochs done.
    pub epoch: usize,
    /// Whether batches of the epoch after them are done too.
    pub is_within_next: bool,
    /// Epochs that were planned then.
    pub planned: usize,
}

impl Default for TrainParams {
    fn default() -> Self {
        Self {
            model: NetworkParams::default(),
            init: None,
            epochs: Count::of(100),
            batch_size: Count::of(128),
            shards: Count::of(1),
            shuffle: false,
            evaluate_every: Count::of(5),
            select: Select::Last,
            optimizer: OptimizerParams::SGD.into(),
            clip_norm: None,
            schedule: Schedule::Constant,
            targets: TargetRule::Shares,
            label_smoothing: Fraction::of(0.0),
            distillation: None,
            class_weights: ClassWeights::None,
            decay: DecayedWeights::All,
            augmentation: None,
            crops: vec![],
            mixup: None,
            final_plain_epochs: 0,
            ema: None,
            early_stopping: None,
        }
    }
}

impl TrainParams {
    /// The optimiser in use: the one asked for, or the network's own.
    ///
    /// ```
    /// use fer_train::{OptimizerParams, TrainParams};
    /// assert_eq!(TrainParams::default().optimizer().unwrap(), OptimizerParams::SGD);
    /// let params: TrainParams = serde_json::from_str(r#"{"model": {"name": "compact-cnn"}}"#)?;
    /// assert_eq!(params.optimizer().unwrap().learning_rate(), 0.003);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NotApplicable`] or [`Error::Nesterov`].
    pub fn optimizer(&self) -> Result<OptimizerParams, Error> {
        self.optimizer.over(OptimizerParams::of_network(&self.model))
    }

    /// The optimiser of these weights, before its first step.
    pub(crate) fn start_optimizer(&self, parameters: &BTreeMap<String, Parameter>) -> Result<Optimizer, Error> {
        let optimizer = Optimizer::new(self.optimizer()?.rule(), parameters.clone())?;
        let decay = match self.decay {
            DecayedWeights::All => Decay::All,
            DecayedWeights::Matrices => Decay::Matrices,
        };
        Ok(optimizer.with_clip_norm(self.clip_norm.map(Positive::get)).with_decay(decay))
    }

    /// Whether a training with these parameters may go on from where another was left that differs in `epochs` alone.
    /// One that was planned to be as long may; one of another length may, if no length has played a part yet: neither
    /// that of the other training nor that of this one.
    ///
    /// This is the one place of the rule: the choice of a checkpoint, what `fer plan` says and what [`crate::train`]
    /// accepts follow from it.
    ///
    /// ```
    /// use fer_train::{Reached, TrainParams};
    /// let params: TrainParams = serde_json::from_str(r#"{"epochs": 8, "evaluate_every": 2}"#)?;
    /// let end_of = |epoch, planned| Reached { epoch, is_within_next: false, planned };
    /// assert!(params.may_go_on_from(end_of(4, 4)));
    /// // The last epoch is evaluated in any case, the third of eight is not.
    /// assert!(!params.may_go_on_from(end_of(3, 3)));
    /// assert!(!params.may_go_on_from(end_of(9, 20)));
    /// // The rate falls in the last of four epochs, and in the last two of eight.
    /// let params: TrainParams =
    ///     serde_json::from_str(r#"{"epochs": 8, "schedule": {"name": "stable", "cooldown": 0.25}}"#)?;
    /// assert!(params.may_go_on_from(end_of(3, 4)) && !params.may_go_on_from(end_of(4, 4)));
    /// assert!(params.may_go_on_from(end_of(6, 20)) && !params.may_go_on_from(end_of(7, 20)));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn may_go_on_from(&self, reached: Reached) -> bool {
        let Reached { epoch, is_within_next, planned } = reached;
        let epochs = self.epochs.get();
        if planned == epochs {
            return true;
        }
        let is_evaluated_as_last = !is_within_next
            && !epoch.is_multiple_of(self.evaluate_every.get())
            && (epoch == epochs || epoch == planned);
        let begun = epoch + usize::from(is_within_next);
        begun <= self.free_epochs(planned).min(self.free_epochs(epochs)) && !is_evaluated_as_last
    }

    /// The first of so many epochs, in which nothing depends on that number: from any point of them a training can be made
    /// longer or shorter.
    ///
    /// ```
    /// use fer_train::TrainParams;
    /// let of = |json: &str, epochs| serde_json::from_str::<TrainParams>(json).unwrap().free_epochs(epochs);
    /// assert_eq!(of("{}", 10), 10);
    /// assert_eq!(of(r#"{"schedule": {"name": "cosine"}}"#, 10), 0);
    /// assert_eq!(of(r#"{"schedule": {"name": "stable"}, "final_plain_epochs": 1}"#, 10), 8);
    /// assert_eq!(of(r#"{"schedule": {"name": "stable"}, "final_plain_epochs": 3}"#, 10), 7);
    /// assert_eq!(of(r#"{"schedule": {"name": "stable"}}"#, 0), 0);
    /// ```
    pub fn free_epochs(&self, epochs: usize) -> usize {
        epochs.saturating_sub(self.schedule.ending_epochs(epochs).max(self.final_plain_epochs))
    }

    /// Why a training with these parameters cannot go on from any point of one of another length: every rate depends on
    /// how many epochs are planned.
    ///
    /// ```
    /// use fer_train::TrainParams;
    /// let of = |json: &str| serde_json::from_str::<TrainParams>(json).unwrap().bound_to_epochs();
    /// assert_eq!(of("{}"), None);
    /// assert_eq!(of(r#"{"schedule": {"name": "cosine"}}"#), Some("every rate of its schedule depends on epochs"));
    /// assert_eq!(of(r#"{"schedule": {"name": "stable"}}"#), None);
    /// ```
    pub const fn bound_to_epochs(&self) -> Option<&'static str> {
        match self.schedule.depends_on_epochs() {
            true => Some("every rate of its schedule depends on epochs"),
            false => None,
        }
    }

    /// Whether a training can do without images of validation.
    ///
    /// # Errors
    /// [`Error::NoValidation`].
    pub fn check_without_validation(&self) -> Result<(), Error> {
        match (self.select, &self.early_stopping) {
            (Select::Best, _) => Err(Error::NoValidation { parameter: "select: best" }),
            (_, Some(_)) => Err(Error::NoValidation { parameter: "early_stopping" }),
            (Select::Last, None) => Ok(()),
        }
    }

    /// What one parameter alone does not tell.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.optimizer()?;
        check_crops(&self.crops)?;
        let (batch_size, shards) = (self.batch_size.get(), self.shards.get());
        if !batch_size.is_multiple_of(shards) {
            return Err(Error::Shards { batch_size, shards });
        }
        match (self.targets, &self.mixup, &self.distillation) {
            (TargetRule::Likeliest, Some(_), _) => return Err(Error::Likeliest { parameter: "mixup" }),
            (TargetRule::Likeliest, _, Some(_)) => return Err(Error::Likeliest { parameter: "distillation" }),
            _ => {}
        }
        self.distillation.as_ref().map_or(Ok(()), Distillation::check)
    }
}

impl<'de> Deserialize<'de> for TrainParams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut params = Self::deserialize(deserializer)?;
        params.check().map_err(D::Error::custom)?;
        params.optimizer = params.optimizer().map_err(D::Error::custom)?.into();
        Ok(params)
    }
}

impl Serialize for TrainParams {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let optimizer = self.optimizer().map_err(serde::ser::Error::custom)?.into();
        Self::serialize(&Self { optimizer, ..self.clone() }, serializer)
    }
}

fn is_one(shards: &Count) -> bool {
    shards.get() == 1
}

/// Says in a schema which optimiser is each network's own.
fn names_own_optimizers(schema: &mut Schema) {
    let own = |network: &NetworkParams| {
        let optimizer = OptimizerParams::of_network(network);
        let essentials = optimizer.essentials();
        let settings = essentials.as_object().into_iter().flatten().filter(|(key, _)| *key != "name");
        let settings: String = settings.map(|(key, value)| format!(", {key}: {value}")).collect();
        format!("of `{}`, `{{name: {}{settings}}}`", network.name(), optimizer.name())
    };
    let networks: Vec<String> = NetworkParams::all().iter().map(own).collect();
    if let Some(Value::String(text)) = schema.get_mut("description") {
        text.push_str(&format!(" The networks' own: {}.", networks.join("; ")));
    }
}
