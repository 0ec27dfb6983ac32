//! YuNet: a picture in, a score, a box and five landmarks for each place of three grids out.

use candle_core::{Device, Result, Tensor};
use fer_artifact::Size;
use fer_nn::{Activation, Conv2d, Parameter, Separable, Weights, activate, add_upsampled2, conv2d, max_pool2};

use crate::weights::Layers;

/// Pixels between places of each grid.
pub(crate) const STRIDES: [usize; 3] = [8, 16, 32];
/// Sides of a picture must be multiples of it.
pub(crate) const MULTIPLE: usize = 32;
/// Numbers of a place: class and object as logits, four of the box, ten of the landmarks.
pub(crate) const OUTPUTS: usize = 16;

/// The network of Wu, Peng and Yu, *YuNet: A Tiny Millisecond-level Face Detector* (2023): a backbone of separable
/// convolutions, a pyramid that adds coarse features to finer ones, and heads at three strides.
#[derive(Debug)]
pub(crate) struct Network {
    stem: (Parameter, Parameter),
    /// The stem's second half, then two for each of five stages.
    stages: Vec<Vec<Separable>>,
    /// Of strides 8, 16 and 32.
    laterals: Vec<Separable>,
    heads: Vec<Separable>,
}

/// What the network says of one grid.
pub(crate) struct Grid {
    /// Pixels between places.
    pub(crate) stride: usize,
    /// Places in a row.
    pub(crate) width: usize,
    /// `[places, OUTPUTS]`, row by row.
    pub(crate) values: Vec<f32>,
}

impl Network {
    /// The network with the weights that are part of the program.
    pub(crate) fn new(layers: &Layers) -> Result<Self> {
        let backbone = |name: String| layers.separable(&[format!("backbone.{name}")], Activation::RELU);
        let stage = |stage: usize| (1..=2).map(|half| backbone(format!("model{stage}.dp{half}"))).collect();
        let mut stages = vec![vec![backbone("model0.dp".to_owned())?]];
        stages.extend((1..=5).map(stage).collect::<Result<Vec<_>>>()?);
        let lateral = |level| layers.separable(&[format!("neck.lateral_convs.{level}")], Activation::RELU);
        // One convolution for all heads of a level: their outputs lie side by side.
        let head = |level| {
            let names = ["cls", "obj", "bbox", "kps"].map(|head| format!("bbox_head.multi_level_{head}.{level}"));
            layers.separable(&names, Activation::Identity)
        };
        Ok(Self {
            stem: layers.conv("backbone.model0.pw")?,
            stages,
            laterals: (0..3).map(lateral).collect::<Result<_>>()?,
            heads: (0..3).map(head).collect::<Result<_>>()?,
        })
    }

    /// All grids of a picture: `rgb` has sides that are multiples of [`MULTIPLE`], red, green and blue of its pixels row by
    /// row.
    pub(crate) fn apply(&self, rgb: Vec<f32>, size: Size) -> Result<Vec<Grid>> {
        let x = Tensor::from_vec(rgb, (1, size.height(), size.width(), 3), &Device::Cpu)?;
        let x = conv2d(&x, &self.stem.0, Some(&self.stem.1), Conv2d::new(2, 1))?;
        let mut x = activate(&x, Activation::RELU)?;
        let mut features = vec![];
        for (stage, layers) in self.stages.iter().enumerate() {
            for layer in layers {
                x = layer.apply(&x)?;
            }
            // The stages of strides 8, 16 and 32.
            if stage >= 3 {
                features.push(x.clone());
            }
            if [0, 2, 3, 4].contains(&stage) {
                x = max_pool2(&x)?;
            }
        }
        let mut grids = vec![];
        let mut coarser: Option<Tensor> = None;
        for level in (0..STRIDES.len()).rev() {
            let x = match &coarser {
                Some(coarser) => add_upsampled2(&features[level], coarser)?,
                None => features[level].clone(),
            };
            let x = self.laterals[level].apply(&x)?;
            let values = self.heads[level].apply(&x)?;
            let width = values.dims4()?.2;
            grids.push(Grid { stride: STRIDES[level], width, values: values.flatten_all()?.to_vec1()? });
            coarser = Some(x);
        }
        grids.reverse();
        Ok(grids)
    }
}

/// Layers by name, in PyTorch's layout.
impl Layers {
    /// A dense convolution's weight and bias.
    fn conv(&self, name: &str) -> Result<(Parameter, Parameter)> {
        let parameter = |kind: &str| {
            let array = self.get(name, kind);
            Parameter::new(Tensor::from_vec(array.data.clone(), array.shape.clone(), &Device::Cpu)?)
        };
        Ok((parameter("weight")?, parameter("bias")?))
    }

    /// Pointwise and depthwise convolutions, those of several names side by side.
    fn separable(&self, names: &[String], activation: Activation) -> Result<Separable> {
        let joined = |part: &str, kind: &str| -> Vec<f32> {
            names.iter().flat_map(|name| &self.get(&format!("{name}.{part}"), kind).data).copied().collect()
        };
        let [pointwise, depthwise] = ["pw", "dw"].map(|part| (joined(part, "weight"), joined(part, "bias")));
        Separable::new(
            Weights { weight: &pointwise.0, bias: &pointwise.1 },
            Weights { weight: &depthwise.0, bias: &depthwise.1 },
            activation,
        )
    }
}
