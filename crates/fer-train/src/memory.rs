//! What a training will take of the memory: an estimate, from sizes alone.

use fer_artifact::Size;
use fer_model::NetworkConfig;
use serde::Serialize;

use crate::measure;
use crate::task::check_crop_sizes;
use crate::{Error, TrainParams};

/// The program and its libraries, with the tables of the data: measured with networks of next to nothing.
const PROGRAM: u64 = 40 << 20;
/// What the allocator and the operators hold beside the values that are in use, in hundredths: measured.
const BESIDE: u64 = 125;
/// Of a batch's memory, what the operators keep for the next one: one part in so many, measured.
const KEPT: u64 = 2;
/// Copies of the weights at the end, when the model is written and read again to be checked: the best, the last, those that were
/// read, twice, and a network's.
const AT_THE_END: u64 = 5;

/// Bytes that a training takes at most, nearly. [`Self::peak`] was 0.8 to 1.4 times what was measured
/// (`docs/training.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// The most at any time.
    pub peak: u64,
    /// Weights, gradients, the optimiser's buffers, the moving average and the best weights.
    pub weights: u64,
    /// A batch on its way forward and backward, and an evaluation's.
    pub batch: u64,
    /// Further copies of the weights while a checkpoint or the model is written.
    pub writing: u64,
}

impl TrainParams {
    /// What this training takes with images of this size.
    ///
    /// # Errors
    /// Those of a network that cannot be, of crops that do not fit it, and of an optimiser's settings.
    pub fn memory(&self, size: Size, classes: usize) -> Result<Memory, Error> {
        let (height, width) = (size.height(), size.width());
        let network = NetworkConfig { params: self.model, height, width, classes };
        check_crop_sizes(self, &network)?;
        let copy = 4 * network.parameter_count()? as u64;
        let buffers = self.optimizer()?.rule().buffers().len() as u64;
        let average = u64::from(self.ema.is_some());
        // Value and gradient; the best weights, beside those of the last epoch.
        let weights = copy * (2 + buffers + average + 1);
        // A copy of all but the gradients, of the optimiser's buffers two for a while.
        let checkpoint = copy * (1 + (2 * buffers).max(buffers + average + 1));
        let batch = self.batch_memory(&network)?;
        let writing = checkpoint.max((AT_THE_END * copy).saturating_sub(weights));
        let peak = (PROGRAM + weights).saturating_add(batch.max(writing.saturating_add(batch / KEPT)));
        Ok(Memory { peak, weights, batch, writing })
    }

    fn batch_memory(&self, network: &NetworkConfig) -> Result<u64, Error> {
        let NetworkConfig { height, width, .. } = *network;
        let sides = self.crops.iter().map(|crop| [crop.size.get(); 2]);
        let sides: Vec<[usize; 2]> = if self.crops.is_empty() { vec![[height, width]] } else { sides.collect() };
        let mut training = 0;
        for [height, width] in sides {
            training = training.max(network.passes(height, width)?.training);
        }
        // Images as they are read ahead, as they were read, and changed.
        let (images, read) = (self.batch_size.get() / self.shards.get(), 3 * height * width);
        let evaluated = measure::BATCH as u64 * network.passes(height, width)?.evaluation;
        let values = (images as u64).saturating_mul(training + read as u64).saturating_add(evaluated);
        Ok((4 * u128::from(values) * u128::from(BESIDE) / 100).try_into().unwrap_or(u64::MAX))
    }
}
