use std::collections::BTreeMap;

use fer_artifact::Predictions;
use schemars::JsonSchema;
use serde::Serialize;

use crate::format::{count, counted, percent};
use crate::scores::outcomes;

/// Two networks on the same images, see [`paired()`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Paired {
    /// Number of images that both predicted.
    pub images: usize,
    /// Images that the first alone classified rightly.
    pub only_first: usize,
    /// Images that the second alone classified rightly.
    pub only_second: usize,
    /// How likely chance alone is to part these images at least so unevenly, 0 to 1.
    pub p_value: f64,
}

/// A network that another one is compared with on the same images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Baseline {
    /// What it is called.
    pub model: String,
    /// Its accuracy.
    pub accuracy: f64,
    /// The comparison; the baseline is the second.
    #[serde(flatten)]
    pub paired: Paired,
}

impl Baseline {
    /// The comparison in a sentence.
    pub fn sentence(&self) -> String {
        let Self { model, accuracy, paired: Paired { images, only_first, only_second, p_value } } = self;
        format!(
            "The baseline {model} classifies {} % of the same {} rightly. Only this one is right on {}, only the baseline on \
             {}: by McNemar's exact test, p = {}.",
            percent(*accuracy),
            counted(*images, "image"),
            count(*only_first),
            count(*only_second),
            p_shown(*p_value)
        )
    }
}

/// Three decimals, or the power of ten that it lies below.
fn p_shown(p_value: f64) -> String {
    if p_value < 0.001 { format!("{p_value:.1e}") } else { format!("{p_value:.3}") }
}

/// Compares two networks image by image, which tells more than their two accuracies do.
///
/// Images are the same if they are of the same row; both predictions must be of the same source. `p_value` is
/// McNemar's (1947) test in its exact form: two-sided, binomial. It speaks of these two networks and images like
/// these, and says nothing of another training with another seed.
pub fn paired(first: &Predictions, second: &Predictions) -> Paired {
    let correct = |predictions: &Predictions| -> BTreeMap<u32, bool> {
        let outcomes = outcomes(predictions);
        predictions.rows.iter().copied().zip(outcomes.iter().map(|outcome| outcome.is_correct())).collect()
    };
    let (first, second) = (correct(first), correct(second));
    let both: Vec<(bool, bool)> = first.iter().filter_map(|(row, is)| Some((*is, *second.get(row)?))).collect();
    let count = |pair| both.iter().filter(|found| **found == pair).count();
    let (only_first, only_second) = (count((true, false)), count((false, true)));
    Paired { images: both.len(), only_first, only_second, p_value: mcnemar(only_first, only_second) }
}

/// Twice the chance that of a + b fair coins at most min(a, b) fall heads, at most 1.
fn mcnemar(a: usize, b: usize) -> f64 {
    let n = a + b;
    // Logarithms, as the chance of no heads at all is soon too small for an f64.
    let mut term = -(n as f64) * std::f64::consts::LN_2;
    let mut tail = libm::exp(term);
    for k in 1..=a.min(b) {
        term += libm::log((n - k + 1) as f64 / k as f64);
        tail += libm::exp(term);
    }
    (2.0 * tail).min(1.0)
}
