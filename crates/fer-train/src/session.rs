//! A training under way: its network, optimiser and state, and what is done to them.

use fer_artifact::Model;
use fer_model::Network;
use fer_nn::{Optimizer, update_average};
use serde_json::{Value, json};

use crate::arrays::{Arrays, to_arrays, to_tensors};
use crate::measure::{Measured, measure};
use crate::reduction::Layout;
use crate::state::{Best, State};
use crate::task::Task;
use crate::{Error, Observer, Select};

/// A training between two epochs, or within one.
pub(crate) struct Session<'a> {
    pub(crate) task: &'a Task<'a>,
    pub(crate) network: Network,
    /// The moving average of its weights, if there is one.
    pub(crate) average: Option<Network>,
    pub(crate) optimizer: Optimizer,
    pub(crate) state: State,
    /// The weights of `state.best`.
    pub(crate) best: Option<Arrays>,
    /// What travels between processes.
    pub(crate) layout: Layout,
    /// Whether this process, which does not lead, was asked to stop.
    pub(crate) stop: bool,
}

impl<'a> Session<'a> {
    /// A training that has not begun, from these weights or fresh ones.
    pub(crate) fn start(task: &'a Task<'a>, init: Option<Arrays>, observer: &mut dyn Observer) -> Result<Self, Error> {
        let seed = task.seed.stream("weights").value();
        let network = match (&task.params.init, init) {
            (_, Some(arrays)) => {
                let found = Network::transfer(&task.network, to_tensors(arrays)?, seed).map_err(Error::Init)?;
                let (network, others) = found;
                others.into_iter().for_each(|classes| observer.last_layer_begins_afresh(classes));
                network
            }
            (None, None) => Network::new(&task.network, seed)?,
            (Some(file), None) => return Err(Error::NoInit { file: file.clone() }),
        };
        let optimizer = task.params.start_optimizer(network.parameters())?;
        let average = match task.params.ema {
            Some(_) => Some(Network::load(&task.network, network.state())?),
            None => None,
        };
        Ok(Self::new(task, network, average, optimizer, State::new(task), None))
    }

    pub(crate) fn new(
        task: &'a Task<'a>,
        network: Network,
        average: Option<Network>,
        optimizer: Optimizer,
        state: State,
        best: Option<Arrays>,
    ) -> Self {
        let layout = Layout::of(&network);
        Self { task, network, average, optimizer, state, best, layout, stop: false }
    }

    /// Whether all epochs are trained, or enough of them.
    pub(crate) fn is_done(&self) -> bool {
        let stopped = self.task.params.early_stopping.is_some_and(|early| self.state.stale >= early.patience.get());
        self.state.epoch >= self.task.params.epochs.get() || stopped
    }

    /// Moves the average of the weights, and of the running statistics, towards them.
    pub(crate) fn update_average(&self) -> Result<(), Error> {
        let (Some(average), Some(decay)) = (&self.average, self.task.params.ema) else { return Ok(()) };
        let steps = self.optimizer.steps() as f64;
        let decay = decay.get().min((1.0 + steps) / (10.0 + steps));
        let (average, state) = (average.state(), self.network.state());
        for (name, average) in &average {
            update_average(average, &state[name], 1.0 - decay)?;
        }
        Ok(())
    }

    /// The network that is evaluated and kept.
    fn measured(&self) -> &Network {
        self.average.as_ref().unwrap_or(&self.network)
    }

    /// A last step can spoil weights without any loss to show it; a checkpoint of them would be of no use.
    pub(crate) fn check_weights(&self, epoch: usize, learning_rate: f64) -> Result<(), Error> {
        for (name, tensor) in self.network.state() {
            if !tensor.flatten_all()?.to_vec1::<f32>()?.iter().all(|value| value.is_finite()) {
                return Err(Error::DivergedWeights { epoch, tensor: name, learning_rate });
            }
        }
        Ok(())
    }

    /// How the network does on train and validation, if this epoch has its turn.
    pub(crate) fn evaluate(&mut self, epoch: usize) -> Result<[Option<Measured>; 2], Error> {
        let params = self.task.params;
        if !epoch.is_multiple_of(params.evaluate_every.get()) && epoch != params.epochs.get() {
            return Ok([None, None]);
        }
        let train = measure(self.measured(), self.task.train, self.task.peers)?;
        let Some(set) = self.task.validation else { return Ok([Some(train), None]) };
        let validation = measure(self.measured(), set, self.task.peers)?;
        self.compare(Best { epoch, correct: validation.correct })?;
        Ok([Some(train), Some(validation)])
    }

    /// Keeps these weights if no earlier ones were as good.
    fn compare(&mut self, now: Best) -> Result<(), Error> {
        if self.state.best.is_none_or(|best| now.correct > best.correct) {
            self.state.best = Some(now);
            self.state.stale = 0;
            self.best = Some(to_arrays(&self.measured().state())?);
        } else {
            self.state.stale += 1;
        }
        Ok(())
    }

    /// The selected model, and the other one if there are two.
    pub(crate) fn finish(mut self) -> Result<(Model, Option<Model>), Error> {
        let last = self.model(self.state.epoch, Select::Last, to_arrays(&self.measured().state())?);
        let (Some(Best { epoch, .. }), Some(weights)) = (self.state.best, self.best.take()) else {
            return Ok((last, None));
        };
        let best = self.model(epoch, Select::Best, weights);
        let (selected, other) = match self.task.params.select {
            Select::Last => (last, best),
            Select::Best => (best, last),
        };
        Ok((selected, Some(other).filter(|_| epoch != self.state.epoch)))
    }

    fn model(&self, epoch: usize, select: Select, tensors: Arrays) -> Model {
        let Task { params, train, network, .. } = self.task;
        Model {
            classes: train.classes.clone(),
            network: json!(network),
            preprocessing: train.preprocessing.clone(),
            training: json!({
                "epochs": params.epochs,
                "epoch": epoch,
                "select": select,
                "history": self.state.history,
                "params": params,
            }),
            evaluation: Value::Null,
            tensors,
        }
    }
}
