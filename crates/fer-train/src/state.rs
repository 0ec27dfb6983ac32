//! What a checkpoint holds, and how a training goes on from it.

use std::collections::BTreeMap;

use fer_artifact::Checkpoint;
use fer_model::{Network, NetworkConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Error;
use crate::arrays::{insert, take, to_arrays, to_tensors};
use crate::session::Session;
use crate::train::Task;

/// Whatever of a training between two epochs is no tensor. Holds no time, so that equal trainings have equal
/// checkpoints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// Epochs done.
    pub(crate) epoch: usize,
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
        Self { epoch: 0, steps: 0, best: None, stale: 0, history: vec![], identity: Identity::of(task) }
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

/// The session's state, complete.
pub(crate) fn checkpoint(session: &Session<'_>) -> Result<Checkpoint, Error> {
    let mut tensors = BTreeMap::new();
    insert(&mut tensors, "model", to_arrays(&session.network.state())?);
    insert(&mut tensors, "optimizer", to_arrays(&session.optimizer.state()?)?);
    insert(&mut tensors, "best", session.best.clone().unwrap_or_default());
    let state = State { steps: session.optimizer.steps(), ..session.state.clone() };
    Ok(Checkpoint { classes: session.task.train.classes.clone(), state: json!(state), tensors })
}

impl<'a> Session<'a> {
    /// The training as it was when the checkpoint was taken.
    pub(crate) fn resume(task: &'a Task<'a>, checkpoint: Checkpoint) -> Result<Self, Error> {
        let Checkpoint { classes, state, mut tensors } = checkpoint;
        let state: State = serde_json::from_value(state).map_err(Error::State)?;
        same("classes", &task.train.classes.join(", "), &classes.join(", "))?;
        let (expected, found) = (Identity::of(task).parts(), state.identity.parts());
        let part = |parts: &BTreeMap<String, String>, name| parts.get(name).map_or("none", String::as_str).to_owned();
        for name in expected.keys().chain(found.keys()) {
            same(name, &part(&expected, name), &part(&found, name))?;
        }
        let network = Network::load(&task.network, to_tensors(take(&mut tensors, "model"))?)?;
        let mut optimizer = task.params.start_optimizer(network.parameters())?;
        optimizer.restore(to_tensors(take(&mut tensors, "optimizer"))?, state.steps)?;
        let best = Some(take(&mut tensors, "best")).filter(|best| !best.is_empty());
        let words = |is| if is { "present" } else { "absent" };
        same("best weights", words(state.best.is_some()), words(best.is_some()))?;
        Ok(Self { task, network, optimizer, state, best })
    }
}

fn same(what: &str, expected: &str, found: &str) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    Err(Error::Resume { what: what.to_owned(), expected: expected.to_owned(), found: found.to_owned() })
}
