use std::f64::consts::PI;

use fer_artifact::schema::{first_needs_no_name, settings_have_defaults};
use fer_artifact::{Count, Fraction, Positive};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::Error;

/// How the learning rate changes over a training, as PyTorch's schedulers of these names do it. `base` below is the
/// optimiser's learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "kebab-case", try_from = "RawSchedule")]
#[schemars(!try_from, deny_unknown_fields, transform = with_defaults)]
pub enum Schedule {
    /// `base` throughout.
    #[default]
    Constant,
    /// `base · gammaⁿ` after n times `step_size` epochs: PyTorch's `StepLR`, stepped after every epoch.
    Step {
        /// Epochs between changes.
        step_size: Count,
        /// Factor of a change.
        gamma: Positive,
    },
    /// A linear rise to `base` over the steps of the first epochs, then half a cosine down to 0 over the others:
    /// PyTorch's `LinearLR` and `CosineAnnealingLR` one after the other, stepped after every batch.
    Cosine {
        /// Epochs of the rise; at most all epochs but one, so that a short training has a cosine too.
        warmup_epochs: usize,
    },
    /// Half a cosine up from `base / div_factor` to `base`, and half a cosine down to
    /// `base / (div_factor · final_div_factor)`: PyTorch's `OneCycleLR` with `base` as `max_lr`, stepped after every
    /// batch. The momentum stays as it is (`cycle_momentum=False`).
    OneCycle {
        /// Share of the training in which the rate rises.
        pct_start: Fraction,
        /// How many times the first rate goes into `base`.
        div_factor: Positive,
        /// How many times the last rate goes into the first.
        final_div_factor: Positive,
    },
    /// A linear rise to `base` over the steps of the first epochs, `base`, and a linear fall towards 0 over the steps of the
    /// last epochs: PyTorch's `LinearLR`, `ConstantLR` and `LinearLR` one after the other, stepped after every batch. What
    /// stands before the fall is the same whatever the number of epochs: a training can be made longer from there.
    Stable {
        /// Epochs of the rise. Where the fall begins within them, the lower of both rates holds.
        warmup_epochs: usize,
        /// Share of the epochs in which the rate falls, rounded to whole epochs, and at least one unless it is 0.
        cooldown: Fraction,
    },
}

/// A step's place in a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The step from the start of the training, from 0.
    pub step: u64,
    /// Steps in an epoch.
    pub steps_per_epoch: usize,
    /// Epochs planned.
    pub epochs: usize,
}

impl Schedule {
    /// PyTorch's and the contract's defaults.
    pub const STEP: Self = Self::Step { step_size: Count::of(10), gamma: Positive::of(0.8) };
    /// Without warm-up.
    pub const COSINE: Self = Self::Cosine { warmup_epochs: 0 };
    /// PyTorch's defaults.
    pub const ONE_CYCLE: Self = Self::OneCycle {
        pct_start: Fraction::of(0.3),
        div_factor: Positive::of(25.0),
        final_div_factor: Positive::of(1e4),
    };
    /// Without warm-up; the fall takes a fifth of the epochs.
    pub const STABLE: Self = Self::Stable { warmup_epochs: 0, cooldown: Fraction::of(0.2) };

    /// The learning rate at a step, given that of the optimiser.
    ///
    /// ```
    /// use fer_train::{Position, Schedule};
    /// let at = |step| Position { step, steps_per_epoch: 100, epochs: 30 };
    /// assert_eq!(Schedule::STEP.learning_rate(0.1, at(999)), 0.1);
    /// assert_eq!(Schedule::STEP.learning_rate(0.1, at(1000)), 0.1 * 0.8);
    /// ```
    pub fn learning_rate(&self, base: f64, at: Position) -> f64 {
        let (step, steps_per_epoch) = (at.step as f64, at.steps_per_epoch as f64);
        let total = steps_per_epoch * at.epochs as f64;
        match *self {
            Self::Constant => base,
            Self::Step { step_size, gamma } => {
                let changes = at.step / (at.steps_per_epoch * step_size.get()) as u64;
                base * libm::pow(gamma.get(), changes as f64)
            }
            Self::Cosine { warmup_epochs } => {
                let warmup = steps_per_epoch * warmup_epochs.min(at.epochs.saturating_sub(1)) as f64;
                if step < warmup {
                    base * (step + 1.0) / warmup
                } else {
                    half_cosine(base, 0.0, (step - warmup) / (total - warmup))
                }
            }
            Self::OneCycle { pct_start, div_factor, final_div_factor } => {
                let first = base / div_factor.get();
                let peak = pct_start.get() * total - 1.0;
                if step <= peak && peak > 0.0 {
                    half_cosine(first, base, step / peak)
                } else {
                    // Without a rise the fall begins at step 0.
                    let peak = peak.max(0.0);
                    half_cosine(base, first / final_div_factor.get(), (step - peak) / (total - 1.0 - peak).max(1.0))
                }
            }
            Self::Stable { warmup_epochs, .. } => {
                let warmup = steps_per_epoch * warmup_epochs as f64;
                let fall = steps_per_epoch * self.ending_epochs(at.epochs) as f64;
                let risen = if step < warmup { (step + 1.0) / warmup } else { 1.0 };
                let left = if total - step < fall { (total - step) / fall } else { 1.0 };
                base * risen.min(left)
            }
        }
    }

    /// Whether every rate depends on the number of epochs planned, so that a training cannot be made longer later.
    pub(crate) const fn depends_on_epochs(&self) -> bool {
        match self {
            Self::Constant | Self::Step { .. } | Self::Stable { .. } => false,
            Self::Cosine { .. } | Self::OneCycle { .. } => true,
        }
    }

    /// The last of so many epochs, whose rates depend on that number.
    pub(crate) fn ending_epochs(&self, epochs: usize) -> usize {
        match *self {
            Self::Constant | Self::Step { .. } => 0,
            Self::Cosine { .. } | Self::OneCycle { .. } => epochs,
            Self::Stable { cooldown, .. } if cooldown.get() == 0.0 => 0,
            Self::Stable { cooldown, .. } => ((cooldown.get() * epochs as f64).round() as usize).max(1).min(epochs),
        }
    }

    /// The warm-up that a training of so many epochs has, where that is less than was asked for.
    ///
    /// ```
    /// use fer_train::Schedule;
    /// assert_eq!(Schedule::Cosine { warmup_epochs: 3 }.shortened_warmup(2), Some(1));
    /// assert_eq!(Schedule::Cosine { warmup_epochs: 3 }.shortened_warmup(4), None);
    /// ```
    pub fn shortened_warmup(&self, epochs: usize) -> Option<usize> {
        match *self {
            Self::Cosine { warmup_epochs } if warmup_epochs >= epochs => Some(epochs.saturating_sub(1)),
            _ => None,
        }
    }

    /// The name in pipeline files.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Step { .. } => "step",
            Self::Cosine { .. } => "cosine",
            Self::OneCycle { .. } => "one-cycle",
            Self::Stable { .. } => "stable",
        }
    }
}

fn with_defaults(schema: &mut Schema) {
    let choices = [Schedule::Constant, Schedule::STEP, Schedule::COSINE, Schedule::ONE_CYCLE, Schedule::STABLE];
    settings_have_defaults(schema, "name", &choices);
    first_needs_no_name(schema);
}

/// From `from` at 0 to `to` at 1.
fn half_cosine(from: f64, to: f64, progress: f64) -> f64 {
    to + (from - to) / 2.0 * (1.0 + libm::cos(PI * progress))
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum RawName {
    #[default]
    Constant,
    Step,
    Cosine,
    OneCycle,
    Stable,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawSchedule {
    name: RawName,
    step_size: Option<Count>,
    gamma: Option<Positive>,
    warmup_epochs: Option<usize>,
    pct_start: Option<Fraction>,
    div_factor: Option<Positive>,
    final_div_factor: Option<Positive>,
    cooldown: Option<Fraction>,
}

impl TryFrom<RawSchedule> for Schedule {
    type Error = Error;

    fn try_from(mut raw: RawSchedule) -> Result<Self, Error> {
        let mut schedule = match raw.name {
            RawName::Constant => Self::Constant,
            RawName::Step => Self::STEP,
            RawName::Cosine => Self::COSINE,
            RawName::OneCycle => Self::ONE_CYCLE,
            RawName::Stable => Self::STABLE,
        };
        // What applies is taken out; whatever is left then does not apply.
        match &mut schedule {
            Self::Constant => {}
            Self::Step { step_size, gamma } => {
                *step_size = raw.step_size.take().unwrap_or(*step_size);
                *gamma = raw.gamma.take().unwrap_or(*gamma);
            }
            Self::Cosine { warmup_epochs } => *warmup_epochs = raw.warmup_epochs.take().unwrap_or(*warmup_epochs),
            Self::OneCycle { pct_start, div_factor, final_div_factor } => {
                *pct_start = raw.pct_start.take().unwrap_or(*pct_start);
                *div_factor = raw.div_factor.take().unwrap_or(*div_factor);
                *final_div_factor = raw.final_div_factor.take().unwrap_or(*final_div_factor);
            }
            Self::Stable { warmup_epochs, cooldown } => {
                *warmup_epochs = raw.warmup_epochs.take().unwrap_or(*warmup_epochs);
                *cooldown = raw.cooldown.take().unwrap_or(*cooldown);
            }
        }
        match raw.given().into_iter().find(|(_, given)| *given) {
            Some((parameter, _)) => Err(Error::NotApplicable { parameter, of: schedule.name() }),
            None => Ok(schedule),
        }
    }
}

impl RawSchedule {
    fn given(&self) -> [(&'static str, bool); 7] {
        [
            ("step_size", self.step_size.is_some()),
            ("gamma", self.gamma.is_some()),
            ("warmup_epochs", self.warmup_epochs.is_some()),
            ("pct_start", self.pct_start.is_some()),
            ("div_factor", self.div_factor.is_some()),
            ("final_div_factor", self.final_div_factor.is_some()),
            ("cooldown", self.cooldown.is_some()),
        ]
    }
}
