//! What passes through a network hold in memory, by its plan alone: how the operators of `fer-nn` work, in numbers.

use crate::plan::{LayerPlan, Plan};
use crate::{Error, NetworkConfig};

/// Values of four bytes that an image has in memory while it passes through a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passes {
    /// In training, what the forward pass leaves to the backward pass, and the most that a layer of the backward pass takes beside.
    pub training: u64,
    /// In evaluation, the most that a layer takes: its input, its output and what lies between.
    pub evaluation: u64,
}

impl NetworkConfig {
    /// What an image of this size, which may be a crop, has in memory.
    ///
    /// # Errors
    /// As [`Self::tensors`].
    pub fn passes(&self, height: usize, width: usize) -> Result<Passes, Error> {
        let cropped = Self { height, width, ..self.clone() };
        Ok(if self.params.takes_any_size() { cropped.plan() } else { self.plan() }?.passes(height, width))
    }
}

/// Where an image is on its way.
struct Way {
    height: u64,
    width: u64,
    channels: u64,
    /// Whether a backward pass goes on to what is before here: nobody asks for the gradient of the images.
    is_trained: bool,
    /// What the forward pass has left.
    kept: u64,
    /// The most that a layer of the backward pass takes beside.
    working: u64,
    evaluation: u64,
}

impl Plan {
    fn passes(&self, height: usize, width: usize) -> Passes {
        let mut way = Way {
            height: height as u64,
            width: width as u64,
            channels: 1,
            is_trained: false,
            kept: (height * width) as u64,
            working: 0,
            evaluation: (height * width) as u64,
        };
        let mut layers = self.0.iter().map(|(_, layer)| *layer).peekable();
        while let Some(layer) = layers.next() {
            match layer {
                LayerPlan::Conv { outputs, stride, .. } => {
                    // Norm and activation belong to the same operator, and the pooling behind them.
                    _ = layers.by_ref().take(2).count();
                    let pooled = layers.next_if(|layer| matches!(layer, LayerPlan::MaxPool)).is_some();
                    way.conv(outputs as u64, stride as u64, pooled);
                }
                LayerPlan::Residual { inputs, outputs, stride } => {
                    way.residual(inputs as u64, outputs as u64, stride as u64, layer.has_projection());
                }
                LayerPlan::GlobalAvgPool => {
                    let before = way.values();
                    (way.height, way.width) = (1, 1);
                    way.simple(before);
                }
                LayerPlan::Linear { outputs, .. } => {
                    let before = way.values();
                    // Flattened first, where there are positions: a copy.
                    way.kept += if way.height * way.width > 1 { before } else { 0 };
                    (way.height, way.width, way.channels) = (1, 1, outputs as u64);
                    way.simple(before);
                }
                LayerPlan::Dropout(_) | LayerPlan::Relu | LayerPlan::Rrelu(_) => way.simple(way.values()),
                LayerPlan::BatchNorm { .. } | LayerPlan::MaxPool => {}
            }
        }
        Passes { training: way.kept + way.working, evaluation: way.evaluation }
    }
}

impl Way {
    fn values(&self) -> u64 {
        self.height * self.width * self.channels
    }

    /// A gradient that flows on to `values` inputs, and as much memory that the one before leaves to be used again.
    fn flows(&self, values: u64) -> u64 {
        if self.is_trained { 2 * values } else { 0 }
    }

    /// A layer that keeps its output alone, behind `before` values.
    fn simple(&mut self, before: u64) {
        let after = self.values();
        self.kept += after;
        self.working = self.working.max(after + self.flows(before));
        self.evaluation = self.evaluation.max(before + after);
        self.is_trained = true;
    }

    /// A convolution with its norm, activation and pooling. The convolution's result is kept, which in the backward pass becomes
    /// its own gradient; of a pooled element also a word that says where it came from.
    fn conv(&mut self, outputs: u64, stride: u64, pooled: bool) {
        let (before, is_gray) = (self.values(), self.channels == 1 && !self.is_trained && pooled && stride == 1);
        (self.height, self.width, self.channels) = (self.height.div_ceil(stride), self.width.div_ceil(stride), outputs);
        let full = self.values();
        if pooled {
            (self.height, self.width) = (self.height / 2, self.width / 2);
        }
        let after = self.values();
        // The first block of a network for gray images never stores its convolution.
        let stored = if is_gray { 0 } else { full };
        let (kept, between, gradients) = if pooled { (after, after, after) } else { (0, 0, 2 * full) };
        self.kept += stored + kept + after;
        self.working = self.working.max(gradients + self.flows(before));
        let in_evaluation = if pooled { stored + between } else { 0 };
        self.evaluation = self.evaluation.max(before + in_evaluation + after);
        self.is_trained = true;
    }

    /// Two convolutions around a shortcut.
    fn residual(&mut self, inputs: u64, outputs: u64, stride: u64, has_projection: bool) {
        let before = self.values();
        debug_assert_eq!(self.channels, inputs);
        (self.height, self.width, self.channels) = (self.height.div_ceil(stride), self.width.div_ceil(stride), outputs);
        let after = self.values();
        let convs = if has_projection { 3 } else { 2 };
        self.kept += 2 * convs * after;
        // The gradients of the output, of the sum before the activation and of the shortcut, while one flows on.
        self.working = self.working.max(4 * after + self.flows(before.max(after)));
        self.evaluation = self.evaluation.max(before + convs * after);
        self.is_trained = true;
    }
}
