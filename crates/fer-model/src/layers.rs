//! Layers with their weights. What they compute is `fer-nn`'s; here stands what they keep.

use std::collections::BTreeMap;

use candle_core::{Device, Result, Tensor, Var, bail};
use fer_nn::{Conv2d, Parameter, Slope, Stream};

use crate::plan::LayerPlan;
use crate::{Mode, Probability, Rrelu};

/// PyTorch's defaults of `BatchNorm2d`.
const EPS: f64 = 1e-5;
const MOMENTUM: f32 = 0.1;

/// A layer that is ready to run.
#[derive(Debug)]
pub(crate) enum Layer {
    Conv(Affine),
    BatchNorm(BatchNorm),
    Linear(Affine),
    Relu,
    Rrelu(Rrelu),
    MaxPool,
    Dropout(Probability),
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

/// Tensors by full name, to be taken by the layers, and those that were taken.
pub(crate) struct Weights {
    given: BTreeMap<String, Tensor>,
    pub(crate) parameters: BTreeMap<String, Parameter>,
    pub(crate) buffers: BTreeMap<String, Var>,
}

impl Weights {
    pub(crate) fn new(given: BTreeMap<String, Tensor>) -> Self {
        Self { given, parameters: BTreeMap::new(), buffers: BTreeMap::new() }
    }

    fn take(&mut self, name: &str) -> Result<Tensor> {
        match self.given.remove(name) {
            Some(tensor) => Ok(tensor),
            None => bail!("tensor `{name}` is missing"),
        }
    }

    fn parameter(&mut self, name: String) -> Result<Parameter> {
        let parameter = Parameter::new(self.take(&name)?)?;
        self.parameters.insert(name, parameter.clone());
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
}

impl Layer {
    /// The planned layer, called `name`, with its tensors out of `weights`.
    pub(crate) fn assemble(plan: &LayerPlan, name: &str, weights: &mut Weights) -> Result<Self> {
        Ok(match *plan {
            LayerPlan::Conv { .. } => Self::Conv(weights.affine(name)?),
            LayerPlan::Linear { .. } => Self::Linear(weights.affine(name)?),
            LayerPlan::BatchNorm { .. } => Self::BatchNorm(BatchNorm {
                affine: weights.affine(name)?,
                running_mean: weights.buffer(format!("{name}.running_mean"))?,
                running_var: weights.buffer(format!("{name}.running_var"))?,
            }),
            LayerPlan::Relu => Self::Relu,
            LayerPlan::Rrelu(rrelu) => Self::Rrelu(rrelu),
            LayerPlan::MaxPool => Self::MaxPool,
            LayerPlan::Dropout(probability) => Self::Dropout(probability),
        })
    }

    /// The layer's output; `lane` is its place in the network, which tells its random numbers from other layers'.
    pub(crate) fn forward(&self, x: &Tensor, mode: Mode, lane: u32) -> Result<Tensor> {
        match self {
            Self::Conv(Affine { weight, bias }) => {
                fer_nn::conv2d(x, weight, Some(bias), Conv2d { stride: 1, padding: 1 })
            }
            Self::BatchNorm(norm) => norm.forward(x, mode),
            Self::Linear(Affine { weight, bias }) => fer_nn::linear(&x.flatten_from(1)?, weight, bias),
            Self::Relu => fer_nn::leaky_relu(x, Slope::Fixed(0.0)),
            Self::Rrelu(rrelu) => fer_nn::leaky_relu(x, slope(*rrelu, mode, lane)),
            Self::MaxPool => fer_nn::max_pool2(x),
            Self::Dropout(probability) => match mode.stream(lane) {
                Some(stream) => fer_nn::dropout(x, probability.get() as f32, stream),
                None => Ok(x.clone()),
            },
        }
    }
}

fn slope(rrelu: Rrelu, mode: Mode, lane: u32) -> Slope {
    match mode.stream(lane) {
        Some(stream) => Slope::Random { lower: rrelu.lower() as f32, upper: rrelu.upper() as f32, stream },
        None => Slope::Fixed(((rrelu.lower() + rrelu.upper()) / 2.0) as f32),
    }
}

impl Mode {
    /// Where a layer's random numbers come from in training.
    fn stream(self, lane: u32) -> Option<Stream> {
        match self {
            Mode::Train { seed, step } => Some(Stream::new(seed).at(step, lane)),
            Mode::Evaluate => None,
        }
    }
}

impl BatchNorm {
    fn forward(&self, x: &Tensor, mode: Mode) -> Result<Tensor> {
        let Affine { weight, bias } = &self.affine;
        match mode {
            Mode::Train { .. } => {
                let (y, batch) = fer_nn::batch_norm_train(x, weight, bias, EPS)?;
                update(&self.running_mean, &batch.mean)?;
                update(&self.running_var, &batch.unbiased_var())?;
                Ok(y)
            }
            Mode::Evaluate => fer_nn::batch_norm_eval(x, weight, bias, &self.running_mean, &self.running_var, EPS),
        }
    }
}

/// Moves a running statistic towards the batch's.
fn update(running: &Var, batch: &[f32]) -> Result<()> {
    let before = running.to_vec1::<f32>()?;
    let after = before.iter().zip(batch).map(|(before, batch)| (1.0 - MOMENTUM) * before + MOMENTUM * batch);
    running.set(&Tensor::from_vec(after.collect(), before.len(), &Device::Cpu)?)
}
