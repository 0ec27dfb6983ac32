use fer_artifact::{OutOfRange, Size};

use crate::{FileOf, Init, PeersError};

/// What can be wrong with a training. What one process alone can meet belongs in [`Error::is_everybodys`], too.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter that the chosen optimiser or schedule does not have.
    #[error("`{parameter}` does not apply to `{of}`")]
    NotApplicable {
        /// The parameter's name.
        parameter: &'static str,
        /// The name of the optimiser or schedule.
        of: &'static str,
    },
    /// Nesterov's form looks ahead along the momentum, and there is none.
    #[error("nesterov: expected a momentum above 0 with it, found 0")]
    Nesterov,
    /// Crops of different sizes out of order.
    #[error("crops: expected rising from_epoch, the first one 1, found {found:?}")]
    Crops {
        /// The first epochs, as they were given.
        found: Vec<usize>,
    },
    /// Crops that the images or the network do not allow.
    #[error("crops: expected a side of {minimum} to {maximum} pixels for `{network}`, found {found}")]
    CropSize {
        /// The shortest side that the network takes.
        minimum: usize,
        /// The longest one.
        maximum: usize,
        /// The network.
        network: &'static str,
        /// The side that was asked for.
        found: usize,
    },
    /// Batches that do not divide into so many parts.
    #[error("shards: expected a number that divides batch_size, {batch_size}, found {shards}")]
    Shards {
        /// Images in a batch.
        batch_size: usize,
        /// The parts that were asked for.
        shards: usize,
    },
    /// More processes than there are parts of a batch.
    #[error(
        "expected at most as many processes as shards, {shards}, found {processes}; set `shards` of the train stage"
    )]
    Processes {
        /// Parts of a batch.
        shards: usize,
        /// The processes that are there.
        processes: usize,
    },
    /// There is nothing to train on.
    #[error("train: expected at least one image, found none")]
    NoImages,
    /// A choice that is made on validation accuracy, without validation images.
    #[error("{parameter} needs validation images, found none: choose a `split` that sets some aside")]
    NoValidation {
        /// The parameter, as in the pipeline file.
        parameter: &'static str,
    },
    /// Images of validation have another size than those of train.
    #[error("validation: expected images of {train} pixels as in train, found {validation}")]
    Size {
        /// Height and width in train.
        train: Size,
        /// Height and width in validation.
        validation: Size,
    },
    /// Validation has other classes than train.
    #[error("validation: expected the classes of train, {train:?}, found {validation:?}")]
    Classes {
        /// Class names in train.
        train: Vec<String>,
        /// Class names in validation.
        validation: Vec<String>,
    },
    /// The parameters name a file of weights to start from, and the caller did not read it.
    #[error("init: expected the tensors of {file}, found none")]
    NoInit {
        /// The file, or the files.
        file: Init,
    },
    /// Models whose weights have no mean.
    #[error("init: {0}")]
    UnlikeInits(String),
    /// The weights to start from are not the network's.
    #[error("init")]
    Init(#[source] fer_model::Error),
    /// A rule for targets, and images that have none.
    #[error(
        "targets: `{rule}` needs images of which more is known than their labels, found features without the tensor `targets`; \
         `votes` of ingest give it"
    )]
    NoTargets {
        /// The rule's name.
        rule: &'static str,
    },
    /// Targets that the network chooses among, and another parameter that makes them of several classes.
    #[error(
        "targets: `likeliest` chooses one class, which `{parameter}` would mix with others: leave one of the two out"
    )]
    Likeliest {
        /// The parameter.
        parameter: &'static str,
    },
    /// Distillation without anything to learn from.
    #[error("distillation: expected at least one file of predictions, found none")]
    NoTeacher,
    /// The caller read more or fewer predictions than the parameters name.
    #[error("distillation: expected as many predictions as files, {expected}, found {found}")]
    Teachers {
        /// Files in the parameters.
        expected: usize,
        /// Predictions that were given.
        found: usize,
    },
    /// Predictions that are not for the images of train.
    #[error("distillation: {file}: {reason}")]
    Teacher {
        /// Their file.
        file: FileOf,
        /// What does not fit.
        reason: String,
    },
    /// The loss is no finite number: the training diverged.
    #[error(
        "epoch {epoch}, batch {batch}: the loss is {loss}, which is not finite: the training diverged; \
         try a learning_rate below {learning_rate}"
    )]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The batch within it, from 1.
        batch: usize,
        /// The loss: infinite or not a number.
        loss: f32,
        /// The rate that was in use.
        learning_rate: f64,
    },
    /// A weight is no finite number after an epoch whose losses all were.
    #[error(
        "epoch {epoch}: `{tensor}` is not finite: the training diverged; try a learning_rate below {learning_rate}"
    )]
    DivergedWeights {
        /// The epoch, from 1.
        epoch: usize,
        /// Name of the first such tensor.
        tensor: String,
        /// The rate that was in use.
        learning_rate: f64,
    },
    /// A checkpoint of another training.
    #[error("the checkpoint is of another training: expected {what} {expected}, found {found}")]
    Resume {
        /// What differs.
        what: String,
        /// As this training has it.
        expected: String,
        /// As the checkpoint has it.
        found: String,
    },
    /// A checkpoint without the state of a training.
    #[error("the checkpoint holds no state of a training")]
    State(#[source] serde_json::Error),
    /// The observer asked to stop.
    #[error("stopped in epoch {epoch} of {epochs} as asked")]
    Stopped {
        /// The epoch under way or just done, from 1.
        epoch: usize,
        /// Epochs planned.
        epochs: usize,
    },
    /// The observer could not do its part.
    #[error("after epoch {epoch}")]
    Observer {
        /// The epoch, from 1.
        epoch: usize,
        /// The observer's reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process of the training is out of reach.
    #[error("the processes of the training have lost each other")]
    Peers(#[source] PeersError),
    /// A set whose images have no pixels.
    #[error(transparent)]
    Side(#[from] OutOfRange),
    /// The network refused.
    #[error(transparent)]
    Model(#[from] fer_model::Error),
    /// Images that cannot be read any more.
    #[error(transparent)]
    Artifact(#[from] fer_artifact::Error),
    /// A tensor operation failed.
    #[error("a tensor operation failed")]
    Tensor(#[from] candle_core::Error),
}

impl Error {
    /// Whether every process of the training ends with it at the same point: the others wait for nobody.
    ///
    /// ```
    /// use fer_train::Error;
    /// assert!(Error::Stopped { epoch: 1, epochs: 2 }.is_everybodys());
    /// assert!(!Error::Peers("gone".into()).is_everybodys());
    /// ```
    pub fn is_everybodys(&self) -> bool {
        !matches!(self, Self::Model(_) | Self::Artifact(_) | Self::Tensor(_) | Self::Peers(_))
    }
}
