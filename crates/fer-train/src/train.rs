use std::collections::BTreeMap;

use fer_artifact::{Array, Checkpoint, EpochRecord, Model, Seed};

use crate::checkpoint::resume;
use crate::epoch::train_epoch;
use crate::session::Session;
use crate::task::{Task, TrainData};
use crate::{Alone, Error, Observer, Peers, TrainParams};

/// A training's result.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The model with the weights that [`TrainParams::select`] asks for.
    pub model: Model,
    /// The model with the other weights, the best or the last; none if these are the same ones, or if there was no
    /// validation to tell the best.
    pub unselected: Option<Model>,
    /// The epochs that this call trained. Those before a checkpoint that it resumed from stand, without their speed,
    /// in the model's header.
    pub history: Vec<EpochRecord>,
}

/// Trains a network.
///
/// It goes on from `checkpoint` if there is one, else from the tensors of [`TrainParams::init`] in `init`, else
/// from fresh weights. Everything random (weights, order, masks, slopes) depends on `seed`, epoch and step alone: a
/// training that is resumed from a checkpoint ends with the same bytes as one that never stopped.
///
/// ```
/// use fer_artifact::{Seed, Split};
/// use fer_train::{Quiet, TrainData, TrainParams, train};
///
/// let faces = fer_testkit::feature_set(Split::Train, 70, 8, 8);
/// let params: TrainParams =
///     serde_json::from_str(r#"{"model": {"name": "linear"}, "epochs": 20, "batch_size": 10}"#)?;
/// let data = TrainData { train: &faces, validation: None, teachers: &[] };
/// let trained = train(&params, &data, None, None, Seed::new(42), &mut Quiet)?;
/// let losses: Vec<f64> = trained.history.iter().map(|epoch| epoch.loss).collect();
/// assert!(losses[19] < losses[0]);
/// assert_eq!(trained.model.tensors["fc.weight"].shape, [7, 64]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Data that do not fit each other, the parameters, or the checkpoint; weights in `init` that are not the network's; a
/// loss or a weight that is no finite number; or what the observer asked for or failed at.
pub fn train(
    params: &TrainParams,
    data: &TrainData<'_>,
    init: Option<BTreeMap<String, Array>>,
    checkpoint: Option<Checkpoint>,
    seed: Seed,
    observer: &mut dyn Observer,
) -> Result<Trained, Error> {
    train_together(params, data, init, checkpoint, seed, observer, &Alone)
}

/// As [`train`], with other processes, each of which calls this with the same values but for the observer. That of process 0 is
/// told everything and alone may stop the training; what the others return counts as a wish, of which the first hears by
/// [`crate::Progress::others_stop`].
///
/// # Errors
/// As [`train`]; more processes than [`TrainParams::shards`], or processes that lose each other. See
/// [`Error::is_everybodys`] for what the others do then.
pub fn train_together(
    params: &TrainParams,
    data: &TrainData<'_>,
    init: Option<BTreeMap<String, Array>>,
    checkpoint: Option<Checkpoint>,
    seed: Seed,
    observer: &mut dyn Observer,
    peers: &dyn Peers,
) -> Result<Trained, Error> {
    let task = Task::new(params, data, seed, peers)?;
    let mut session = match checkpoint {
        Some(checkpoint) => resume(&task, checkpoint)?,
        None => Session::start(&task, init, observer)?,
    };
    let mut history = vec![];
    while !session.is_done() {
        history.push(train_epoch(&mut session, observer)?);
    }
    let (model, unselected) = session.finish()?;
    Ok(Trained { model, unselected, history })
}
