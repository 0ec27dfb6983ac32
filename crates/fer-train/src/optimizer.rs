use fer_artifact::schema::{settings_have_defaults, variants};
use fer_artifact::{Fraction, NonNegative, Positive};
use fer_model::NetworkParams;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Error;

/// Which optimiser, and its settings, with PyTorch's meaning and defaults but for the learning rate of SGD, which is
/// the seed's.
///
/// The learning rate is that of the schedule's full height.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "name")]
#[schemars(deny_unknown_fields, transform = with_defaults)]
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
    pub const ADAMW: Self = Self::adamw(1e-3);

    /// The one that fits a network, where a pipeline file gives none: the seed's for the seed's network.
    pub const fn of_network(network: &NetworkParams) -> Self {
        match network {
            NetworkParams::FaceCnn(_) => Self::SGD,
            NetworkParams::CompactCnn(_) | NetworkParams::FaceResnet(_) => Self::adamw(0.003),
            NetworkParams::Linear(_) => Self::adamw(0.001),
        }
    }

    /// What a pipeline file has to say of it: its name, its rate, and the settings that are not PyTorch's defaults.
    pub fn essentials(&self) -> Value {
        let usual = match self {
            Self::Sgd { .. } => json!(Self::SGD),
            Self::AdamW { .. } => json!(Self::ADAMW),
        };
        let mut settings = json!(self);
        let is_said = |key: &str, value: &Value| matches!(key, "name" | "learning_rate") || usual[key] != *value;
        if let Some(settings) = settings.as_object_mut() {
            settings.retain(|key, value| is_said(key, value));
        }
        settings
    }

    /// AdamW at this rate, all else at PyTorch's defaults.
    const fn adamw(learning_rate: f64) -> Self {
        Self::AdamW {
            learning_rate: Positive::of(learning_rate),
            betas: [Fraction::of(0.9), Fraction::of(0.999)],
            eps: Positive::of(1e-8),
            weight_decay: NonNegative::of(0.01),
        }
    }

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

    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Sgd { .. } => "sgd",
            Self::AdamW { .. } => "adamw",
        }
    }

    const fn choice(&self) -> Name {
        match self {
            Self::Sgd { .. } => Name::Sgd,
            Self::AdamW { .. } => Name::AdamW,
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

fn with_defaults(schema: &mut Schema) {
    settings_have_defaults(schema, "name", &[OptimizerParams::SGD, OptimizerParams::ADAMW]);
}

/// An optimiser as it is asked for: by name, with PyTorch's defaults for the settings that are left out; or without a name
/// as changes of [`OptimizerParams::of_network`]. The default changes nothing.
///
/// ```
/// use fer_train::{OptimizerChoice, OptimizerParams};
/// let changes: OptimizerChoice = serde_json::from_str(r#"{"learning_rate": 0.01}"#)?;
/// assert_eq!(changes.over(OptimizerParams::ADAMW).unwrap().learning_rate(), 0.01);
/// let named: OptimizerChoice = serde_json::from_str(r#"{"name": "sgd"}"#)?;
/// assert_eq!(named.over(OptimizerParams::ADAMW).unwrap(), OptimizerParams::SGD);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "Settings", into = "Settings")]
pub struct OptimizerChoice(Settings);

impl OptimizerChoice {
    /// The optimiser that comes of it, where the network's own is `own`.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] or [`Error::Nesterov`].
    pub fn over(&self, own: OptimizerParams) -> Result<OptimizerParams, Error> {
        self.0.over(own)
    }
}

impl From<OptimizerParams> for OptimizerChoice {
    fn from(params: OptimizerParams) -> Self {
        let given = Settings { name: Some(params.choice()), ..Settings::default() };
        Self(match params {
            OptimizerParams::Sgd { learning_rate, momentum, nesterov, weight_decay } => Settings {
                learning_rate: Some(learning_rate),
                momentum: Some(momentum),
                nesterov: Some(nesterov),
                weight_decay: Some(weight_decay),
                ..given
            },
            OptimizerParams::AdamW { learning_rate, betas, eps, weight_decay } => Settings {
                learning_rate: Some(learning_rate),
                betas: Some(betas),
                eps: Some(eps),
                weight_decay: Some(weight_decay),
                ..given
            },
        })
    }
}

impl TryFrom<Settings> for OptimizerChoice {
    type Error = Error;

    /// What has a name is checked at once; the rest waits for the network.
    fn try_from(settings: Settings) -> Result<Self, Error> {
        if settings.name.is_some() {
            settings.over(OptimizerParams::SGD)?;
        }
        Ok(Self(settings))
    }
}

impl From<OptimizerChoice> for Settings {
    fn from(choice: OptimizerChoice) -> Self {
        choice.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Sgd,
    AdamW,
}

/// The settings of all optimisers.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    learning_rate: Option<Positive>,
    #[serde(skip_serializing_if = "Option::is_none")]
    momentum: Option<Fraction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nesterov: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight_decay: Option<NonNegative>,
    #[serde(skip_serializing_if = "Option::is_none")]
    betas: Option<[Fraction; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eps: Option<Positive>,
}

impl Settings {
    fn over(mut self, own: OptimizerParams) -> Result<OptimizerParams, Error> {
        let mut params = match self.name {
            None => own,
            Some(Name::Sgd) => OptimizerParams::SGD,
            Some(Name::AdamW) => OptimizerParams::ADAMW,
        };
        // What applies is taken out; whatever is left then does not apply.
        match &mut params {
            OptimizerParams::Sgd { learning_rate, momentum, nesterov, weight_decay } => {
                *learning_rate = self.learning_rate.take().unwrap_or(*learning_rate);
                *momentum = self.momentum.take().unwrap_or(*momentum);
                *nesterov = self.nesterov.take().unwrap_or(*nesterov);
                *weight_decay = self.weight_decay.take().unwrap_or(*weight_decay);
            }
            OptimizerParams::AdamW { learning_rate, betas, eps, weight_decay } => {
                *learning_rate = self.learning_rate.take().unwrap_or(*learning_rate);
                *betas = self.betas.take().unwrap_or(*betas);
                *eps = self.eps.take().unwrap_or(*eps);
                *weight_decay = self.weight_decay.take().unwrap_or(*weight_decay);
            }
        }
        if let Some((parameter, _)) = self.given().into_iter().find(|(_, given)| *given) {
            return Err(Error::NotApplicable { parameter, of: params.name() });
        }
        params.check()?;
        Ok(params)
    }

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

// One of `OptimizerParams` by its name, or settings alone.
fer_artifact::inline_schema!(OptimizerChoice, |generator| {
    let mut schema = OptimizerParams::json_schema(generator);
    let named = variants(&mut schema);
    let mut settings: Map<String, Value> = Map::new();
    for (key, setting) in named.iter().filter_map(|variant| variant["properties"].as_object()).flatten() {
        let mut setting = setting.clone();
        setting.as_object_mut().map(|setting| setting.remove("default"));
        settings.insert(key.clone(), setting);
    }
    settings.remove("name");
    named.push(json!({
        "title": "settings alone", "type": "object", "properties": settings, "additionalProperties": false,
    }));
    schema
});
