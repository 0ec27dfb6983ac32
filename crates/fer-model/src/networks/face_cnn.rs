use fer_artifact::Fraction;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Architecture;
use crate::Rrelu;
use crate::plan::{Init, LayerPlan, conv_block, sequential};

/// The seed's `FaceCNN`: three convolutions and four linear layers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FaceCnn {
    /// Range of the random slopes of the leaky activations: drawn from `lower` to `upper` in training, their middle in evaluation.
    pub rrelu: Rrelu,
    /// Shares that dropout clears before the first and before the second linear layer.
    pub dropout: [Fraction; 2],
}

impl Default for FaceCnn {
    fn default() -> Self {
        Self { rrelu: Rrelu::DEFAULT, dropout: [Fraction::of(0.2), Fraction::of(0.5)] }
    }
}

impl Architecture for FaceCnn {
    fn summary(&self) -> &'static str {
        "the seed's: convolutions of 64, 128 and 256 channels with batch norm, RReLU and max pooling; linear layers of \
         4096, 1024 and 256 with dropout"
    }

    /// Three poolings must leave a pixel.
    fn minimum_size(&self) -> usize {
        8
    }

    /// The seed draws the convolutions' weights itself and leaves the other weights to PyTorch.
    fn layers(&self, height: usize, width: usize, classes: usize) -> Vec<(String, LayerPlan)> {
        use LayerPlan::{Dropout, Linear};
        let activation = LayerPlan::Rrelu(self.rrelu);
        let block = |inputs, outputs| conv_block(inputs, outputs, Init::Normal { std: 0.04 }, activation);
        let fc = [
            Dropout(self.dropout[0]),
            Linear { inputs: 256 * (height / 8) * (width / 8), outputs: 4096 },
            activation,
            Dropout(self.dropout[1]),
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
}
