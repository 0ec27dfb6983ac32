use fer_artifact::{Fraction, NonNegative, Positive};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Which optimiser, and its settings, with PyTorch's meaning and defaults but for the learning rate of SGD, which is
/// the seed's.
///
/// The learning rate is that of the schedule's full height.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", try_from = "RawOptimizer")]
pub enum OptimizerParams {
    /// Stochastic gradient descent: PyTorch's `SGD` with dampening 0.
    #[serde(rename = "sgd")]
    Sgd {
        /// Length of a step per unit of gradient.
        learning_rate: Positive,
        /// Share of the previous direction that is kept.
        momentum: Fraction,
        /// Whether to take Nesterov's form of the momentum.
        nesterov: bool,
        /// Added to the gradient as `weight_decay · weight`, for every weight.
        weight_decay: NonNegative,
    },
    /// PyTorch's `AdamW`: the decay is apart from the gradient.
    #[serde(rename = "adamw")]
    AdamW {
        /// Length of a step.
        learning_rate: Positive,
        /// Decay of the running means of the gradient and of its square.
        betas: [Fraction; 2],
        /// Added to the denominator.
        eps: Positive,
        /// Each step shrinks every weight by the factor 1 − learning rate · `weight_decay`.
        weight_decay: NonNegative,
    },
}

impl OptimizerParams {
    /// The seed's: plain SGD at 0.1.
    pub const SGD: Self = Self::Sgd {
        learning_rate: Positive::of(0.1),
        momentum: Fraction::of(0.0),
        nesterov: false,
        weight_decay: NonNegative::of(0.0),
    };
    /// PyTorch's defaults.
    pub const ADAMW: Self = Self::AdamW {
        learning_rate: Positive::of(1e-3),
        betas: [Fraction::of(0.9), Fraction::of(0.999)],
        eps: Positive::of(1e-8),
        weight_decay: NonNegative::of(0.01),
    };

    /// The learning rate that the schedule scales.
    pub const fn learning_rate(&self) -> f64 {
        match self {
            Self::Sgd { learning_rate, .. } | Self::AdamW { learning_rate, .. } => learning_rate.get(),
        }
    }

    /// The rule in the words of `fer-nn`.
    pub(crate) fn rule(&self) -> fer_nn::Rule {
        match *self {
            Self::Sgd { momentum, nesterov, weight_decay, .. } => {
                let (momentum, weight_decay) = (momentum.get(), weight_decay.get());
                fer_nn::Rule::Sgd(fer_nn::Sgd { momentum, nesterov, weight_decay })
            }
            Self::AdamW { betas: [beta1, beta2], eps, weight_decay, .. } => fer_nn::Rule::AdamW(fer_nn::AdamW {
                beta1: beta1.get(),
                beta2: beta2.get(),
                eps: eps.get(),
                weight_decay: weight_decay.get(),
            }),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Sgd { .. } => "sgd",
            Self::AdamW { .. } => "adamw",
        }
    }

    /// What one setting alone does not tell.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Sgd { nesterov: true, momentum, .. } if momentum.get() == 0.0 => Err(Error::Nesterov),
            _ => Ok(()),
        }
    }
}

impl Default for OptimizerParams {
    fn default() -> Self {
        Self::SGD
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum RawName {
    #[default]
    Sgd,
    AdamW,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawOptimizer {
    name: RawName,
    learning_rate: Option<Positive>,
    momentum: Option<Fraction>,
    nesterov: Option<bool>,
    weight_decay: Option<NonNegative>,
    betas: Option<[Fraction; 2]>,
    eps: Option<Positive>,
}

impl TryFrom<RawOptimizer> for OptimizerParams {
    type Error = Error;

    fn try_from(mut raw: RawOptimizer) -> Result<Self, Error> {
        let mut params = match raw.name {
            RawName::Sgd => Self::SGD,
            RawName::AdamW => Self::ADAMW,
        };
        // What applies is taken out; whatever is left then does not apply.
        match &mut params {
            Self::Sgd { learning_rate, momentum, nesterov, weight_decay } => {
                *learning_rate = raw.learning_rate.take().unwrap_or(*learning_rate);
                *momentum = raw.momentum.take().unwrap_or(*momentum);
                *nesterov = raw.nesterov.take().unwrap_or(*nesterov);
                *weight_decay = raw.weight_decay.take().unwrap_or(*weight_decay);
            }
            Self::AdamW { learning_rate, betas, eps, weight_decay } => {
                *learning_rate = raw.learning_rate.take().unwrap_or(*learning_rate);
                *betas = raw.betas.take().unwrap_or(*betas);
                *eps = raw.eps.take().unwrap_or(*eps);
                *weight_decay = raw.weight_decay.take().unwrap_or(*weight_decay);
            }
        }
        if let Some((parameter, _)) = raw.given().into_iter().find(|(_, given)| *given) {
            return Err(Error::NotApplicable { parameter, of: params.name() });
        }
        params.check()?;
        Ok(params)
    }
}

impl RawOptimizer {
    fn given(&self) -> [(&'static str, bool); 6] {
        [
            ("learning_rate", self.learning_rate.is_some()),
            ("momentum", self.momentum.is_some()),
            ("nesterov", self.nesterov.is_some()),
            ("weight_decay", self.weight_decay.is_some()),
            ("betas", self.betas.is_some()),
            ("eps", self.eps.is_some()),
        ]
    }
}
