use std::collections::BTreeMap;
use std::sync::Mutex;

use candle_core::{CpuStorage, InplaceOp1, Layout, Result, Tensor, bail};
use rayon::prelude::*;

use crate::Parameter;
use crate::simd::autovectorize;
use crate::tensor::{PIECE, floats, slice_mut, tensor};

/// Stochastic gradient descent with PyTorch's meaning of the words (dampening 0).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    /// Share of the previous direction that is kept; 0 keeps none and needs no memory.
    pub momentum: f64,
    /// Whether the gradient is taken after the momentum's step (Nesterov's form).
    pub nesterov: bool,
    /// Added to the gradient as `weight_decay · weight`.
    pub weight_decay: f64,
}

/// AdamW (Loshchilov and Hutter 2019) with PyTorch's arithmetic: the decay is apart from the gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamW {
    /// Decay of the gradient's running mean.
    pub beta1: f64,
    /// Decay of the squared gradient's running mean.
    pub beta2: f64,
    /// Added to the denominator.
    pub eps: f64,
    /// Each step shrinks the weights by the factor 1 − learning rate · `weight_decay`.
    pub weight_decay: f64,
}

/// How gradients become steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Stochastic gradient descent.
    Sgd(Sgd),
    /// AdamW.
    AdamW(AdamW),
}

impl Rule {
    fn without_decay(self) -> Self {
        match self {
            Self::Sgd(rule) => Self::Sgd(Sgd { weight_decay: 0.0, ..rule }),
            Self::AdamW(rule) => Self::AdamW(AdamW { weight_decay: 0.0, ..rule }),
        }
    }

    /// Names of the buffers that a parameter needs, as PyTorch calls them.
    pub fn buffers(&self) -> &'static [&'static str] {
        match self {
            Rule::Sgd(Sgd { momentum: 0.0, .. }) => &[],
            Rule::Sgd(_) => &["momentum_buffer"],
            Rule::AdamW(_) => &["exp_avg", "exp_avg_sq"],
        }
    }
}

/// Which weights a rule's weight decay is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decay {
    /// All, as in PyTorch.
    All,
    /// Those of convolutions and linear layers; not biases, nor the scales and shifts of batch norm.
    Matrices,
}

/// Steps named parameters by a [`Rule`].
#[derive(Debug)]
pub struct Optimizer {
    rule: Rule,
    clip_norm: Option<f64>,
    decay: Decay,
    steps: u64,
    slots: BTreeMap<String, Slot>,
}

#[derive(Debug)]
struct Slot {
    parameter: Parameter,
    buffers: Vec<Vec<f32>>,
}

impl Optimizer {
    /// An optimiser of these parameters that has made no step.
    ///
    /// # Errors
    /// Nesterov's form without momentum.
    pub fn new(rule: Rule, parameters: BTreeMap<String, Parameter>) -> Result<Self> {
        if matches!(rule, Rule::Sgd(Sgd { nesterov: true, momentum: 0.0, .. })) {
            bail!("nesterov needs a momentum above 0")
        }
        if let Some((name, _)) = parameters.iter().find(|(_, parameter)| parameter.is_frozen()) {
            bail!("optimizer: expected parameters that may change, found `{name}` frozen")
        }
        let slot = |parameter: Parameter| {
            let zeros = vec![0.0; parameter.value().elem_count()];
            Slot { parameter, buffers: vec![zeros; rule.buffers().len()] }
        };
        let slots = parameters.into_iter().map(|(name, parameter)| (name, slot(parameter))).collect();
        Ok(Self { rule, clip_norm: None, decay: Decay::All, steps: 0, slots })
    }

    /// From now on, all gradients together are scaled down to this norm where theirs is larger: PyTorch's
    /// `clip_grad_norm_` before each step.
    #[must_use]
    pub fn with_clip_norm(self, clip_norm: Option<f64>) -> Self {
        Self { clip_norm, ..self }
    }

    /// From now on, weight decay is for these weights alone.
    #[must_use]
    pub fn with_decay(self, decay: Decay) -> Self {
        Self { decay, ..self }
    }

    /// Moves every parameter that has a gradient by one step, and clears the gradients.
    ///
    /// # Errors
    /// candle's.
    pub fn step(&mut self, learning_rate: f64) -> Result<()> {
        self.steps += 1;
        let scale = self.scale();
        for Slot { parameter, buffers } in self.slots.values_mut() {
            let decays = self.decay == Decay::All || parameter.value().rank() > 1;
            let (rule, steps) = (if decays { self.rule } else { self.rule.without_decay() }, self.steps);
            let step = |gradient: &[f32]| {
                let op = Step { rule, steps, learning_rate, scale, gradient, buffers: Mutex::new(buffers) };
                parameter.value().inplace_op1(&op)
            };
            parameter.take_grad(step).transpose()?;
        }
        Ok(())
    }

    /// What the gradients are multiplied with before a step.
    fn scale(&self) -> f32 {
        let Some(clip_norm) = self.clip_norm else { return 1.0 };
        let squares = self.slots.values().filter_map(|slot| slot.parameter.show_grad(sum_of_squares));
        // PyTorch's small number keeps the quotient finite.
        (clip_norm / (squares.sum::<f64>().sqrt() + 1e-6)).min(1.0) as f32
    }

    /// Steps made so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The buffers by parameter and buffer, `conv1.0.weight.momentum_buffer`, each of its parameter's shape.
    ///
    /// # Errors
    /// candle's.
    pub fn state(&self) -> Result<BTreeMap<String, Tensor>> {
        let mut state = BTreeMap::new();
        for (name, slot) in &self.slots {
            for (buffer, values) in self.rule.buffers().iter().zip(&slot.buffers) {
                let values = tensor(values.clone(), slot.parameter.value().shape())?;
                state.insert(format!("{name}.{buffer}"), values);
            }
        }
        Ok(state)
    }

    /// Goes on from what [`Self::state`] and [`Self::steps`] gave.
    ///
    /// # Errors
    /// A buffer that is missing, of another shape, or of no parameter here; nothing is changed then.
    pub fn restore(&mut self, state: BTreeMap<String, Tensor>, steps: u64) -> Result<()> {
        let mut left = state;
        let mut restored = Vec::new();
        for (name, slot) in &self.slots {
            for buffer in self.rule.buffers() {
                let key = format!("{name}.{buffer}");
                let Some(values) = left.remove(&key) else { bail!("optimiser state: `{key}` is missing") };
                if values.shape() != slot.parameter.value().shape() {
                    let expected = slot.parameter.value().dims();
                    bail!("optimiser state: `{key}`: expected shape {expected:?}, found {:?}", values.dims())
                }
                restored.push(floats(&values.contiguous()?)?.to_vec());
            }
        }
        if let Some(key) = left.keys().next() {
            bail!("optimiser state: `{key}` is not expected")
        }
        let mut restored = restored.into_iter();
        for slot in self.slots.values_mut() {
            slot.buffers.iter_mut().zip(&mut restored).for_each(|(buffer, values)| *buffer = values);
        }
        self.steps = steps;
        Ok(())
    }
}

/// Σ x²: in f32 lanes within pieces, in f64 over them, in order.
fn sum_of_squares(values: &[f32]) -> f64 {
    const LANES: usize = 16;
    let piece = |values: &[f32]| {
        let mut lanes = [0f32; LANES];
        autovectorize(
            #[inline(always)]
            || {
                for values in values.chunks(LANES) {
                    lanes.iter_mut().zip(values).for_each(|(lane, value)| *lane += value * value);
                }
            },
        );
        lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>()
    };
    let pieces: Vec<f64> = values.par_chunks(PIECE).map(piece).collect();
    pieces.into_iter().sum()
}

/// One parameter's step, in place.
struct Step<'a> {
    rule: Rule,
    steps: u64,
    learning_rate: f64,
    /// The gradient counts times this.
    scale: f32,
    gradient: &'a [f32],
    buffers: Mutex<&'a mut Vec<Vec<f32>>>,
}

impl InplaceOp1 for Step<'_> {
    fn name(&self) -> &'static str {
        "optimizer-step"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let weights = slice_mut(storage, layout)?;
        let mut buffers = self.buffers.lock().expect("a step is taken by one thread");
        match (self.rule, buffers.as_mut_slice()) {
            (Rule::Sgd(rule), []) => self.plain(rule, weights),
            (Rule::Sgd(rule), [momentum]) => self.momentum(rule, weights, momentum),
            (Rule::AdamW(rule), [mean, square]) => self.adamw(rule, weights, mean, square),
            _ => unreachable!("a slot has its rule's buffers"),
        }
        Ok(())
    }
}

impl Step<'_> {
    fn plain(&self, rule: Sgd, weights: &mut [f32]) {
        let (rate, decay, scale) = (self.learning_rate as f32, rule.weight_decay as f32, self.scale);
        weights.par_chunks_mut(PIECE).zip(self.gradient.par_chunks(PIECE)).for_each(|(weights, gradient)| {
            autovectorize(
                #[inline(always)]
                || {
                    for (weight, &gradient) in weights.iter_mut().zip(gradient) {
                        *weight -= rate * (scale * gradient + decay * *weight);
                    }
                },
            );
        });
    }

    fn momentum(&self, rule: Sgd, weights: &mut [f32], buffer: &mut [f32]) {
        let (rate, decay, momentum) = (self.learning_rate as f32, rule.weight_decay as f32, rule.momentum as f32);
        let scale = self.scale;
        let pieces = weights.par_chunks_mut(PIECE).zip(self.gradient.par_chunks(PIECE));
        pieces.zip(buffer.par_chunks_mut(PIECE)).for_each(|((weights, gradient), buffer)| {
            autovectorize(
                #[inline(always)]
                || {
                    for ((weight, &gradient), buffer) in weights.iter_mut().zip(gradient).zip(buffer.iter_mut()) {
                        let gradient = scale * gradient + decay * *weight;
                        *buffer = momentum * *buffer + gradient;
                        *weight -= rate * if rule.nesterov { gradient + momentum * *buffer } else { *buffer };
                    }
                },
            );
        });
    }

    fn adamw(&self, rule: AdamW, weights: &mut [f32], mean: &mut [f32], square: &mut [f32]) {
        let steps = self.steps as f64;
        let keep = (1.0 - self.learning_rate * rule.weight_decay) as f32;
        let rate = (self.learning_rate / (1.0 - libm::pow(rule.beta1, steps))) as f32;
        let root = (1.0 - libm::pow(rule.beta2, steps)).sqrt() as f32;
        let (beta1, beta2, eps) = (rule.beta1 as f32, rule.beta2 as f32, rule.eps as f32);
        let (fresh1, fresh2) = ((1.0 - rule.beta1) as f32, (1.0 - rule.beta2) as f32);
        let scale = self.scale;
        let pieces = weights.par_chunks_mut(PIECE).zip(self.gradient.par_chunks(PIECE));
        let buffers = mean.par_chunks_mut(PIECE).zip(square.par_chunks_mut(PIECE));
        pieces.zip(buffers).for_each(|((weights, gradient), (mean, square))| {
            autovectorize(
                #[inline(always)]
                || {
                    let buffers = mean.iter_mut().zip(square.iter_mut());
                    for ((weight, &gradient), (mean, square)) in weights.iter_mut().zip(gradient).zip(buffers) {
                        let gradient = scale * gradient;
                        *mean = beta1 * *mean + fresh1 * gradient;
                        *square = beta2 * *square + fresh2 * gradient * gradient;
                        *weight = keep * *weight - rate * *mean / (square.sqrt() / root + eps);
                    }
                },
            );
        });
    }
}
