use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How an epoch went: a line of `history.jsonl`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EpochRecord {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Mean loss over the epoch's images, each as it was when its batch had its turn.
    pub loss: f64,
    /// Mean loss of the epoch's last batch.
    pub last_batch_loss: f64,
    /// Learning rate of the epoch's last step.
    pub learning_rate: f64,
    /// Share of the training images that are classified rightly after the epoch; only where it was evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_accuracy: Option<f64>,
    /// The same of the validation images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
    /// Mean cross entropy of the validation images after the epoch, without label smoothing, mixing or weights of
    /// classes; in nats, where the accuracies stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_loss: Option<f64>,
    /// Training images a second, without evaluation; 0 if the clock stood still. The only number here that differs
    /// from run to run.
    pub images_per_second: f64,
}

impl EpochRecord {
    /// The record as JSON without its speed, so that equal trainings give equal bytes.
    pub fn timeless(&self) -> Value {
        let mut value = serde_json::to_value(self).expect("numbers and names are representable in JSON");
        if let Some(fields) = value.as_object_mut() {
            fields.remove("images_per_second");
        }
        value
    }
}
