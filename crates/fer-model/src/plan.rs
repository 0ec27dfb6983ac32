//! Networks as data: named lists of layers, numbered as in PyTorch's `Sequential`.

use candle_core::Tensor;
use fer_nn::{Stream, init_normal, init_uniform};

use crate::{Count, Error, NetworkConfig, NetworkParams, Probability, Rrelu};

/// Most parameters of a network: 2³⁰ take 4 GiB.
const MAX_PARAMETERS: u64 = 1 << 30;

/// Every layer of a network with its name, in the order of the forward pass.
pub(crate) struct Plan(pub(crate) Vec<(String, LayerPlan)>);

/// A layer before it has weights.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LayerPlan {
    /// 3×3 with as much padding as keeps the size at stride 1.
    Conv { inputs: usize, outputs: usize, stride: usize, bias: Bias, weight: Init },
    /// Over the channels of `[N, C, H, W]`.
    BatchNorm { channels: usize },
    /// Flattens its input to `[N, inputs]` first.
    Linear { inputs: usize, outputs: usize },
    /// ReLU.
    Relu,
    /// Leaky ReLU with random slopes.
    Rrelu(Rrelu),
    /// 2×2, stride 2.
    MaxPool,
    /// Two convolutions with batch norm and ReLU around a shortcut, which is a 1×1 convolution with batch norm where the
    /// shape changes (He et al., 2016).
    Residual { inputs: usize, outputs: usize, stride: usize },
    /// Mean over height and width.
    GlobalAvgPool,
    /// In training alone.
    Dropout(Probability),
}

/// Whether a convolution has a bias; a batch norm behind it takes it off again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bias {
    Yes,
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
pub(crate) enum Init {
    /// The same number everywhere.
    Constant(f32),
    /// N(0, std²).
    Normal { std: f32 },
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
    pub(crate) fn new(config: &NetworkConfig) -> Result<Self, Error> {
        let &NetworkConfig { params, height, width, classes } = config;
        let network = params.name();
        if !(1..=256).contains(&classes) {
            return Err(Error::Classes { found: classes });
        }
        let minimum = params.minimum_size();
        if height < minimum || width < minimum {
            return Err(Error::TooSmall { network, minimum, height, width });
        }
        let too_large = Error::TooLarge { network, limit: MAX_PARAMETERS, height, width };
        if height.checked_mul(width).is_none_or(|pixels| pixels as u64 > MAX_PARAMETERS) {
            return Err(too_large);
        }
        let plan = Self(params.layers(height, width, classes));
        let size = |tensor: TensorPlan| tensor.shape.iter().map(|&size| size as u64).product::<u64>();
        if plan.tensors().map(|(_, tensor)| size(tensor)).sum::<u64>() > MAX_PARAMETERS {
            return Err(too_large);
        }
        Ok(plan)
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

impl NetworkParams {
    /// Fewest rows, and fewest pixels in a row: three poolings must leave something.
    pub fn minimum_size(&self) -> usize {
        match self {
            Self::FaceCnn { .. } | Self::CompactCnn { .. } | Self::FaceResnet { .. } => 8,
            Self::Linear => 1,
        }
    }

    fn layers(&self, height: usize, width: usize, classes: usize) -> Vec<(String, LayerPlan)> {
        let pooled = (height / 8) * (width / 8);
        match *self {
            Self::FaceCnn { rrelu, dropout } => face_cnn(rrelu, dropout, pooled, classes),
            Self::CompactCnn { dropout } => compact_cnn(dropout, pooled, classes),
            Self::FaceResnet { stem, widths, blocks, dropout } => face_resnet(stem, widths, blocks, dropout, classes),
            Self::Linear => vec![("fc".to_owned(), LayerPlan::Linear { inputs: height * width, outputs: classes })],
        }
    }
}

/// The seed's `FaceCNN`. The seed draws the convolutions' weights itself and leaves the rest to PyTorch.
fn face_cnn(rrelu: Rrelu, dropout: [Probability; 2], pooled: usize, classes: usize) -> Vec<(String, LayerPlan)> {
    use LayerPlan::{Dropout, Linear};
    let activation = LayerPlan::Rrelu(rrelu);
    let block = |inputs, outputs| conv_block(inputs, outputs, Init::Normal { std: 0.04 }, activation);
    let fc = [
        Dropout(dropout[0]),
        Linear { inputs: 256 * pooled, outputs: 4096 },
        activation,
        Dropout(dropout[1]),
        Linear { inputs: 4096, outputs: 1024 },
        activation,
        Linear { inputs: 1024, outputs: 256 },
        activation,
        Linear { inputs: 256, outputs: classes },
    ];
    let blocks = [("conv1", block(1, 64)), ("conv2", block(64, 128)), ("conv3", block(128, 256))];
    let conv = blocks.iter().flat_map(|(name, layers)| sequential(name, layers));
    conv.chain(sequential("fc", &fc)).collect()
}

/// As `FaceCNN`, but with a quarter of the channels, ReLU, and a single linear layer.
fn compact_cnn(dropout: Probability, pooled: usize, classes: usize) -> Vec<(String, LayerPlan)> {
    let block = |inputs, outputs| conv_block(inputs, outputs, Init::FanIn(9 * inputs), LayerPlan::Relu);
    let fc = [LayerPlan::Dropout(dropout), LayerPlan::Linear { inputs: 64 * pooled, outputs: classes }];
    let blocks = [("conv1", block(1, 16)), ("conv2", block(16, 32)), ("conv3", block(32, 64))];
    let conv = blocks.iter().flat_map(|(name, layers)| sequential(name, layers));
    conv.chain(sequential("fc", &fc)).collect()
}

/// A small residual network for gray images. It ends with a mean over all positions, so any size of image will do.
fn face_resnet(
    stem: [Count; 2],
    widths: [Count; 3],
    blocks: [Count; 3],
    dropout: Probability,
    classes: usize,
) -> Vec<(String, LayerPlan)> {
    let [first, second] = stem.map(Count::get);
    let conv = |inputs, outputs, stride| {
        let weight = Init::FanOut(9 * outputs);
        LayerPlan::Conv { inputs, outputs, stride, bias: Bias::No, weight }
    };
    let norm = |channels| LayerPlan::BatchNorm { channels };
    let stem = [conv(1, first, 1), norm(first), LayerPlan::Relu, conv(first, second, 2), norm(second), LayerPlan::Relu];
    let mut layers = sequential("stem", &stem);
    let mut inputs = second;
    for (stage, (width, blocks)) in widths.iter().zip(blocks).enumerate() {
        for block in 0..blocks.get() {
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            let outputs = width.get();
            layers.push((format!("layer{}.{block}", stage + 1), LayerPlan::Residual { inputs, outputs, stride }));
            inputs = outputs;
        }
    }
    layers.push(("pool".to_owned(), LayerPlan::GlobalAvgPool));
    layers.push(("dropout".to_owned(), LayerPlan::Dropout(dropout)));
    layers.push(("fc".to_owned(), LayerPlan::Linear { inputs, outputs: classes }));
    layers
}

fn conv_block(inputs: usize, outputs: usize, weight: Init, activation: LayerPlan) -> [LayerPlan; 4] {
    let conv = LayerPlan::Conv { inputs, outputs, stride: 1, bias: Bias::Yes, weight };
    [conv, LayerPlan::BatchNorm { channels: outputs }, activation, LayerPlan::MaxPool]
}

/// Names as PyTorch's `Sequential` does: `<name>.<place in the list>`.
fn sequential(name: &str, layers: &[LayerPlan]) -> Vec<(String, LayerPlan)> {
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
    pub(crate) fn has_projection(&self) -> bool {
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
