//! The loop of an epoch.

use fer_artifact::EpochRecord;

use crate::ahead::Ahead;
use crate::batches::{Batch, order};
use crate::checkpoint::checkpoint;
use crate::measure::Measured;
use crate::peers::follow_first;
use crate::session::Session;
use crate::state::Partial;
use crate::step::Parts;
use crate::task::Task;
use crate::{Error, Flow, Observer, ObserverError, Position, Progress};

/// Trains the rest of the epoch under way, or the next epoch, and evaluates the epoch if its turn has come.
pub(crate) fn train_epoch(session: &mut Session<'_>, observer: &mut dyn Observer) -> Result<EpochRecord, Error> {
    let epoch = session.state.epoch + 1;
    let before = session.state.partial.take().unwrap_or_default();
    let start = observer.seconds();
    let (done, paused) = train_batches(session, epoch, before, observer)?;
    let seconds = observer.seconds() - start - paused;
    session.check_weights(epoch, done.learning_rate)?;
    let [train, validation] = session.evaluate(epoch)?;
    let images = (done.images - before.images) as f64;
    let record = EpochRecord {
        epoch,
        loss: done.mean(),
        last_batch_loss: done.last_loss,
        learning_rate: done.learning_rate,
        train_accuracy: train.map(Measured::accuracy),
        validation_accuracy: validation.map(Measured::accuracy),
        validation_loss: validation.map(Measured::loss),
        images_per_second: if seconds > 0.0 { images / seconds } else { 0.0 },
    };
    session.state.epoch = epoch;
    session.state.history.push(record.timeless());
    let make_checkpoint = || checkpoint(session, None);
    let flow = observer.epoch(&record, &make_checkpoint);
    go_on(session, flow, epoch)?;
    Ok(record)
}

/// Trains the batches of an epoch that come after `done`. Also gives the seconds that the observer took, who may write
/// checkpoints: these seconds do not count as training.
fn train_batches(
    session: &mut Session<'_>,
    epoch: usize,
    mut done: Partial,
    observer: &mut dyn Observer,
) -> Result<(Partial, f64), Error> {
    let mut paused = 0.0;
    let Task { params, train, seed, .. } = session.task;
    let order = order(train.len(), params.shuffle.then(|| seed.stream("shuffle")), epoch);
    let masks = seed.stream("masks");
    let (batches, epochs) = (session.task.batches(), params.epochs.get());
    let (shards, rank, mut waited) = (session.task.shards, session.task.peers.rank(), 0.0);
    let chunks = order.chunks(params.batch_size.get()).skip(done.batches);
    let own = chunks.clone().map(|all| &all[shards.images_of_process(rank, all.len())]);
    for ((all, (own, images)), batch) in chunks.zip(Ahead::new(train, own)).zip(done.batches + 1..) {
        let step = session.optimizer.steps();
        let at = Position { step, steps_per_epoch: batches, epochs };
        let learning_rate = params.schedule.learning_rate(params.optimizer()?.learning_rate(), at);
        let parts = parts(session.task, all.len(), own, images?, (epoch, step))?;
        let stepped = session.step(parts, masks, learning_rate, &mut || observer.seconds())?;
        let loss = stepped.loss;
        if !loss.is_finite() {
            return Err(Error::Diverged { epoch, batch, loss, learning_rate });
        }
        done.add(loss.into(), all.len(), learning_rate);
        waited += stepped.waited;
        let (images, loss, others_stop) = (done.images, done.mean(), stepped.others_stop);
        let progress = Progress { epoch, epochs, batch, batches, images, loss, waited, others_stop };
        let make_checkpoint = || {
            session.check_weights(epoch, learning_rate)?;
            checkpoint(session, Some(done))
        };
        let start = observer.seconds();
        let flow = observer.batch(&progress, &make_checkpoint);
        paused += observer.seconds() - start;
        go_on(session, flow, epoch)?;
    }
    Ok((done, paused))
}

/// This process' parts of a batch of so many images, of which `own` are its own.
fn parts(
    task: &Task<'_>,
    images: usize,
    own: &[usize],
    mut values: Vec<f32>,
    (epoch, step): (usize, u64),
) -> Result<Parts, Error> {
    let (mut indices, mut parts) = (own, vec![]);
    for part in task.shards.of_process(task.peers.rank()) {
        let (of_part, rest) = indices.split_at(task.shards.images(part, images).len());
        let behind = values.split_off(of_part.len() * task.size.area());
        let is_empty = of_part.is_empty();
        parts.push((!is_empty).then(|| Batch::new(task, of_part, values, epoch, step)).transpose()?);
        (indices, values) = (rest, behind);
    }
    Ok(Parts { own: parts, images })
}

/// Whether to go on, as the observer of process 0 said on every process. What another's said is kept for the next step.
fn go_on(session: &mut Session<'_>, flow: Result<Flow, ObserverError>, epoch: usize) -> Result<(), Error> {
    let task = session.task;
    let stop = !matches!(flow, Ok(Flow::Continue));
    session.stop = stop;
    // A process that fails tells the others before it ends.
    let decided = follow_first(task.peers, u32::from(stop));
    flow.map_err(|source| Error::Observer { epoch, source })?;
    match decided.map_err(Error::Peers)? {
        0 => Ok(()),
        _ => Err(Error::Stopped { epoch, epochs: task.params.epochs.get() }),
    }
}
