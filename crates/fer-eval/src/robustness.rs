use std::fmt::{Result, Write};

use fer_artifact::Predictions;
use serde::Serialize;

use crate::format::percent;
use crate::scores::outcomes;

/// What a network's answers are worth on damaged images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Robustness {
    /// Accuracy on the images as they are, 0 to 1.
    pub accuracy: f64,
    /// Mean of the accuracies under all corruptions and strengths.
    pub mean_accuracy: f64,
    /// Accuracy under each corruption.
    pub corruptions: Vec<CorruptionScores>,
    /// Share of the images whose mirror image is given the same class.
    pub mirror_consistency: f64,
    /// Share of the images, over the four neighbours, that are given another class when they are moved by one pixel.
    pub shift_changes: f64,
}

/// Accuracies under one corruption, slight to strong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CorruptionScores {
    /// What it is called.
    pub name: &'static str,
    /// What `amounts` count.
    pub unit: &'static str,
    /// How much of it there was.
    pub amounts: [f64; 3],
    /// The accuracies, 0 to 1.
    pub accuracy: [f64; 3],
}

/// Share of the images, 0 to 1, that both give the same class. The images must be the same, in the same order; of none it is 1.
///
/// # Panics
/// If there are not as many images in both.
pub fn same_class(first: &Predictions, second: &Predictions) -> f64 {
    assert_eq!(first.labels.len(), second.labels.len(), "images of both");
    let pairs = outcomes(first).into_iter().zip(outcomes(second));
    let same = pairs.filter(|(first, second)| first.predicted == second.predicted).count();
    if first.labels.is_empty() { 1.0 } else { same as f64 / first.labels.len() as f64 }
}

impl Robustness {
    /// A table for a terminal.
    pub fn table(&self) -> String {
        let mut text = String::new();
        self.write(&mut text).expect("a string takes all that is written");
        text
    }

    fn write(&self, f: &mut String) -> Result {
        writeln!(f, "  accuracy in %  slight  medium  strong")?;
        for CorruptionScores { name, unit, amounts, accuracy } in &self.corruptions {
            write!(f, "  {name:<13}")?;
            accuracy.iter().try_for_each(|accuracy| write!(f, "  {:>6}", percent(*accuracy)))?;
            let amounts = amounts.map(|amount| amount.to_string()).join(", ");
            writeln!(f, "    {amounts} {unit}")?;
        }
        writeln!(
            f,
            "\n  mean of these    {} %, of the images as they are {} %",
            percent(self.mean_accuracy),
            percent(self.accuracy)
        )?;
        writeln!(f, "  mirrored         {} % keep their class", percent(self.mirror_consistency))?;
        writeln!(f, "  moved a pixel    {} % change their class", percent(self.shift_changes))
    }
}
