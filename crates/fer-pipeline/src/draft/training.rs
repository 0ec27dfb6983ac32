//! The network for a number of images of a size, and a training that fits a time.

use fer_artifact::{DataReport, Size, Split};
use fer_train::{DecayedWeights, Error, OptimizerParams, Select, TrainParams};
use serde_json::{Value, json};

use crate::draft::choice::Choice;
use crate::draft::speed::images_per_second;
use crate::progress::Clock;
use crate::{StageKind, duration};

/// The network for many images, the one for few, and the one for the smallest.
const DEEP: &str = "face-resnet";
const SMALL: &str = "compact-cnn";
const TINY: &str = "linear";
/// Images from which a deeper network learns more than a small one.
const MANY: usize = 5_000;
/// Fewest epochs in which the deeper network gets anywhere.
const FEWEST_EPOCHS: f64 = 10.0;
/// Most epochs: more of them learn the images by heart.
const MOST_EPOCHS: f64 = 60.0;
/// Images of up to so many a class are few: smaller batches then make more steps.
const FEW: usize = 2_000;

/// A training that fits the data and takes about so many minutes.
///
/// # Errors
/// What the measurement of the speed failed at.
pub(super) fn choose(report: &DataReport, minutes: f64, clock: &dyn Clock) -> Result<Vec<Choice>, Error> {
    let size = Size::new(report.height, report.width)?;
    let images = rows(report, Split::Train);
    let has_validation = rows(report, Split::Validation) > 0;
    let budget = |written: Value| {
        let params: TrainParams = serde_json::from_value(written.clone()).expect("parameters of ours are valid");
        let speed = images_per_second(&params, size, report.classes.len(), clock)?;
        Ok::<_, Error>(Plan { epochs: 60.0 * minutes * speed / images.max(1) as f64, written, params, speed })
    };
    let mut found = None;
    if images >= MANY && is_at_least(size, 16) {
        found = Some(budget(deep(has_validation))?).filter(|plan| plan.epochs >= FEWEST_EPOCHS);
    }
    let plan = match found {
        Some(plan) => plan,
        None => budget(small(size, images, has_validation))?,
    };
    Ok(plan.choices(size, images, minutes))
}

/// Images of a split.
fn rows(report: &DataReport, split: Split) -> usize {
    report.splits.get(&split).map_or(0, |split| split.rows)
}

fn is_at_least(size: Size, side: usize) -> bool {
    size.height().min(size.width()) >= side
}

/// The parameters of a training whose length is still open.
struct Plan {
    /// As the file has them.
    written: Value,
    params: TrainParams,
    /// Images a second.
    speed: f64,
    /// Epochs that the time allows.
    epochs: f64,
}

/// The recipe of the built-in network, without what only a long training has a use for.
fn deep(has_validation: bool) -> Value {
    let own = json!({
        "model": {"name": DEEP},
        "batch_size": 128,
        "decay": "matrices",
        "label_smoothing": 0.1,
        "augmentation": {
            "flip": 0.5, "shift": 0.05, "scale": 0.15, "rotation": 10, "brightness": 0.2, "contrast": 0.2,
        },
    });
    with_common(own, has_validation)
}

fn small(size: Size, images: usize, has_validation: bool) -> Value {
    let own = json!({
        "model": {"name": if is_at_least(size, 8) { SMALL } else { TINY }},
        "batch_size": if images < FEW { 32 } else { 64 },
        "augmentation": {"flip": 0.5, "shift": 0.05, "scale": 0.1, "rotation": 10},
    });
    with_common(own, has_validation)
}

fn with_common(mut own: Value, has_validation: bool) -> Value {
    own["shuffle"] = json!(true);
    own["evaluate_every"] = json!(1);
    own["select"] = json!(if has_validation { Select::Best } else { Select::Last });
    own["schedule"] = json!({"name": "cosine", "warmup_epochs": 1});
    own
}

impl Plan {
    fn choices(&self, size: Size, images: usize, minutes: f64) -> Vec<Choice> {
        let name = self.params.model.name();
        let network = match name {
            DEEP => format!("{images} images of {size} pixels are enough for a residual network"),
            TINY => format!("images of {size} pixels are too small for convolutions"),
            _ if images < MANY => format!("{images} images are few: a small network learns less of them by heart"),
            _ => format!("a larger network does not get far in {minutes} minutes"),
        };
        let epochs = self.epochs.floor().clamp(1.0, MOST_EPOCHS);
        let took = 60.0 * minutes * epochs / self.epochs;
        let length = format!(
            "about {} on this machine, where the training took {:.0} images a second as `fer init` measured it",
            duration(took.round() as u64),
            self.speed
        );
        let optimizer = OptimizerParams::of_network(&self.params.model);
        let select = match self.params.select {
            Select::Best => "validation chooses the epoch; test stays untouched",
            Select::Last => "there is no validation to choose an epoch by",
        };
        let choice = |parameter: &'static str, reason: String| {
            let value = match parameter {
                "epochs" => json!(epochs as usize),
                "optimizer" => optimizer.essentials(),
                _ => self.written[parameter].clone(),
            };
            Choice { stage: StageKind::Train, parameter, value, reason }
        };
        let mut choices = vec![
            choice("model", network),
            choice("epochs", length),
            choice("batch_size", String::new()),
            choice("shuffle", String::new()),
            choice("evaluate_every", String::new()),
            choice("select", select.to_owned()),
            choice("optimizer", "the network's own optimiser".to_owned()),
            choice("schedule", "a rate that falls to 0 ends better than one that stays".to_owned()),
            choice("augmentation", "mirror images and small shifts show the same expressions".to_owned()),
        ];
        if self.params.decay == DecayedWeights::Matrices {
            choices.push(choice("decay", String::new()));
            choices.push(choice("label_smoothing", "labels of expressions are doubtful".to_owned()));
        }
        choices
    }
}
