use fer_nn::Stream;

/// How a forward pass is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Batch norm by its running statistics, no dropout, mean slopes; nothing is kept for a backward pass.
    Evaluate,
    /// Batch norm by the batch, whose statistics move the running ones; dropout and random slopes, which depend on
    /// `seed`, `step` and the layer alone.
    Train {
        /// Key of the random numbers.
        seed: u64,
        /// Number of the training step, which takes other numbers than any other step.
        step: u64,
    },
}

impl Mode {
    /// Where the random numbers of a layer come from in training; `lane` is the layer's place in the network.
    pub(crate) fn stream(self, lane: u32) -> Option<Stream> {
        match self {
            Mode::Train { seed, step } => Some(Stream::new(seed).at(step, lane)),
            Mode::Evaluate => None,
        }
    }
}
