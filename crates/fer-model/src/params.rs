use std::fmt;

use serde::de::{SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Count, Error, Probability};

/// Which network, by name, and its settings.
///
/// In YAML `{name: face-cnn, rrelu: {lower: 0.125, upper: 0.333}, dropout: [0.2, 0.5]}`, `{name: compact-cnn,
/// dropout: 0.25}`, `{name: face-resnet, widths: [40, 80, 160]}` or `{name: linear}`; what is left out has its default. [`crate::networks`] lists them all.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", try_from = "RawNetwork")]
pub enum NetworkParams {
    /// The seed's network: three convolutions and four linear layers.
    FaceCnn {
        /// Slopes of its leaky activations.
        rrelu: Rrelu,
        /// Dropout before the first and before the second linear layer.
        dropout: [Probability; 2],
    },
    /// A small network: three convolutions and one linear layer.
    CompactCnn {
        /// Dropout before the linear layer.
        dropout: Probability,
    },
    /// A small residual network for gray images of any size.
    FaceResnet {
        /// Channels of the two convolutions before the residual blocks; the second one halves the size.
        stem: [Count; 2],
        /// Channels of the three stages; the second and the third halve the size.
        widths: [Count; 3],
        /// Residual blocks in each stage.
        blocks: [Count; 3],
        /// Dropout before the linear layer.
        dropout: Probability,
    },
    /// One linear layer on the pixels: multinomial logistic regression, the baseline that a network has to beat.
    Linear,
}

impl NetworkParams {
    /// The seed's network with the seed's settings.
    pub const FACE_CNN: Self =
        Self::FaceCnn { rrelu: Rrelu::DEFAULT, dropout: [Probability::of(0.2), Probability::of(0.5)] };
    /// The small network with its defaults.
    pub const COMPACT_CNN: Self = Self::CompactCnn { dropout: Probability::of(0.25) };
    /// The small residual network with its defaults.
    pub const FACE_RESNET: Self = Self::FaceResnet {
        stem: [Count::of(32), Count::of(40)],
        widths: [Count::of(40), Count::of(80), Count::of(160)],
        blocks: [Count::of(1), Count::of(2), Count::of(2)],
        dropout: Probability::of(0.0),
    };

    /// Whether it takes images of another size than that of its configuration.
    pub const fn takes_any_size(&self) -> bool {
        matches!(self, Self::FaceResnet { .. })
    }

    /// The name in pipeline files and headers.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::FaceCnn { .. } => "face-cnn",
            Self::CompactCnn { .. } => "compact-cnn",
            Self::FaceResnet { .. } => "face-resnet",
            Self::Linear => "linear",
        }
    }
}

impl Default for NetworkParams {
    fn default() -> Self {
        Self::FACE_CNN
    }
}

/// Range of the random slopes of RReLU (Xu, Wang, Chen and Li, 2015): drawn from `lower` to `upper` in training,
/// their middle in evaluation. Equal ends make it a leaky ReLU.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawRrelu")]
pub struct Rrelu {
    lower: f64,
    upper: f64,
}

impl Rrelu {
    /// PyTorch's range, 1/8 to 1/3.
    pub const DEFAULT: Self = Self { lower: 1.0 / 8.0, upper: 1.0 / 3.0 };

    /// Slopes from `lower` to `upper`.
    ///
    /// # Errors
    /// [`Error::Range`] for a slope that is not from 0 to 1, [`Error::Rrelu`] for `lower` above `upper`.
    pub fn new(lower: f64, upper: f64) -> Result<Self, Error> {
        for found in [lower, upper] {
            if !(0.0..=1.0).contains(&found) {
                return Err(Error::Range { expected: SLOPE, found });
            }
        }
        if lower > upper { Err(Error::Rrelu { lower, upper }) } else { Ok(Self { lower, upper }) }
    }

    /// Smallest slope.
    pub const fn lower(self) -> f64 {
        self.lower
    }

    /// Largest slope.
    pub const fn upper(self) -> f64 {
        self.upper
    }
}

impl Default for Rrelu {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const SLOPE: &str = "a slope from 0 to 1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawRrelu {
    #[serde(deserialize_with = "slope")]
    lower: f64,
    #[serde(deserialize_with = "slope")]
    upper: f64,
}

impl Default for RawRrelu {
    fn default() -> Self {
        Self { lower: Rrelu::DEFAULT.lower, upper: Rrelu::DEFAULT.upper }
    }
}

impl TryFrom<RawRrelu> for Rrelu {
    type Error = Error;

    fn try_from(raw: RawRrelu) -> Result<Self, Error> {
        Self::new(raw.lower, raw.upper)
    }
}

fn slope<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(serde::de::Error::invalid_value(Unexpected::Float(value), &SLOPE))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawName {
    FaceCnn,
    CompactCnn,
    FaceResnet,
    Linear,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNetwork {
    name: RawName,
    #[serde(default)]
    rrelu: Option<Rrelu>,
    #[serde(default)]
    stem: Option<[Count; 2]>,
    #[serde(default)]
    widths: Option<[Count; 3]>,
    #[serde(default)]
    blocks: Option<[Count; 3]>,
    #[serde(default)]
    dropout: Option<RawDropout>,
}

/// What may be said of a network, whichever it is.
pub(crate) struct RawSettings {
    pub(crate) rrelu: Option<Rrelu>,
    pub(crate) stem: Option<[Count; 2]>,
    pub(crate) widths: Option<[Count; 3]>,
    pub(crate) blocks: Option<[Count; 3]>,
    pub(crate) dropout: Option<RawDropout>,
}

impl TryFrom<RawNetwork> for NetworkParams {
    type Error = Error;

    fn try_from(raw: RawNetwork) -> Result<Self, Error> {
        let RawNetwork { name, rrelu, stem, widths, blocks, dropout } = raw;
        Self::from_raw(name, RawSettings { rrelu, stem, widths, blocks, dropout })
    }
}

impl NetworkParams {
    /// The network of this name, with defaults for what is not given.
    pub(crate) fn from_raw(name: RawName, mut raw: RawSettings) -> Result<Self, Error> {
        let mut params = match name {
            RawName::FaceCnn => Self::FACE_CNN,
            RawName::CompactCnn => Self::COMPACT_CNN,
            RawName::FaceResnet => Self::FACE_RESNET,
            RawName::Linear => Self::Linear,
        };
        let network = params.name();
        // What applies is taken out; whatever is left then does not apply.
        match &mut params {
            Self::FaceCnn { rrelu, dropout } => {
                *rrelu = raw.rrelu.take().unwrap_or(*rrelu);
                *dropout = raw.dropout.take().map_or(Ok(*dropout), |given| given.pair(network))?;
            }
            Self::CompactCnn { dropout } => {
                *dropout = raw.dropout.take().map_or(Ok(*dropout), |given| given.single(network))?;
            }
            Self::FaceResnet { stem, widths, blocks, dropout } => {
                *stem = raw.stem.take().unwrap_or(*stem);
                *widths = raw.widths.take().unwrap_or(*widths);
                *blocks = raw.blocks.take().unwrap_or(*blocks);
                *dropout = raw.dropout.take().map_or(Ok(*dropout), |given| given.single(network))?;
            }
            Self::Linear => {}
        }
        match raw.left() {
            Some(parameter) => Err(Error::NotApplicable { parameter, network }),
            None => Ok(params),
        }
    }
}

impl RawSettings {
    fn left(&self) -> Option<&'static str> {
        let left = [
            ("rrelu", self.rrelu.is_some()),
            ("stem", self.stem.is_some()),
            ("widths", self.widths.is_some()),
            ("blocks", self.blocks.is_some()),
            ("dropout", self.dropout.is_some()),
        ];
        left.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }
}

/// One probability, or a list of them; which of the two a network takes is known only with its name.
pub(crate) enum RawDropout {
    Single(Probability),
    List(Vec<Probability>),
}

impl RawDropout {
    fn pair(self, network: &'static str) -> Result<[Probability; 2], Error> {
        let found = match self {
            Self::Single(_) => "a single number".to_owned(),
            Self::List(list) => match <[Probability; 2]>::try_from(list) {
                Ok(pair) => return Ok(pair),
                Err(list) => format!("a list of {}", list.len()),
            },
        };
        Err(Error::Dropout { network, expected: "a list of two probabilities", found })
    }

    fn single(self, network: &'static str) -> Result<Probability, Error> {
        match self {
            Self::Single(probability) => Ok(probability),
            Self::List(list) => {
                let found = format!("a list of {}", list.len());
                Err(Error::Dropout { network, expected: "one probability", found })
            }
        }
    }
}

impl<'de> Deserialize<'de> for RawDropout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DropoutVisitor)
    }
}

struct DropoutVisitor;

impl<'de> Visitor<'de> for DropoutVisitor {
    type Value = RawDropout;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a probability from 0 to below 1, or a list of them")
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<RawDropout, E> {
        let invalid = |_| E::invalid_value(Unexpected::Float(value), &"a probability from 0 to below 1");
        Probability::new(value).map(RawDropout::Single).map_err(invalid)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<RawDropout, E> {
        self.visit_f64(value as f64)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<RawDropout, E> {
        self.visit_f64(value as f64)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RawDropout, A::Error> {
        let mut list = vec![];
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(RawDropout::List(list))
    }
}
