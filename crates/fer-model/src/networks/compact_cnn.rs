use fer_artifact::Fraction;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Architecture;
use crate::plan::{Init, LayerPlan, conv_block, sequential};

/// As [`FaceCnn`](crate::FaceCnn), but with a quarter of the channels, ReLU, and a single linear layer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CompactCnn {
    /// Share of the values that dropout clears before the linear layer.
    pub dropout: Fraction,
}

impl Default for CompactCnn {
    fn default() -> Self {
        Self { dropout: Fraction::of(0.25) }
    }
}

impl Architecture for CompactCnn {
    fn summary(&self) -> &'static str {
        "convolutions of 16, 32 and 64 channels with batch norm, ReLU and max pooling; one linear layer behind dropout"
    }

    /// Three poolings must leave a pixel.
    fn minimum_size(&self) -> usize {
        8
    }

    fn layers(&self, height: usize, width: usize, classes: usize) -> Vec<(String, LayerPlan)> {
        let block = |inputs, outputs| conv_block(inputs, outputs, Init::FanIn(9 * inputs), LayerPlan::Relu);
        let inputs = 64 * (height / 8) * (width / 8);
        let fc = [LayerPlan::Dropout(self.dropout), LayerPlan::Linear { inputs, outputs: classes }];
        let blocks = [("conv1", block(1, 16)), ("conv2", block(16, 32)), ("conv3", block(32, 64))];
        let conv = blocks.iter().flat_map(|(name, layers)| sequential(name, layers));
        conv.chain(sequential("fc", &fc)).collect()
    }
}
