//! What a checkpoint holds, and how a training goes on from it.

use std::collections::BTreeMap;

use fer_artifact::Checkpoint;
use fer_model::{Network, NetworkConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::arrays::{insert, take, to_arrays, to_tensors};
use crate::session::Session;
use crate::train::Task;
use crate::{Error, TrainParams};

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

    /// A training may be longer or shorter than planned when its checkpoint was taken, if nothing so far depended on
    /// the plan.
    fn check_epochs(&self, params: &TrainParams) -> Result<(), Error> {
        let (now, planned) = (params.epochs.get(), part(&self.identity.parts(), "epochs"));
        let begun = self.epoch + usize::from(self.partial.is_some());
        let is_due = self.epoch.is_multiple_of(params.evaluate_every.get());
        let was_last = self.history.last().is_some_and(|record| record.get("train_accuracy").is_some() && !is_due);
        let is_last = begun == now && self.partial.is_none() && !is_due;
        if params.bound_to_epochs().is_some() || begun > now || was_last || is_last {
            same("epochs", &now.to_string(), &planned)?;
        }
        Ok(())
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

/// The session's state, complete; `partial` is what is done of the epoch under way.
pub(crate) fn checkpoint(session: &Session<'_>, partial: Option<Partial>) -> Result<Checkpoint, Error> {
    let mut tensors = BTreeMap::new();
    insert(&mut tensors, "model", to_arrays(&session.network.state())?);
    insert(&mut tensors, "optimizer", to_arrays(&session.optimizer.state()?)?);
    if let Some(average) = &session.average {
        insert(&mut tensors, "average", to_arrays(&average.state())?);
    }
    insert(&mut tensors, "best", session.best.clone().unwrap_or_default());
    let state = State { steps: session.optimizer.steps(), partial, ..session.state.clone() };
    Ok(Checkpoint { classes: session.task.train.classes.clone(), state: json!(state), tensors })
}

impl<'a> Session<'a> {
    /// The training as it was when the checkpoint was taken.
    pub(crate) fn resume(task: &'a Task<'a>, checkpoint: Checkpoint) -> Result<Self, Error> {
        let Checkpoint { classes, state, mut tensors } = checkpoint;
        let state: State = serde_json::from_value(state).map_err(Error::State)?;
        same("classes", &task.train.classes.join(", "), &classes.join(", "))?;
        let (expected, found) = (Identity::of(task).parts(), state.identity.parts());
        for name in expected.keys().chain(found.keys()).filter(|name| *name != "epochs") {
            same(name, &part(&expected, name), &part(&found, name))?;
        }
        state.check_epochs(task.params)?;
        let network = Network::load(&task.network, to_tensors(take(&mut tensors, "model"))?)?;
        let mut optimizer = task.params.start_optimizer(network.parameters())?;
        optimizer.restore(to_tensors(take(&mut tensors, "optimizer"))?, state.steps)?;
        let average = match task.params.ema {
            Some(_) => Some(Network::load(&task.network, to_tensors(take(&mut tensors, "average"))?)?),
            None => None,
        };
        let best = Some(take(&mut tensors, "best")).filter(|best| !best.is_empty());
        let words = |is| if is { "present" } else { "absent" };
        same("best weights", words(state.best.is_some()), words(best.is_some()))?;
        Ok(Self { task, network, average, optimizer, state, best })
    }
}

fn part(parts: &BTreeMap<String, String>, name: &str) -> String {
    parts.get(name).map_or("none", String::as_str).to_owned()
}

fn same(what: &str, expected: &str, found: &str) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    Err(Error::Resume { what: what.to_owned(), expected: expected.to_owned(), found: found.to_owned() })
}
