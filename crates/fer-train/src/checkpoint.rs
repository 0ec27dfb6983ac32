//! A training as a checkpoint, and back.

use std::collections::BTreeMap;

use fer_artifact::Checkpoint;
use fer_model::Network;
use serde_json::json;

use crate::Error;
use crate::arrays::{insert, take, to_arrays, to_tensors};
use crate::session::Session;
use crate::state::{Partial, State, check_same};
use crate::task::Task;

/// The session, complete; `partial` is what is done of the epoch under way.
pub(crate) fn checkpoint(session: &Session<'_>, partial: Option<Partial>) -> Result<Checkpoint, Error> {
    let mut tensors = BTreeMap::new();
    insert(&mut tensors, "model", to_arrays(&session.network.state())?);
    insert(&mut tensors, "optimizer", to_arrays(&session.optimizer.state()?)?);
    if let Some(average) = &session.average {
        insert(&mut tensors, "average", to_arrays(&average.state())?);
    }
    insert(&mut tensors, "best", session.best.clone().unwrap_or_default());
    let state = session.state.at(session.optimizer.steps(), partial);
    Ok(Checkpoint { classes: session.task.train.classes.clone(), state: json!(state), tensors })
}

/// The training as it was when the checkpoint was taken.
pub(crate) fn resume<'a>(task: &'a Task<'a>, checkpoint: Checkpoint) -> Result<Session<'a>, Error> {
    let Checkpoint { classes, state, mut tensors } = checkpoint;
    let found: State = serde_json::from_value(state).map_err(Error::State)?;
    check_same("classes", &task.train.classes.join(", "), &classes.join(", "))?;
    let state = found.of(task)?;
    let network = Network::load(&task.network, to_tensors(take(&mut tensors, "model"))?)?;
    let mut optimizer = task.params.start_optimizer(network.parameters())?;
    optimizer.restore(to_tensors(take(&mut tensors, "optimizer"))?, state.steps)?;
    let average = match task.params.ema {
        Some(_) => Some(Network::load(&task.network, to_tensors(take(&mut tensors, "average"))?)?),
        None => None,
    };
    let best = Some(take(&mut tensors, "best")).filter(|best| !best.is_empty());
    let presence = |is_there| if is_there { "present" } else { "absent" };
    check_same("best weights", presence(state.best.is_some()), presence(best.is_some()))?;
    Ok(Session::new(task, network, average, optimizer, state, best))
}
