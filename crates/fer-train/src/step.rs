//! One step: the parts of a batch forward and backward, the sum of their gradients, the optimiser.

use std::sync::mpsc::{Sender, channel};

use candle_core::Tensor;
use fer_artifact::Seed;
use fer_model::Mode;
use fer_nn::{Parameter, Tape, soft_cross_entropy};

use crate::Error;
use crate::batches::Batch;
use crate::reduction::{News, Note, Reduced, reduce};
use crate::session::Session;

/// What a step works on: this process' parts of a batch.
pub(crate) struct Parts {
    /// Those of this process, in order; none for a part without images.
    pub(crate) own: Vec<Option<Batch>>,
    /// Images of the whole batch.
    pub(crate) images: usize,
}

/// What became of a step.
pub(crate) struct Stepped {
    /// Mean loss of the batch before the step. If it is not finite, nothing was stepped.
    pub(crate) loss: f32,
    /// Seconds in which nothing was left to do but to wait for other processes.
    pub(crate) waited: f64,
    /// Whether another process was asked to stop.
    pub(crate) others_stop: bool,
}

/// Parameters that show their gradients, until the work ends in whatever way.
struct Hooked<'a>(&'a [Parameter]);

impl Drop for Hooked<'_> {
    fn drop(&mut self) {
        self.0.iter().for_each(Parameter::unhook_grad);
    }
}

impl Session<'_> {
    /// One step. `masks` are the training's; a part has its own.
    pub(crate) fn step(
        &mut self,
        parts: Parts,
        masks: Seed,
        learning_rate: f64,
        seconds: &mut dyn FnMut() -> f64,
    ) -> Result<Stepped, Error> {
        let stepped = match self.task.shards.parts {
            1 => self.whole(parts, masks)?,
            _ => self.shared(parts, masks, seconds)?,
        };
        if stepped.loss.is_finite() {
            self.optimizer.step(learning_rate)?;
            self.update_average()?;
        }
        Ok(stepped)
    }

    /// The gradients of a batch that is one part.
    fn whole(&self, parts: Parts, masks: Seed) -> Result<Stepped, Error> {
        let mut stepped = Stepped { loss: f32::NAN, waited: 0.0, others_stop: false };
        for batch in parts.own.into_iter().flatten() {
            let (forward, tape) = Tape::record(|| self.forward(batch, masks));
            let (loss, statistics) = forward?;
            self.network.follow(&statistics)?;
            stepped.loss = loss.to_scalar()?;
            if stepped.loss.is_finite() {
                tape.backward(&loss, 1.0)?;
            }
        }
        Ok(stepped)
    }

    /// The sum of all parts' gradients, whoever computes them.
    fn shared(&self, parts: Parts, masks: Seed, seconds: &mut dyn FnMut() -> f64) -> Result<Stepped, Error> {
        let (peers, shards, images) = (self.task.peers, self.task.shards, parts.images);
        let (layout, stop) = (&self.layout, self.stop);
        let (sender, receiver) = channel();
        let (done, reduced) = std::thread::scope(|scope| {
            let reduction = scope.spawn(move || reduce(peers, shards, layout, stop, &receiver));
            let worked = self.work(parts, masks, &sender);
            // Where the work failed, the end of the news ends the reduction.
            drop(sender);
            let done = seconds();
            let reduced = reduction.join().expect("adding does not panic");
            worked.and(reduced.map_err(Error::Peers)).map(|reduced| (done, reduced))
        })?;
        let waited = seconds() - done;
        let others_stop = reduced.others_stop;
        Ok(Stepped { loss: self.take(&reduced, images)?, waited, others_stop })
    }

    /// The parts of this process, one after the other; tells `news` of them while it works.
    fn work(&self, parts: Parts, masks: Seed, news: &Sender<News>) -> Result<(), Error> {
        let (parameters, shards) = (self.network.parameters_in_order(), self.task.shards);
        let _hooked = Hooked(parameters);
        for (place, parameter) in parameters.iter().rev().enumerate() {
            let news = news.clone();
            // Where nobody hears of it any more, the reduction has an error to tell.
            parameter.hook_grad(move |values| drop(news.send(News::Gradient(place, values.to_vec()))));
        }
        for (part, batch) in shards.of_process(self.task.peers.rank()).zip(parts.own) {
            match batch {
                None => {
                    let statistics = vec![0.0; self.layout.statistics];
                    let _ = news.send(News::Forward(Note { loss: 0.0, statistics }));
                }
                Some(batch) => {
                    let share = shards.images(part, parts.images).len() as f64 / parts.images as f64;
                    let masks = masks.stream(&format!("part {part}"));
                    let (forward, tape) = Tape::record(|| self.forward(batch, masks));
                    let (loss, statistics) = forward?;
                    let _ = news.send(News::Forward(Note { loss: loss.to_scalar()?, statistics }));
                    // Every image of the batch counts the same.
                    tape.backward(&loss, share as f32)?;
                }
            }
            let _ = news.send(News::Backward);
            parameters.iter().for_each(|parameter| parameter.zero_grad());
        }
        Ok(())
    }

    /// A part's mean loss and batch-norm statistics.
    fn forward(&self, Batch { images, targets }: Batch, masks: Seed) -> Result<(Tensor, Vec<f32>), Error> {
        let mode = Mode::Train { seed: masks.value(), step: self.optimizer.steps() };
        let (logits, statistics) = self.network.forward_apart(&images, mode)?;
        let targets = self.task.rows.settled(targets, || logits.flatten_all()?.to_vec1())?;
        Ok((soft_cross_entropy(&logits, targets)?, statistics))
    }

    /// Takes over what all parts gave together; gives the mean loss of the batch.
    fn take(&self, reduced: &Reduced, images: usize) -> Result<f32, Error> {
        let mut mean = 0.0;
        for (part, note) in reduced.notes.iter().enumerate() {
            let own = self.task.shards.images(part, images).len();
            if own > 0 {
                mean += own as f64 / images as f64 * f64::from(note.loss);
                self.network.follow(&note.statistics)?;
            }
        }
        let gradients = self.layout.split(&reduced.gradients);
        self.network.parameters_in_order().iter().rev().zip(gradients).for_each(|(parameter, gradient)| {
            parameter.set_grad(gradient);
        });
        Ok(mean as f32)
    }
}
