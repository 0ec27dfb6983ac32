//! Batch normalisation as an operator, alone or behind a convolution, with what follows it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use crate::conv::{After, Geometry, bias_or_zeros};
use crate::gray::{Gray, Moments};
use crate::norm::pooled::{self, Sizes};
use crate::norm::{Normalizer, Sums};
use crate::results::results;
use crate::scratch::Scratch;
use crate::tape::{self, Backward, Handed, Wanted};
use crate::tensor::{floats, slice};
use crate::{Activation, BatchStats, Conv2d, Method, Parameter, gray, max_pool2, norm};

/// Batch normalisation and what follows it: y = pool(activation(norm(x) + residual)).
///
/// One operator for all of it saves passes over memory; it gives what its parts give one after the other.
#[derive(Debug, Clone, Copy)]
pub struct BatchNorm<'a> {
    /// Scale `[C]`.
    pub weight: &'a Parameter,
    /// Shift `[C]`.
    pub bias: &'a Parameter,
    /// Added to the variance; PyTorch's default is 1e-5.
    pub eps: f64,
    /// What to normalise with.
    pub statistics: Statistics<'a>,
    /// Added before the activation; of the normalised tensor's shape.
    pub residual: Option<&'a Tensor>,
    /// Applied to each element.
    pub activation: Activation,
    /// Applied at the end.
    pub pooling: Pooling,
}

/// What a batch is normalised with.
#[derive(Debug, Clone, Copy)]
pub enum Statistics<'a> {
    /// Its own mean and variance: training.
    Batch,
    /// These `[C]`, which count as constants: evaluation. There is no backward pass then.
    Running {
        /// Mean of each channel.
        mean: &'a Tensor,
        /// Variance of each channel.
        var: &'a Tensor,
    },
}

/// What ends a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// Nothing.
    None,
    /// [`max_pool2`].
    Max2,
}

impl<'a> BatchNorm<'a> {
    /// The normalisation alone.
    pub fn new(weight: &'a Parameter, bias: &'a Parameter, eps: f64, statistics: Statistics<'a>) -> Self {
        let (activation, pooling) = (Activation::Identity, Pooling::None);
        Self { weight, bias, eps, statistics, residual: None, activation, pooling }
    }
}

/// Normalises x `[N, H, W, C]`: PyTorch's `BatchNorm2d` with channels last, f32. Gives the result, and the statistics
/// that were normalised with; a caller's running statistics follow a batch's.
///
/// # Errors
/// Shapes that do not fit, an empty batch, or candle's.
pub fn batch_norm(x: &Tensor, norm: BatchNorm<'_>) -> Result<(Tensor, BatchStats)> {
    apply(x, None, norm)
}

/// [`crate::conv2d`] and then [`batch_norm`], as one operator: no tensor is made between them, and the first block of a
/// network for gray images never stores its convolution.
///
/// # Errors
/// As those two.
pub fn conv2d_batch_norm(
    x: &Tensor,
    weight: &Parameter,
    bias: Option<&Parameter>,
    config: Conv2d,
    norm: BatchNorm<'_>,
) -> Result<(Tensor, BatchStats)> {
    let geometry = Geometry::new(x, weight.value(), config)?;
    let bias_value = floats(&bias_or_zeros(bias, geometry.outputs)?)?.to_vec();
    apply(x, Some(Conv { geometry, weight: weight.clone(), bias: bias.cloned(), bias_value }), norm)
}

fn apply(x: &Tensor, conv: Option<Conv>, norm: BatchNorm<'_>) -> Result<(Tensor, BatchStats)> {
    if norm.residual.is_some() && norm.pooling == Pooling::Max2 {
        let (y, stats) = apply(x, conv, BatchNorm { pooling: Pooling::None, ..norm })?;
        return Ok((max_pool2(&y)?, stats));
    }
    let (images, height, width, channels) = match &conv {
        Some(Conv { geometry: g, .. }) => (g.images, g.out_height, g.out_width, g.outputs),
        None => x.dims4()?,
    };
    if images * height * width * channels == 0 {
        bail!("batch norm: expected a batch with elements, found shape {:?}", x.dims())
    }
    for parameter in [norm.weight, norm.bias] {
        if parameter.value().dims() != [channels] {
            bail!("batch norm: expected {channels} numbers, one a channel, found {:?}", parameter.value().dims())
        }
    }
    if norm.pooling == Pooling::Max2 && (height < 2 || width < 2) {
        bail!("max pooling: expected images of at least 2×2, found {height}×{width}")
    }
    if let Some(residual) = norm.residual
        && residual.dims() != [images, height, width, channels]
    {
        let expected = [images, height, width, channels];
        bail!("batch norm: expected a residual of shape {expected:?}, found {:?}", residual.dims())
    }
    let running = match norm.statistics {
        Statistics::Batch => None,
        Statistics::Running { mean, var } => {
            Some(BatchStats { mean: mean.to_vec1()?, var: var.to_vec1()?, count: images * height * width })
        }
    };
    if let Some(BatchStats { mean, var, .. }) = &running
        && [mean.len(), var.len()] != [channels; 2]
    {
        bail!("batch norm: expected {channels} running statistics, found {} and {}", mean.len(), var.len())
    }
    let x = x.contiguous()?;
    let x_is_tracked = tape::is_tracked(&x);
    let stats = Arc::new(OnceLock::new());
    let op = Block {
        conv,
        sizes: Sizes { height, width, channels },
        images,
        x_is_tracked,
        weight: norm.weight.clone(),
        bias: norm.bias.clone(),
        eps: norm.eps,
        running,
        has_residual: norm.residual.is_some(),
        activation: norm.activation,
        pooling: norm.pooling,
        stats: stats.clone(),
        saved: Mutex::new(None),
    };
    // The weight stands as an input so that candle calls the backward pass even if x is not tracked.
    let residual = norm.residual.map_or_else(|| Ok(norm.bias.value().clone()), Tensor::contiguous)?;
    let y = tape::apply3(&x, norm.weight.value(), &residual, op)?;
    let stats = stats.get().cloned();
    Ok((y, stats.ok_or_else(|| candle_core::Error::msg("batch norm: no forward pass"))?))
}

struct Conv {
    geometry: Geometry,
    weight: Parameter,
    bias: Option<Parameter>,
    bias_value: Vec<f32>,
}

struct Block {
    conv: Option<Conv>,
    /// Of what is normalised.
    sizes: Sizes,
    images: usize,
    x_is_tracked: bool,
    weight: Parameter,
    bias: Parameter,
    eps: f64,
    running: Option<BatchStats>,
    has_residual: bool,
    activation: Activation,
    pooling: Pooling,
    stats: Arc<OnceLock<BatchStats>>,
    /// What the forward pass leaves to the backward pass.
    saved: Mutex<Option<Saved>>,
}

struct Saved {
    norm: Normalizer,
    /// The convolution's results, if there is one that stores them.
    conv: Option<Scratch>,
    /// One word a pooled element.
    words: Option<Scratch>,
    /// Of the patches, if the convolution's results are not stored.
    moments: Option<Moments>,
}

impl Block {
    /// The convolution, if its results need not be stored.
    fn as_gray(&self) -> Option<(Gray, &Conv)> {
        let conv = self.conv.as_ref()?;
        let Geometry { height, width, outputs, method, .. } = conv.geometry;
        let suits = conv.geometry.is_single() && method == Method::Fast;
        let suits = suits && self.pooling == Pooling::Max2 && !self.x_is_tracked;
        suits.then_some((Gray { height, width, outputs }, conv))
    }

    fn len(&self) -> usize {
        self.images * self.sizes.height * self.sizes.width * self.sizes.channels
    }

    fn normalizer(&self, stats: &BatchStats) -> Result<Normalizer> {
        let (weight, bias) = (floats(self.weight.value())?, floats(self.bias.value())?);
        Ok(Normalizer::new(&stats.mean, &stats.var, self.eps, &weight, &bias))
    }

    fn forward(&self, x: &[f32], residual: Option<&[f32]>) -> Result<(Vec<f32>, Saved)> {
        let pooled = self.images * self.sizes.pooled_image();
        if let Some((gray, Conv { weight, bias_value, .. })) = self.as_gray() {
            let weight = floats(weight.value())?;
            let moments = self.running.is_none().then(|| Moments::of(gray, x));
            let norm = self.settle(|| moments.as_ref().map(|moments| moments.stats(&weight, bias_value)))?;
            let (mut y, mut words) = (results(pooled), Scratch::new(pooled));
            gray::forward(gray, x, (&weight, bias_value), &norm, self.activation, (&mut y, &mut words));
            return Ok((y, Saved { norm, conv: None, words: Some(words), moments }));
        }
        if let (Some(Conv { geometry, weight, bias_value, .. }), Some(_)) = (&self.conv, &self.running)
            && self.pooling == Pooling::None
            && self.activation.stream().is_none()
        {
            let (norm, mut y) = (self.settle(|| None)?, results(self.len()));
            let after = After::Norm { norm: &norm, residual, activation: self.activation };
            geometry.forward(x, weight, bias_value, &mut y, after)?;
            return Ok((y, Saved { norm, conv: None, words: None, moments: None }));
        }
        let conv = match &self.conv {
            Some(Conv { geometry, weight, bias_value, .. }) => {
                let mut out = Scratch::new(self.len());
                geometry.forward(x, weight, bias_value, &mut out, After::Nothing)?;
                Some(out)
            }
            None => None,
        };
        let values = conv.as_deref().unwrap_or(x);
        let norm = self.settle(|| Some(BatchStats::of(values, self.sizes.channels)))?;
        let (y, words) = match self.pooling {
            Pooling::None => {
                let mut y = results(self.len());
                norm::forward(&norm, values, residual, self.activation, &mut y);
                (y, None)
            }
            Pooling::Max2 => {
                let (mut y, mut words) = (results(pooled), Scratch::new(pooled));
                pooled::forward(&norm, self.sizes, values, self.activation, &mut y, &mut words);
                (y, Some(words))
            }
        };
        Ok((y, Saved { norm, conv, words, moments: None }))
    }

    /// The statistics to normalise with, which are told to the caller.
    fn settle(&self, batch: impl FnOnce() -> Option<BatchStats>) -> Result<Normalizer> {
        let Some(stats) = self.running.clone().or_else(batch) else { bail!("batch norm: no statistics") };
        let norm = self.normalizer(&stats)?;
        let _ = self.stats.set(stats);
        Ok(norm)
    }
}

impl CustomOp3 for Block {
    fn name(&self) -> &'static str {
        "batch-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        _weight: &CpuStorage,
        _weight_layout: &Layout,
        residual: &CpuStorage,
        residual_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let x = slice(x, x_layout)?;
        let residual = self.has_residual.then(|| slice(residual, residual_layout)).transpose()?;
        let (y, saved) = self.forward(x, residual)?;
        if self.running.is_none() {
            *self.saved.lock().unwrap_or_else(PoisonError::into_inner) = Some(saved);
        }
        let Sizes { height, width, channels } = self.sizes;
        let [height, width] = match self.pooling {
            Pooling::None => [height, width],
            Pooling::Max2 => [height / 2, width / 2],
        };
        Ok((CpuStorage::F32(y), Shape::from((self.images, height, width, channels))))
    }
}

impl Backward for Block {
    fn backward(&self, x: &Tensor, residual: Option<&Tensor>, wanted: Wanted, dy: &[f32]) -> Result<Handed> {
        if self.running.is_some() {
            bail!("batch norm: there is no backward pass in evaluation")
        }
        let Some(saved) = self.saved.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            bail!("batch norm: a second backward pass needs a second forward pass")
        };
        let (x_values, residual) = (floats(x)?, residual.filter(|_| self.has_residual));
        if let (Some((gray, conv)), Some(moments), Some(words)) = (self.as_gray(), &saved.moments, &saved.words) {
            self.backward_gray(gray, conv, &x_values, &saved.norm, moments, (words, dy))?;
            return Ok(Handed::default());
        }
        let Saved { norm, conv, words, .. } = saved;
        // The normalised numbers, which become their own gradients.
        let mut values = conv.unwrap_or_else(|| Scratch::copy_of(&x_values));
        let mut dresidual = None;
        let sums = match words {
            Some(words) => pooled::backward(&norm, self.sizes, &mut values, &words, dy),
            None => {
                let mut dz = Scratch::new(self.len());
                let residual = residual.map(floats).transpose()?;
                let sums = norm::backward(&norm, &mut values, residual.as_deref(), self.activation, dy, &mut dz);
                dresidual = (self.has_residual && wanted.residual).then_some(dz);
                sums
            }
        };
        self.add_norm_gradients(&sums);
        let dx = match &self.conv {
            None => wanted.x.then_some(values),
            Some(conv) => {
                let mut dx = wanted.x.then(|| Scratch::new(x_values.len()));
                let weight = floats(conv.weight.value())?;
                conv.geometry.backward(&x_values, &weight, &values, &conv.weight, dx.as_deref_mut());
                conv.clear_bias_gradient();
                dx
            }
        };
        Ok(Handed { x: dx, residual: dresidual })
    }
}

impl Block {
    fn backward_gray(
        &self,
        gray: Gray,
        conv: &Conv,
        x: &[f32],
        norm: &Normalizer,
        moments: &Moments,
        pooled: (&[f32], &[f32]),
    ) -> Result<()> {
        let weight = floats(conv.weight.value())?;
        let gradients = gray::backward(gray, x, (&weight, &conv.bias_value), norm, moments, pooled);
        conv.weight.add_grad(&gradients.weight);
        self.weight.add_grad(&gradients.norm_weight);
        self.bias.add_grad(&gradients.norm_bias);
        conv.clear_bias_gradient();
        Ok(())
    }

    fn add_norm_gradients(&self, Sums { dz, product }: &Sums) {
        let single = |sums: &[f64]| sums.iter().map(|&sum| sum as f32).collect::<Vec<_>>();
        self.weight.add_grad(&single(product));
        self.bias.add_grad(&single(dz));
    }
}

impl Conv {
    /// The batch's mean takes the bias off again, so its gradient is 0.
    fn clear_bias_gradient(&self) {
        if let Some(bias) = &self.bias {
            bias.add_grad(&vec![0.0; self.bias_value.len()]);
        }
    }
}
