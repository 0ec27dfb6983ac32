use std::collections::{BTreeMap, BTreeSet};

use candle_core::{DType, Tensor, Var};
use fer_nn::{Parameter, Stream};
use rayon::prelude::*;

use crate::layers::{Layer, Purpose, Weights};
use crate::plan::{Plan, TensorPlan};
use crate::{Error, Mismatch, Mode, NetworkConfig};

/// Numbers of the largest layer of the images that go through a network together in evaluation: 4 MB.
const PIECE: usize = 1 << 20;
/// Most numbers in the windows of convolutions that are prepared once and kept: they take four times as many, 128 MB.
const MOST_PREPARED: usize = 1 << 23;

/// A network with its weights.
///
/// ```
/// use fer_model::{Linear, Mode, Network, NetworkConfig};
/// use candle_core::{Device, Tensor};
///
/// let config = NetworkConfig { params: Linear {}.into(), height: 2, width: 3, classes: 4 };
/// let network = Network::new(&config, 42)?;
/// let images = Tensor::zeros((5, 1, 2, 3), candle_core::DType::F32, &Device::Cpu)?;
/// assert_eq!(network.forward(&images, Mode::Evaluate)?.dims(), [5, 4]);
///
/// let names: Vec<String> = network.state().into_keys().collect();
/// assert_eq!(names, ["fc.bias", "fc.weight"]);
/// let again = Network::load(&config, network.state())?;
/// # assert_eq!(again.state()["fc.bias"].to_vec1::<f32>()?, network.state()["fc.bias"].to_vec1::<f32>()?);
/// # Ok::<(), fer_model::Error>(())
/// ```
#[derive(Debug)]
pub struct Network {
    config: NetworkConfig,
    purpose: Purpose,
    pub(crate) layers: Vec<Layer>,
    parameters: BTreeMap<String, Parameter>,
    in_order: Vec<Parameter>,
    buffers: BTreeMap<String, Var>,
}

impl Network {
    /// A network with fresh weights, which depend on `seed` and the configuration alone.
    ///
    /// Weights and biases are drawn as PyTorch's layers draw them, from U(−1/√fan_in, 1/√fan_in); the convolutions'
    /// weights of `face-cnn` are drawn from N(0, 0.04²), as the seed does. Batch norm starts at scale 1 and shift 0.
    ///
    /// # Errors
    /// [`Error::TooSmall`], [`Error::TooLarge`] or [`Error::Classes`] if there is no such network.
    pub fn new(config: &NetworkConfig, seed: u64) -> Result<Self, Error> {
        let plan = config.plan()?;
        let tensors = drawn(&plan, seed).collect::<Result<_, Error>>()?;
        Self::assemble(config, &plan, tensors, Purpose::Training)
    }

    /// As [`Self::load`], but a last layer for another number of classes is left out and drawn as [`Self::new`] draws it: a
    /// network to be trained further on other classes. Gives that number, too, if a layer was left out.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn transfer(
        config: &NetworkConfig,
        mut tensors: BTreeMap<String, Tensor>,
        seed: u64,
    ) -> Result<(Self, Option<usize>), Error> {
        let plan = config.plan()?;
        let prefix = plan.0.last().map(|(name, _)| format!("{name}.")).unwrap_or_default();
        let is_last = |(name, _): &(String, Tensor)| name.starts_with(&prefix);
        let last = drawn(&plan, seed).filter(|drawn| drawn.as_ref().map_or(true, is_last));
        let last: BTreeMap<String, Tensor> = last.collect::<Result<_, Error>>()?;
        let classes = last.iter().map(|(name, drawn)| {
            let found = tensors.get(name)?;
            let differs_in_classes = found.rank() == drawn.rank() && found.dims()[1..] == drawn.dims()[1..];
            differs_in_classes.then(|| found.dims()[0])
        });
        let classes: Vec<Option<usize>> = classes.collect::<BTreeSet<_>>().into_iter().collect();
        let others = match classes[..] {
            [Some(classes)] if classes != config.classes => Some(classes),
            _ => None,
        };
        if others.is_some() {
            tensors.extend(last);
        }
        Ok((Self::load(config, tensors)?, others))
    }

    /// A network with these weights and running statistics, by PyTorch's `state_dict` names. They are copied.
    ///
    /// # Errors
    /// [`Error::Mismatch`] with every tensor that is missing, not expected, or of another shape or dtype; as
    /// [`Self::new`] if there is no such network.
    pub fn load(config: &NetworkConfig, tensors: BTreeMap<String, Tensor>) -> Result<Self, Error> {
        Self::load_for(config, tensors, Purpose::Training)
    }

    /// As [`Self::load`], for evaluation alone: the weights stay as they are, so that convolutions prepare theirs once. An
    /// [`fer_nn::Optimizer`] refuses them. Where convolutions have more than 2²³ weights together, what they prepare would take much
    /// memory: nothing is kept, and the network is that of [`Self::load`].
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_frozen(config: &NetworkConfig, tensors: BTreeMap<String, Tensor>) -> Result<Self, Error> {
        let windows = |tensor: &&Tensor| tensor.rank() == 4;
        let numbers: usize = tensors.values().filter(windows).map(Tensor::elem_count).sum();
        let purpose = if numbers <= MOST_PREPARED { Purpose::Evaluation } else { Purpose::Training };
        Self::load_for(config, tensors, purpose)
    }

    fn load_for(config: &NetworkConfig, tensors: BTreeMap<String, Tensor>, purpose: Purpose) -> Result<Self, Error> {
        let plan = config.plan()?;
        let mismatches = compare(config, &tensors)?;
        if !mismatches.is_empty() {
            return Err(Error::Mismatch { network: config.params.name(), mismatches });
        }
        Self::assemble(config, &plan, tensors, purpose)
    }

    fn assemble(
        config: &NetworkConfig,
        plan: &Plan,
        tensors: BTreeMap<String, Tensor>,
        purpose: Purpose,
    ) -> Result<Self, Error> {
        let mut weights = Weights::new(tensors, purpose);
        let layers = Layer::assemble(&plan.0, &mut weights)?;
        let Weights { parameters, buffers, in_order, .. } = weights;
        Ok(Self { config: config.clone(), purpose, layers, parameters, in_order, buffers })
    }

    /// What the network was built from.
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// Logits `[N, classes]` of images `[N, 1, height, width]`, f32. A network that ends with a mean over all positions
    /// takes other sizes too, such as crops.
    ///
    /// # Errors
    /// [`Error::Input`] on another shape.
    pub fn forward(&self, images: &Tensor, mode: Mode) -> Result<Tensor, Error> {
        let (logits, statistics) = self.forward_apart(images, mode)?;
        if mode != Mode::Evaluate {
            self.follow(&statistics)?;
        }
        Ok(logits)
    }

    /// As [`Self::forward`], but leaves the running statistics as they are, and gives those of the batch for [`Self::follow`]: none
    /// in evaluation.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn forward_apart(&self, images: &Tensor, mode: Mode) -> Result<(Tensor, Vec<f32>), Error> {
        let (mut x, mut statistics) = (self.input(images)?, vec![]);
        if mode == Mode::Evaluate {
            return Ok((self.evaluate(x)?, statistics));
        }
        for layer in &self.layers {
            x = layer.forward(&x, mode, &mut statistics)?;
        }
        Ok((x, statistics))
    }

    /// Logits in evaluation. Up to the first linear layer of a frozen network, a few images at a time go through all layers, on a
    /// thread each: what one layer leaves is then still in the cache. Other networks prepare their weights in each pass, which is
    /// worth it for all images together. An image's logits have the same bits whatever its neighbours are.
    fn evaluate(&self, x: Tensor) -> Result<Tensor, Error> {
        let (images, height, width, _) = x.dims4()?;
        let linear = self.layers.iter().position(|layer| matches!(layer, Layer::Linear(_)));
        let (before, behind) = self.layers.split_at(linear.unwrap_or(self.layers.len()));
        let piece = (PIECE / self.config.plan()?.largest_layer(height, width) as usize).max(1);
        let x = if self.purpose == Purpose::Training || before.is_empty() || images <= piece {
            through(before, x)?
        } else {
            let starts: Vec<usize> = (0..images).step_by(piece).collect();
            let pieces =
                starts.into_par_iter().map(|start| through(before, x.narrow(0, start, piece.min(images - start))?));
            Tensor::cat(&pieces.collect::<candle_core::Result<Vec<_>>>()?, 0)?
        };
        Ok(through(behind, x)?)
    }

    /// Moves the running statistics towards those of a batch, perhaps one that another copy of the network saw.
    ///
    /// # Errors
    /// [`Error::Statistics`] if they are not those of this network.
    pub fn follow(&self, statistics: &[f32]) -> Result<(), Error> {
        let (expected, found) = (self.statistics(), statistics.len());
        if expected != found {
            return Err(Error::Statistics { expected, found });
        }
        let mut rest = statistics;
        for norm in self.layers.iter().flat_map(Layer::norms) {
            let (own, behind) = rest.split_at(2 * norm.channels());
            norm.follow(own)?;
            rest = behind;
        }
        Ok(())
    }

    /// How many statistics a batch has: two for each channel of a batch norm.
    pub fn statistics(&self) -> usize {
        self.layers.iter().flat_map(Layer::norms).map(|norm| 2 * norm.channels()).sum()
    }

    /// Images as the first layer takes them.
    pub(crate) fn input(&self, images: &Tensor) -> Result<Tensor, Error> {
        let NetworkConfig { params, height, width, .. } = self.config;
        let &[n, 1, found_height, found_width] = images.dims() else {
            return Err(Error::Input { height, width, found: images.dims().to_vec() });
        };
        let fits = if params.takes_any_size() {
            found_height.min(found_width) >= params.minimum_size()
        } else {
            (found_height, found_width) == (height, width)
        };
        if !fits {
            return Err(Error::Input { height, width, found: images.dims().to_vec() });
        }
        // With one channel, NCHW and the operators' NHWC are the same.
        Ok(images.reshape((n, found_height, found_width, 1))?)
    }

    /// The trained weights by name. They share their values with the network.
    pub fn parameters(&self) -> &BTreeMap<String, Parameter> {
        &self.parameters
    }

    /// The same in the order of the layers: a backward pass leaves their gradients from the last to the first, nearly.
    pub fn parameters_in_order(&self) -> &[Parameter] {
        &self.in_order
    }

    /// Weights and running statistics by name. They share their memory with the network: training goes on in them.
    pub fn state(&self) -> BTreeMap<String, Tensor> {
        let parameters = self.parameters.iter().map(|(name, weight)| (name.clone(), weight.value().detach()));
        let buffers = self.buffers.iter().map(|(name, buffer)| (name.clone(), buffer.as_detached_tensor()));
        parameters.chain(buffers).collect()
    }
}

/// Evaluation, so that a network stands wherever candle takes a module.
impl candle_nn::Module for Network {
    fn forward(&self, images: &Tensor) -> candle_core::Result<Tensor> {
        Network::forward(self, images, Mode::Evaluate).map_err(candle_core::Error::wrap)
    }
}

/// Through layers in evaluation. Lets go of the layers before, which a backward pass would need.
fn through(layers: &[Layer], x: Tensor) -> candle_core::Result<Tensor> {
    layers.iter().try_fold(x, |x, layer| Ok(layer.forward(&x, Mode::Evaluate, &mut vec![])?.detach()))
}

/// A plan's tensors as a new network has them.
fn drawn(plan: &Plan, seed: u64) -> impl Iterator<Item = Result<(String, Tensor), Error>> {
    let stream = Stream::new(seed);
    let draw = move |(lane, (name, tensor)): (usize, (String, TensorPlan))| {
        Ok((name, tensor.draw(stream.at(0, lane as u32))?))
    };
    plan.tensors().enumerate().map(draw)
}

/// All differences, sorted by name.
fn compare(config: &NetworkConfig, found: &BTreeMap<String, Tensor>) -> Result<Vec<Mismatch>, Error> {
    let shapes = found.iter().map(|(name, tensor)| (name.clone(), tensor.dims().to_vec())).collect();
    let mut mismatches = config.mismatches(&shapes)?;
    for (name, tensor) in found.iter().filter(|(_, tensor)| tensor.dtype() != DType::F32) {
        if mismatches.iter().all(|mismatch| mismatch.name() != name) {
            mismatches.push(Mismatch::Dtype { name: name.clone(), found: tensor.dtype().as_str().to_owned() });
        }
    }
    mismatches.sort_by(|a, b| a.name().cmp(b.name()));
    Ok(mismatches)
}
