//! Networks as data: named lists of layers, numbered as in PyTorch's `Sequential`.

use candle_core::Tensor;
use fer_artifact::Fraction;
use fer_nn::{Stream, init_normal, init_uniform};

use crate::Rrelu;

/// Every layer of a network with its name, in the order of the forward pass.
pub(crate) struct Plan(pub(crate) Vec<(String, LayerPlan)>);

/// What PyTorch's batch norm adds to a variance, by default.
pub const BATCH_NORM_EPS: f64 = 1e-5;

/// A layer before it has weights. Its tensors are named as those of PyTorch's layer: `weight`, `bias`, `running_mean`,
/// `running_var`.
#[derive(Debug, Clone, Copy)]
pub enum LayerPlan {
    /// 3×3 with as much padding as keeps the size at stride 1.
    Conv {
        /// Channels that come in.
        inputs: usize,
        /// Channels that go out.
        outputs: usize,
        /// Step of the kernel, in both directions.
        stride: usize,
        /// Whether it has a bias.
        bias: Bias,
        /// First values of its weight.
        weight: Init,
    },
    /// Over the channels of `[N, C, H, W]`, with [`BATCH_NORM_EPS`].
    BatchNorm {
        /// Their number.
        channels: usize,
    },
    /// Flattens its input to `[N, inputs]` first, channels outermost.
    Linear {
        /// Values that come in.
        inputs: usize,
        /// Values that go out.
        outputs: usize,
    },
    /// ReLU.
    Relu,
    /// Leaky ReLU with random slopes.
    Rrelu(Rrelu),
    /// 2×2, stride 2.
    MaxPool,
    /// Two convolutions (`conv1`, `conv2`) with batch norm (`bn1`, `bn2`) and ReLU around a shortcut, which is a 1×1
    /// convolution with batch norm (`downsample.0`, `downsample.1`) where the shape changes (He et al., 2016).
    Residual {
        /// Channels that come in.
        inputs: usize,
        /// Channels that go out.
        outputs: usize,
        /// Step of the first convolution and of the shortcut.
        stride: usize,
    },
    /// Mean over height and width.
    GlobalAvgPool,
    /// In training alone.
    Dropout(Fraction),
}

/// Whether a convolution has a bias; a batch norm behind it takes it off again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bias {
    /// It has.
    Yes,
    /// It has none.
    No,
}

/// A tensor before it is made.
pub(crate) struct TensorPlan {
    pub(crate) shape: Vec<usize>,
    pub(crate) init: Init,
    pub(crate) role: Role,
}

/// First value of a tensor.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Init {
    /// The same number everywhere.
    Constant(f32),
    /// N(0, std²).
    Normal {
        /// The standard deviation.
        std: f32,
    },
    /// N(0, 2/fan_out): He et al., 2015.
    FanOut(usize),
    /// U(−1/√fan_in, 1/√fan_in): PyTorch's default for linear layers and convolutions, weights and biases alike.
    FanIn(usize),
}

/// Whether a tensor is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Trained by the optimiser.
    Parameter,
    /// A running statistic.
    Buffer,
}

impl Plan {
    /// Values of the largest layer's output for one image `[height, width]`, or of the image if that has more.
    pub(crate) fn largest_layer(&self, height: usize, width: usize) -> u64 {
        let halved = |side: u64, stride: usize| side.div_ceil(stride as u64);
        let (mut height, mut width) = (height as u64, width as u64);
        let mut largest = height * width;
        for (_, layer) in &self.0 {
            match *layer {
                LayerPlan::Conv { outputs, stride, .. } | LayerPlan::Residual { outputs, stride, .. } => {
                    (height, width) = (halved(height, stride), halved(width, stride));
                    largest = largest.max(height * width * outputs as u64);
                }
                LayerPlan::MaxPool => (height, width) = (height / 2, width / 2),
                LayerPlan::Linear { outputs, .. } => largest = largest.max(outputs as u64),
                LayerPlan::GlobalAvgPool
                | LayerPlan::BatchNorm { .. }
                | LayerPlan::Relu
                | LayerPlan::Rrelu(_)
                | LayerPlan::Dropout(_) => {}
            }
        }
        largest
    }

    /// Every tensor with its full name.
    pub(crate) fn tensors(&self) -> impl Iterator<Item = (String, TensorPlan)> {
        let named = |(name, layer): &(String, LayerPlan)| {
            let name = name.clone();
            layer.tensors().into_iter().map(move |(suffix, tensor)| (format!("{name}.{suffix}"), tensor))
        };
        self.0.iter().flat_map(named)
    }
}

/// A convolution with bias, batch norm, an activation and a pooling.
pub(crate) fn conv_block(inputs: usize, outputs: usize, weight: Init, activation: LayerPlan) -> [LayerPlan; 4] {
    let conv = LayerPlan::Conv { inputs, outputs, stride: 1, bias: Bias::Yes, weight };
    [conv, LayerPlan::BatchNorm { channels: outputs }, activation, LayerPlan::MaxPool]
}

/// Names as PyTorch's `Sequential` does: `<name>.<place in the list>`.
pub(crate) fn sequential(name: &str, layers: &[LayerPlan]) -> Vec<(String, LayerPlan)> {
    layers.iter().enumerate().map(|(place, layer)| (format!("{name}.{place}"), *layer)).collect()
}

impl LayerPlan {
    /// The layer's tensors with their names within it, weights first.
    fn tensors(&self) -> Vec<(String, TensorPlan)> {
        let parameter = |name: &str, shape: &[usize], init| {
            (name.to_owned(), TensorPlan { shape: shape.to_vec(), init, role: Role::Parameter })
        };
        match *self {
            LayerPlan::Conv { inputs, outputs, bias, weight, .. } => {
                let weight = parameter("weight", &[outputs, inputs, 3, 3], weight);
                let bias = (bias == Bias::Yes).then(|| parameter("bias", &[outputs], Init::FanIn(9 * inputs)));
                std::iter::once(weight).chain(bias).collect()
            }
            LayerPlan::BatchNorm { channels } => norm_tensors("", channels, 1.0),
            LayerPlan::Linear { inputs, outputs } => vec![
                parameter("weight", &[outputs, inputs], Init::FanIn(inputs)),
                parameter("bias", &[outputs], Init::FanIn(inputs)),
            ],
            LayerPlan::Residual { inputs, outputs, .. } => {
                let conv = |name: &str, inputs, kernel| {
                    parameter(name, &[outputs, inputs, kernel, kernel], Init::FanOut(kernel * kernel * outputs))
                };
                let mut tensors = vec![conv("conv1.weight", inputs, 3), conv("conv2.weight", outputs, 3)];
                tensors.extend(norm_tensors("bn1.", outputs, 1.0));
                // A block begins as its shortcut (Goyal et al., 2017).
                tensors.extend(norm_tensors("bn2.", outputs, 0.0));
                if self.has_projection() {
                    tensors.push(conv("downsample.0.weight", inputs, 1));
                    tensors.extend(norm_tensors("downsample.1.", outputs, 1.0));
                }
                tensors
            }
            LayerPlan::Relu
            | LayerPlan::Rrelu(_)
            | LayerPlan::MaxPool
            | LayerPlan::GlobalAvgPool
            | LayerPlan::Dropout(_) => vec![],
        }
    }

    /// Whether the shortcut of a residual block has weights.
    pub fn has_projection(&self) -> bool {
        matches!(*self, LayerPlan::Residual { inputs, outputs, stride } if inputs != outputs || stride != 1)
    }
}

/// The tensors of a batch norm whose scale begins so.
fn norm_tensors(prefix: &str, channels: usize, scale: f32) -> Vec<(String, TensorPlan)> {
    let tensor = |(name, value, role)| {
        (format!("{prefix}{name}"), TensorPlan { shape: vec![channels], init: Init::Constant(value), role })
    };
    let parameters = [("weight", scale, Role::Parameter), ("bias", 0.0, Role::Parameter)];
    let buffers = [("running_mean", 0.0, Role::Buffer), ("running_var", 1.0, Role::Buffer)];
    parameters.into_iter().chain(buffers).map(tensor).collect()
}

impl TensorPlan {
    /// The tensor's first value.
    pub(crate) fn draw(&self, stream: Stream) -> candle_core::Result<Tensor> {
        match self.init {
            Init::Constant(value) => Tensor::full(value, self.shape.as_slice(), &candle_core::Device::Cpu),
            Init::Normal { std } => init_normal(&self.shape, std, stream),
            Init::FanOut(fan_out) => init_normal(&self.shape, (2.0 / fan_out as f64).sqrt() as f32, stream),
            Init::FanIn(fan_in) => init_uniform(&self.shape, (1.0 / (fan_in as f64).sqrt()) as f32, stream),
        }
    }
}
