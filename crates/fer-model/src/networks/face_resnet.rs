use fer_artifact::Fraction;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Architecture;
use crate::Dimension;
use crate::plan::{Bias, Init, LayerPlan, sequential};

/// A small residual network for gray images. It ends with a mean over all positions, so it takes images of any size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FaceResnet {
    /// Channels of the two convolutions before the residual blocks, of which the second one halves the size.
    pub stem: [Dimension; 2],
    /// Channels of the three stages, of which the second and the third halve the size.
    pub widths: [Dimension; 3],
    /// Residual blocks in each stage.
    pub blocks: [Dimension; 3],
    /// Share of the values that dropout clears before the linear layer.
    pub dropout: Fraction,
}

impl Default for FaceResnet {
    fn default() -> Self {
        Self {
            stem: [32, 40].map(Dimension::of),
            widths: [40, 80, 160].map(Dimension::of),
            blocks: [1, 2, 2].map(Dimension::of),
            dropout: Fraction::of(0.0),
        }
    }
}

impl Architecture for FaceResnet {
    fn summary(&self) -> &'static str {
        "a stem of two convolutions and three stages of residual blocks with batch norm and ReLU, by default of 40, 80 \
         and 160 channels; a mean over all positions and one linear layer; takes images of any size"
    }

    /// Three halvings must leave a pixel.
    fn minimum_size(&self) -> usize {
        8
    }

    fn takes_any_size(&self) -> bool {
        true
    }

    fn layers(&self, _height: usize, _width: usize, classes: usize) -> Vec<(String, LayerPlan)> {
        let [first, second] = self.stem.map(Dimension::get);
        let mut layers = sequential("stem", &[conv(1, first, 1), conv(first, second, 2)].concat());
        let mut inputs = second;
        for (stage, (width, blocks)) in self.widths.iter().zip(self.blocks).enumerate() {
            for block in 0..blocks.get() {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let outputs = width.get();
                layers.push((format!("layer{}.{block}", stage + 1), LayerPlan::Residual { inputs, outputs, stride }));
                inputs = outputs;
            }
        }
        layers.push(("pool".to_owned(), LayerPlan::GlobalAvgPool));
        layers.push(("dropout".to_owned(), LayerPlan::Dropout(self.dropout)));
        layers.push(("fc".to_owned(), LayerPlan::Linear { inputs, outputs: classes }));
        layers
    }
}

/// A convolution without bias, its batch norm and ReLU.
fn conv(inputs: usize, outputs: usize, stride: usize) -> [LayerPlan; 3] {
    let weight = Init::FanOut(9 * outputs);
    let conv = LayerPlan::Conv { inputs, outputs, stride, bias: Bias::No, weight };
    [conv, LayerPlan::BatchNorm { channels: outputs }, LayerPlan::Relu]
}
