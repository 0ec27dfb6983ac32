//! How far a training is, and which training it is: what of a checkpoint is no tensor.

use std::collections::BTreeMap;

use fer_model::NetworkConfig;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::task::Task;
use crate::{Error, Reached, TrainParams};

/// Whatever of a training is no tensor. Holds no time, so that equal trainings have equal checkpoints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// Epochs done.
    pub(crate) epoch: usize,
    /// What is done of the epoch after them, if the checkpoint was taken within one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) partial: Option<Partial>,
    /// Steps done.
    pub(crate) steps: u64,
    /// The best evaluated epoch so far.
    pub(crate) best: Option<Best>,
    /// Evaluations since then.
    pub(crate) stale: usize,
    /// The epochs' records without their speed.
    pub(crate) history: Vec<Value>,
    identity: Identity,
}

/// An evaluated epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Best {
    pub(crate) epoch: usize,
    /// Validation images classified rightly.
    pub(crate) correct: usize,
}

/// How far an epoch is. The order of its batches depends on seed and epoch alone.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Partial {
    pub(crate) batches: usize,
    pub(crate) images: usize,
    /// Sum of the images' losses.
    loss: f64,
    pub(crate) last_loss: f64,
    pub(crate) learning_rate: f64,
}

impl Partial {
    /// Counts a batch with this mean loss.
    pub(crate) fn add(&mut self, loss: f64, images: usize, learning_rate: f64) {
        self.batches += 1;
        self.images += images;
        self.loss += loss * images as f64;
        (self.last_loss, self.learning_rate) = (loss, learning_rate);
    }

    /// Mean loss of the images so far.
    pub(crate) fn mean(&self) -> f64 {
        self.loss / self.images as f64
    }
}

/// What must be the same for a training to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    params: Value,
    seed: u64,
    network: NetworkConfig,
    train_images: usize,
    validation_images: usize,
}

impl State {
    pub(crate) fn new(task: &Task<'_>) -> Self {
        Self { epoch: 0, partial: None, steps: 0, best: None, stale: 0, history: vec![], identity: Identity::of(task) }
    }

    /// The state after so many steps, and with this part of the epoch under way.
    pub(crate) fn at(&self, steps: u64, partial: Option<Partial>) -> Self {
        Self { steps, partial, ..self.clone() }
    }

    /// This state as one of this training, if it is.
    pub(crate) fn of(mut self, task: &Task<'_>) -> Result<Self, Error> {
        let identity = Identity::of(task);
        let (expected, found) = (identity.parts(), self.identity.parts());
        for name in expected.keys().chain(found.keys()).filter(|name| *name != "epochs") {
            check_same(name, &part(&expected, name), &part(&found, name))?;
        }
        self.check_epochs(task.params)?;
        self.identity = identity;
        Ok(self)
    }

    /// A training may be longer or shorter than planned when its checkpoint was taken, if
    /// [`TrainParams::may_go_on_from`] says so.
    fn check_epochs(&self, params: &TrainParams) -> Result<(), Error> {
        let planned = &self.identity.params["epochs"];
        let number = planned.as_u64().unwrap_or_default() as usize;
        let reached = Reached { epoch: self.epoch, is_within_next: self.partial.is_some(), planned: number };
        if params.may_go_on_from(reached) {
            return Ok(());
        }
        check_same("epochs", &params.epochs.to_string(), &planned.to_string())
    }
}

impl Identity {
    fn of(task: &Task<'_>) -> Self {
        Self {
            params: json!(task.params),
            seed: task.seed.value(),
            network: task.network.clone(),
            train_images: task.train.len(),
            validation_images: task.validation.map_or(0, |set| set.len()),
        }
    }

    /// Every part by name, in words.
    fn parts(&self) -> BTreeMap<String, String> {
        let mut parts = BTreeMap::from([
            ("seed".to_owned(), self.seed.to_string()),
            ("network".to_owned(), json!(self.network).to_string()),
            ("number of training images".to_owned(), self.train_images.to_string()),
            ("number of validation images".to_owned(), self.validation_images.to_string()),
        ]);
        let params = self.params.as_object().into_iter().flatten();
        parts.extend(params.map(|(name, value)| (name.clone(), value.to_string())));
        parts
    }
}

fn part(parts: &BTreeMap<String, String>, name: &str) -> String {
    parts.get(name).map_or("none", String::as_str).to_owned()
}

/// Refuses what differs between this training and a checkpoint's.
pub(crate) fn check_same(what: &str, expected: &str, found: &str) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    Err(Error::Resume { what: what.to_owned(), expected: expected.to_owned(), found: found.to_owned() })
}
