//! What a training shows that a person should know: rates that hardly train, and losses that do not fit the accuracy.

use fer_artifact::EpochRecord;

use crate::{OptimizerParams, TrainParams};

/// The usual range of learning rates of SGD, per share of the gradient that is new (1 − momentum), and of AdamW.
const SGD: [f64; 2] = [1e-4, 2.0];
const ADAMW: [f64; 2] = [1e-6, 0.03];
/// How far the accuracy may lie below what the loss stands for.
const LAG: f64 = 0.2;

impl TrainParams {
    /// A sentence where the learning rate is far from all that usually trains.
    ///
    /// ```
    /// let of = |json: &str| serde_json::from_str::<fer_train::TrainParams>(json).unwrap().doubt();
    /// assert_eq!(of("{}"), None);
    /// let doubt = of(r#"{"optimizer": {"name": "adamw", "learning_rate": 0.1}}"#).unwrap();
    /// assert!(doubt.starts_with("a learning_rate of 0.1 is far above what usually trains with adamw"), "{doubt}");
    /// ```
    pub fn doubt(&self) -> Option<String> {
        let optimizer = self.optimizer().ok()?;
        let ([low, high], rate) = match optimizer {
            OptimizerParams::Sgd { learning_rate, momentum, .. } => (SGD, learning_rate.get() / (1.0 - momentum.get())),
            OptimizerParams::AdamW { learning_rate, .. } => (ADAMW, learning_rate.get()),
        };
        let (far, other) = match rate {
            _ if rate > high => ("above", "lower"),
            _ if rate < low => ("below", "higher"),
            _ => return None,
        };
        let (name, rate) = (optimizer.name(), optimizer.learning_rate());
        let rate = if (1e-9..1e9).contains(&rate) { rate.to_string() } else { format!("{rate:e}") };
        Some(format!("a learning_rate of {rate} is far {far} what usually trains with {name}: try a {other} one"))
    }
}

/// Sentences about a finished training that was no success, or whose accuracy does not fit its loss.
pub fn doubts(history: &[EpochRecord], classes: usize) -> Vec<String> {
    let Some(last) = history.last() else { return vec![] };
    let guessing = libm::log(classes.max(1) as f64);
    let mut doubts = vec![];
    if last.loss > 1.5 * guessing {
        doubts.push(format!(
            "the loss ended at {:.2}, above the {guessing:.2} of guessing: the learning rate may be too high",
            last.loss
        ));
    }
    // The mean share that the right class gets in training is at least this.
    let share = libm::exp(-last.loss);
    if let Some(accuracy) = last.train_accuracy.filter(|accuracy| share - accuracy > LAG) {
        doubts.push(format!(
            "train accuracy is {:.1} %, though the loss of {:.2} stands for {:.0} %: the running statistics of batch norm lag \
             behind after few steps; more epochs or smaller batches make more steps",
            100.0 * accuracy,
            last.loss,
            100.0 * share
        ));
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(loss: f64, train_accuracy: Option<f64>) -> Vec<String> {
        let record = EpochRecord {
            epoch: 3,
            loss,
            last_batch_loss: loss,
            learning_rate: 0.1,
            train_accuracy,
            validation_loss: None,
            validation_accuracy: None,
            images_per_second: 0.0,
        };
        doubts(&[record], 7)
    }

    #[test]
    fn a_loss_above_guessing_and_an_accuracy_below_the_loss_are_told() {
        assert_eq!(ends(1.0, Some(0.6)), Vec::<String>::new());
        assert_eq!(ends(0.5, None), Vec::<String>::new());
        // ln 7 = 1.9459
        assert_eq!(
            ends(42.0, Some(0.14)),
            ["the loss ended at 42.00, above the 1.95 of guessing: the learning rate may be too high"]
        );
        // exp(-0.5) = 0.6065
        let lag = ends(0.5, Some(0.14));
        assert!(lag[0].starts_with("train accuracy is 14.0 %, though the loss of 0.50 stands for 61 %"), "{lag:?}");
        assert_eq!(ends(0.5, Some(0.41)).len(), 0);
    }
}
