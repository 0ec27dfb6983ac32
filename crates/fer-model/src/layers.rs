//! Layers with their weights. What they compute is `fer-nn`'s; here stands what they keep.

use std::collections::BTreeMap;

use candle_core::{Device, Result, Tensor, Var, bail};
use fer_artifact::Fraction;
use fer_nn::{Activation, Conv2d, Parameter, Pooling, Slope, Statistics};

use crate::plan::{BATCH_NORM_EPS, Bias, LayerPlan};
use crate::{Mode, Rrelu};

/// PyTorch's default of `BatchNorm2d`.
const MOMENTUM: f32 = 0.1;

/// A layer that is ready to run, or several that run as one operator.
#[derive(Debug)]
pub(crate) enum Layer {
    /// A convolution with batch norm, activation and perhaps pooling.
    Conv(ConvBlock),
    Residual(Box<Residual>),
    GlobalAvgPool,
    /// On flattened images.
    Linear(Affine),
    /// On its own, away from a convolution.
    Activation(Nonlinearity),
    Dropout {
        probability: Fraction,
        lane: u32,
    },
}

/// Convolution, batch norm, activation, and pooling or not.
#[derive(Debug)]
pub(crate) struct ConvBlock {
    weight: Parameter,
    bias: Option<Parameter>,
    config: Conv2d,
    norm: BatchNorm,
    activation: Nonlinearity,
    pooling: Pooling,
}

/// Two blocks around a shortcut.
#[derive(Debug)]
pub(crate) struct Residual {
    first: ConvBlock,
    second: ConvBlock,
    projection: Option<ConvBlock>,
}

/// An activation; `lane` is its place in the network, which tells its random numbers from other layers'.
#[derive(Debug)]
pub(crate) enum Nonlinearity {
    Identity,
    Relu,
    Rrelu { rrelu: Rrelu, lane: u32 },
}

/// Weight and bias.
#[derive(Debug)]
pub(crate) struct Affine {
    weight: Parameter,
    bias: Parameter,
}

/// Scale and shift, and the running statistics that evaluation normalises with.
#[derive(Debug)]
pub(crate) struct BatchNorm {
    affine: Affine,
    running_mean: Var,
    running_var: Var,
}

/// What a network is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Its weights may change.
    Training,
    /// They stay as they are.
    Evaluation,
}

/// Tensors by full name, to be taken by the layers, and those that were taken.
pub(crate) struct Weights {
    given: BTreeMap<String, Tensor>,
    purpose: Purpose,
    pub(crate) parameters: BTreeMap<String, Parameter>,
    pub(crate) buffers: BTreeMap<String, Var>,
    /// The parameters in the order of the layers.
    pub(crate) in_order: Vec<Parameter>,
}

impl Weights {
    pub(crate) fn new(given: BTreeMap<String, Tensor>, purpose: Purpose) -> Self {
        Self { given, purpose, parameters: BTreeMap::new(), buffers: BTreeMap::new(), in_order: vec![] }
    }

    fn take(&mut self, name: &str) -> Result<Tensor> {
        match self.given.remove(name) {
            Some(tensor) => Ok(tensor),
            None => bail!("tensor `{name}` is missing"),
        }
    }

    fn parameter(&mut self, name: String) -> Result<Parameter> {
        let parameter = Parameter::new(self.take(&name)?)?;
        let parameter = if self.purpose == Purpose::Evaluation { parameter.frozen() } else { parameter };
        self.parameters.insert(name, parameter.clone());
        self.in_order.push(parameter.clone());
        Ok(parameter)
    }

    fn buffer(&mut self, name: String) -> Result<Var> {
        let buffer = Var::from_tensor(&self.take(&name)?)?;
        self.buffers.insert(name, buffer.clone());
        Ok(buffer)
    }

    fn affine(&mut self, layer: &str) -> Result<Affine> {
        let weight = self.parameter(format!("{layer}.weight"))?;
        Ok(Affine { weight, bias: self.parameter(format!("{layer}.bias"))? })
    }

    fn batch_norm(&mut self, layer: &str) -> Result<BatchNorm> {
        Ok(BatchNorm {
            affine: self.affine(layer)?,
            running_mean: self.buffer(format!("{layer}.running_mean"))?,
            running_var: self.buffer(format!("{layer}.running_var"))?,
        })
    }
}

impl Layer {
    /// The planned layers with their tensors out of `weights`.
    pub(crate) fn assemble(plan: &[(String, LayerPlan)], weights: &mut Weights) -> Result<Vec<Self>> {
        let mut planned = plan.iter().zip(0..).peekable();
        let mut layers = vec![];
        while let Some(((name, layer), lane)) = planned.next() {
            layers.push(match *layer {
                LayerPlan::Conv { stride, bias, .. } => {
                    let weight = weights.parameter(format!("{name}.weight"))?;
                    let bias = (bias == Bias::Yes).then(|| weights.parameter(format!("{name}.bias"))).transpose()?;
                    let config = Conv2d::new(stride, 1);
                    let Some(((name, LayerPlan::BatchNorm { .. }), _)) = planned.next() else {
                        bail!("layer `{name}`: expected a batch norm behind the convolution")
                    };
                    let norm = weights.batch_norm(name)?;
                    let activation = planned.next().and_then(|((_, layer), lane)| Nonlinearity::of(layer, lane));
                    let Some(activation) = activation else {
                        bail!("layer `{name}`: expected an activation behind the batch norm")
                    };
                    let pool = planned.next_if(|((_, layer), _)| matches!(layer, LayerPlan::MaxPool));
                    let pooling = if pool.is_some() { Pooling::Max2 } else { Pooling::None };
                    Self::Conv(ConvBlock { weight, bias, config, norm, activation, pooling })
                }
                LayerPlan::Residual { stride, .. } => {
                    Self::Residual(Box::new(Residual::assemble(name, stride, layer.has_projection(), weights)?))
                }
                LayerPlan::GlobalAvgPool => Self::GlobalAvgPool,
                LayerPlan::Linear { .. } => Self::Linear(weights.affine(name)?),
                LayerPlan::Dropout(probability) => Self::Dropout { probability, lane },
                LayerPlan::Relu | LayerPlan::Rrelu(_) | LayerPlan::BatchNorm { .. } | LayerPlan::MaxPool => {
                    match Nonlinearity::of(layer, lane) {
                        Some(activation) => Self::Activation(activation),
                        None => bail!("layer `{name}`: expected it behind a convolution"),
                    }
                }
            });
        }
        Ok(layers)
    }

    /// Whether the output has a height and a width, and was learnt from what lies around each position.
    pub(crate) const fn has_positions(&self) -> bool {
        matches!(self, Self::Conv(_) | Self::Residual(_))
    }

    /// Its batch norms, in the order in which [`Self::forward`] tells of their batches.
    pub(crate) fn norms(&self) -> Vec<&BatchNorm> {
        match self {
            Self::Conv(block) => vec![&block.norm],
            Self::Residual(residual) => residual.norms(),
            _ => vec![],
        }
    }

    /// The layer's output. Images are `[N, H, W, C]`. In training, what the batch norms saw comes behind `seen`: means, and unbiased
    /// variances, of each in turn.
    pub(crate) fn forward(&self, x: &Tensor, mode: Mode, seen: &mut Vec<f32>) -> Result<Tensor> {
        match self {
            Self::Conv(block) => block.forward(x, None, mode, seen),
            Self::Residual(block) => block.forward(x, mode, seen),
            Self::GlobalAvgPool => fer_nn::global_avg_pool(x),
            Self::Linear(Affine { weight, bias }) => {
                let x = if x.rank() == 4 { fer_nn::flatten(x)? } else { x.clone() };
                fer_nn::linear(&x, weight, bias)
            }
            Self::Activation(activation) => fer_nn::activate(x, activation.at(mode)),
            Self::Dropout { probability, lane } => match mode.stream(*lane) {
                Some(stream) => fer_nn::dropout(x, probability.get() as f32, stream),
                None => Ok(x.clone()),
            },
        }
    }
}

impl Nonlinearity {
    fn of(layer: &LayerPlan, lane: u32) -> Option<Self> {
        match *layer {
            LayerPlan::Relu => Some(Self::Relu),
            LayerPlan::Rrelu(rrelu) => Some(Self::Rrelu { rrelu, lane }),
            _ => None,
        }
    }

    fn at(&self, mode: Mode) -> Activation {
        let (rrelu, lane) = match self {
            Self::Identity => return Activation::Identity,
            Self::Relu => return Activation::RELU,
            Self::Rrelu { rrelu, lane } => (rrelu, lane),
        };
        Activation::LeakyRelu(match mode.stream(*lane) {
            Some(stream) => Slope::Random { lower: rrelu.lower() as f32, upper: rrelu.upper() as f32, stream },
            None => Slope::Fixed(rrelu.middle()),
        })
    }
}

impl ConvBlock {
    /// `residual` is added before the activation.
    fn forward(&self, x: &Tensor, residual: Option<&Tensor>, mode: Mode, seen: &mut Vec<f32>) -> Result<Tensor> {
        let norm = fer_nn::BatchNorm {
            residual,
            activation: self.activation.at(mode),
            pooling: self.pooling,
            ..self.norm.operator(mode)
        };
        let (y, stats) = fer_nn::conv2d_batch_norm(x, &self.weight, self.bias.as_ref(), self.config, norm)?;
        if mode != Mode::Evaluate {
            seen.extend(&stats.mean);
            seen.extend(stats.unbiased_var());
        }
        Ok(y)
    }
}

impl Residual {
    fn assemble(name: &str, stride: usize, has_projection: bool, weights: &mut Weights) -> Result<Self> {
        let mut block = |conv: &str, norm: &str, config, activation| -> Result<ConvBlock> {
            let weight = weights.parameter(format!("{name}.{conv}.weight"))?;
            let norm = weights.batch_norm(&format!("{name}.{norm}"))?;
            Ok(ConvBlock { weight, bias: None, config, norm, activation, pooling: Pooling::None })
        };
        let projection = Conv2d::new(stride, 0);
        Ok(Self {
            first: block("conv1", "bn1", Conv2d::new(stride, 1), Nonlinearity::Relu)?,
            second: block("conv2", "bn2", Conv2d::new(1, 1), Nonlinearity::Relu)?,
            projection: has_projection
                .then(|| block("downsample.0", "downsample.1", projection, Nonlinearity::Identity))
                .transpose()?,
        })
    }

    fn norms(&self) -> Vec<&BatchNorm> {
        self.projection.iter().chain([&self.first, &self.second]).map(|block| &block.norm).collect()
    }

    fn forward(&self, x: &Tensor, mode: Mode, seen: &mut Vec<f32>) -> Result<Tensor> {
        let shortcut = match &self.projection {
            Some(projection) => projection.forward(x, None, mode, seen)?,
            None => x.clone(),
        };
        let between = self.first.forward(x, None, mode, seen)?;
        self.second.forward(&between, Some(&shortcut), mode, seen)
    }
}

impl BatchNorm {
    fn operator(&self, mode: Mode) -> fer_nn::BatchNorm<'_> {
        let statistics = match mode {
            Mode::Train { .. } => Statistics::Batch,
            Mode::Evaluate => Statistics::Running { mean: &self.running_mean, var: &self.running_var },
        };
        fer_nn::BatchNorm::new(&self.affine.weight, &self.affine.bias, BATCH_NORM_EPS, statistics)
    }

    pub(crate) fn channels(&self) -> usize {
        self.running_mean.elem_count()
    }

    /// Moves the running statistics towards those of a batch that was trained on: its means, then its unbiased variances.
    pub(crate) fn follow(&self, batch: &[f32]) -> Result<()> {
        let (mean, var) = batch.split_at(self.channels());
        move_towards(&self.running_mean, mean)?;
        move_towards(&self.running_var, var)
    }
}

/// Moves a running statistic towards the batch's.
fn move_towards(running: &Var, batch: &[f32]) -> Result<()> {
    let before = running.to_vec1::<f32>()?;
    let after = before.iter().zip(batch).map(|(before, batch)| (1.0 - MOMENTUM) * before + MOMENTUM * batch);
    running.set(&Tensor::from_vec(after.collect(), before.len(), &Device::Cpu)?)
}
