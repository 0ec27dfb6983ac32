//! The loop of an epoch.

use fer_artifact::EpochRecord;

use crate::ahead::Ahead;
use crate::batches::{Batch, order};
use crate::checkpoint::checkpoint;
use crate::measure::Measured;
use crate::session::Session;
use crate::state::Partial;
use crate::task::Task;
use crate::{Error, Flow, Observer, Position, Progress};

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
    let flow = observer.epoch(&record, &make_checkpoint).map_err(|source| Error::Observer { epoch, source })?;
    stop_if_asked(flow, session.task, epoch)?;
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
    let chunks = order.chunks(params.batch_size.get()).skip(done.batches);
    for ((indices, images), batch) in Ahead::new(train, chunks).zip(done.batches + 1..) {
        let step = session.optimizer.steps();
        let at = Position { step, steps_per_epoch: batches, epochs };
        let learning_rate = params.schedule.learning_rate(params.optimizer()?.learning_rate(), at);
        let loss = session.step(Batch::new(session.task, indices, images?, epoch, step)?, masks, learning_rate)?;
        if !loss.is_finite() {
            return Err(Error::Diverged { epoch, batch, loss, learning_rate });
        }
        done.add(loss.into(), indices.len(), learning_rate);
        let progress = Progress { epoch, epochs, batch, batches, images: done.images, loss: done.mean() };
        let make_checkpoint = || {
            session.check_weights(epoch, learning_rate)?;
            checkpoint(session, Some(done))
        };
        let start = observer.seconds();
        let flow = observer.batch(&progress, &make_checkpoint).map_err(|source| Error::Observer { epoch, source })?;
        paused += observer.seconds() - start;
        stop_if_asked(flow, session.task, epoch)?;
    }
    Ok((done, paused))
}

fn stop_if_asked(flow: Flow, task: &Task<'_>, epoch: usize) -> Result<(), Error> {
    match flow {
        Flow::Continue => Ok(()),
        Flow::Stop => Err(Error::Stopped { epoch, epochs: task.params.epochs.get() }),
    }
}
