//! What the model's header tells of its training.

use serde_json::Value;

use super::axis::Axis;

/// What the model's header says of its training, as far as it says it.
#[derive(Debug, Default)]
pub(crate) struct Training {
    /// Epochs planned.
    pub(crate) epochs: Option<u64>,
    /// Epoch of the weights.
    pub(crate) epoch: Option<u64>,
    /// `last` or `best`.
    pub(crate) select: Option<String>,
    pub(crate) history: Vec<Epoch>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Epoch {
    pub(crate) epoch: f64,
    pub(crate) loss: Option<f64>,
    pub(crate) learning_rate: Option<f64>,
    pub(crate) train_accuracy: Option<f64>,
    pub(crate) validation_accuracy: Option<f64>,
    pub(crate) validation_loss: Option<f64>,
}

impl Training {
    /// Takes what is there: a model from a program of the user's own may say less, or other things.
    pub(crate) fn of_header(training: &Value) -> Self {
        let history = training["history"].as_array().map_or(&[][..], Vec::as_slice);
        Self {
            epochs: training["epochs"].as_u64(),
            epoch: training["epoch"].as_u64(),
            select: training["select"].as_str().map(str::to_owned),
            history: history.iter().filter_map(Epoch::of_record).collect(),
        }
    }
}

impl Training {
    /// The epoch of the weights, if it lies inside the curves, where a line marks it.
    pub(crate) fn marked(&self) -> Option<f64> {
        let (first, last) = (self.history.first()?.epoch, self.history.last()?.epoch);
        self.epoch.map(|epoch| epoch as f64).filter(|epoch| (first..last).contains(epoch))
    }

    /// All epochs, the same for every curve.
    pub(crate) fn axis(&self) -> Axis {
        let end = |epoch: Option<&Epoch>| epoch.map_or(0.0, |epoch| epoch.epoch);
        let (first, last) = (end(self.history.first()), end(self.history.last()));
        if first < last { Axis::whole(first, last, 6) } else { Axis::single(first) }
    }
}

impl Epoch {
    fn of_record(record: &Value) -> Option<Self> {
        Some(Self {
            epoch: record["epoch"].as_u64()? as f64,
            loss: record["loss"].as_f64(),
            learning_rate: record["learning_rate"].as_f64(),
            train_accuracy: record["train_accuracy"].as_f64(),
            validation_accuracy: record["validation_accuracy"].as_f64(),
            validation_loss: record["validation_loss"].as_f64(),
        })
    }
}
