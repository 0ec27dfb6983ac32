//! The network's layers as nodes. Each value has the name of the layer that makes it, each weight its own.

use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::{Array, half};
use fer_model::{BATCH_NORM_EPS, Bias, LayerPlan};

use super::graph::{Attribute, Graph, Values};
use super::proto::DataType;
use crate::{Error, Precision};

/// Layers that are added to a graph, with their weights.
#[derive(Debug)]
pub(crate) struct Layers<'a> {
    pub(crate) graph: &'a mut Graph,
    pub(crate) tensors: &'a BTreeMap<String, Array>,
    pub(crate) precision: Precision,
    /// The file to come, for messages.
    pub(crate) path: &'a Path,
}

/// Whether images still have a height and a width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Maps,
    Flat,
}

impl Layers<'_> {
    /// Adds the network behind `features` `[N, 1, H, W]`, and gives the name of its outputs `[N, classes]`.
    pub(crate) fn add(&mut self, layers: &[(String, LayerPlan)], features: &str) -> Result<String, Error> {
        let (mut x, mut form) = (features.to_owned(), Form::Maps);
        for (name, layer) in layers {
            x = match *layer {
                LayerPlan::Conv { stride, bias, .. } => self.conv(name, &x, Kernel { side: 3, stride, bias })?,
                LayerPlan::BatchNorm { .. } => self.batch_norm(name, &x)?,
                LayerPlan::Relu => self.graph.node("Relu", &[&x], name, &[]),
                LayerPlan::Rrelu(rrelu) => {
                    self.graph.node("LeakyRelu", &[&x], name, &[("alpha", Attribute::Float(rrelu.middle()))])
                }
                LayerPlan::MaxPool => {
                    let two = Attribute::Ints(&[2, 2]);
                    self.graph.node("MaxPool", &[&x], name, &[("kernel_shape", two), ("strides", two)])
                }
                LayerPlan::Residual { stride, .. } => self.residual(name, &x, stride, layer.has_projection())?,
                LayerPlan::GlobalAvgPool => self.graph.node("GlobalAveragePool", &[&x], name, &[]),
                LayerPlan::Linear { .. } => self.linear(name, &x, std::mem::replace(&mut form, Form::Flat))?,
                LayerPlan::Dropout(_) => x,
            };
        }
        Ok(x)
    }

    /// With as much padding as keeps the size at stride 1.
    fn conv(&mut self, name: &str, x: &str, kernel: Kernel) -> Result<String, Error> {
        let side = kernel.side as i64;
        let mut inputs = vec![x.to_owned(), self.weight(name, "weight")?];
        if kernel.bias == Bias::Yes {
            inputs.push(self.weight(name, "bias")?);
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let attributes = [
            ("kernel_shape", Attribute::Ints(&[side; 2])),
            ("strides", Attribute::Ints(&[kernel.stride as i64; 2])),
            ("pads", Attribute::Ints(&[side / 2; 4])),
        ];
        Ok(self.graph.node("Conv", &inputs, name, &attributes))
    }

    fn linear(&mut self, name: &str, x: &str, form: Form) -> Result<String, Error> {
        let flat = match form {
            Form::Maps => self.graph.node("Flatten", &[x], &format!("{name}.input"), &[("axis", Attribute::Int(1))]),
            Form::Flat => x.to_owned(),
        };
        let (weight, bias) = (self.weight(name, "weight")?, self.weight(name, "bias")?);
        Ok(self.graph.node("Gemm", &[&flat, &weight, &bias], name, &[("transB", Attribute::Int(1))]))
    }

    fn batch_norm(&mut self, name: &str, x: &str) -> Result<String, Error> {
        let parts = ["weight", "bias", "running_mean", "running_var"];
        let parts = parts.map(|part| self.weight(name, part)).into_iter().collect::<Result<Vec<_>, _>>()?;
        let inputs: Vec<&str> = std::iter::once(x).chain(parts.iter().map(String::as_str)).collect();
        let epsilon = ("epsilon", Attribute::Float(BATCH_NORM_EPS as f32));
        Ok(self.graph.node("BatchNormalization", &inputs, name, &[epsilon]))
    }

    fn residual(&mut self, name: &str, x: &str, stride: usize, has_projection: bool) -> Result<String, Error> {
        let within = |part: &str| format!("{name}.{part}");
        let kernel = |side, stride| Kernel { side, stride, bias: Bias::No };
        let first = self.conv(&within("conv1"), x, kernel(3, stride))?;
        let first = self.batch_norm(&within("bn1"), &first)?;
        let first = self.graph.node("Relu", &[&first], &within("relu1"), &[]);
        let second = self.conv(&within("conv2"), &first, kernel(3, 1))?;
        let second = self.batch_norm(&within("bn2"), &second)?;
        let shortcut = match has_projection {
            true => {
                let projected = self.conv(&within("downsample.0"), x, kernel(1, stride))?;
                self.batch_norm(&within("downsample.1"), &projected)?
            }
            false => x.to_owned(),
        };
        let sum = self.graph.node("Add", &[&second, &shortcut], &within("sum"), &[]);
        Ok(self.graph.node("Relu", &[&sum], name, &[]))
    }

    /// Adds a weight; one of 16 bits is widened in the graph.
    fn weight(&mut self, layer: &str, part: &str) -> Result<String, Error> {
        let name = format!("{layer}.{part}");
        let array = &self.tensors[&name];
        let halved = match self.precision {
            Precision::Single => None,
            Precision::Half => half(self.path, &name, array)?,
        };
        Ok(match halved {
            None => self.graph.constant(&name, &array.shape, Values::F32(&array.data)),
            Some(bits) => {
                let stored = self.graph.constant(&format!("{name}.f16"), &array.shape, Values::F16(&bits));
                self.graph.cast(&stored, DataType::Float, &name)
            }
        })
    }
}

/// What a convolution is besides its weights.
#[derive(Debug, Clone, Copy)]
struct Kernel {
    side: usize,
    stride: usize,
    bias: Bias,
}
