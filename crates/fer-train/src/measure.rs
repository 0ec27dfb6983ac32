use std::ops::Range;

use candle_core::{Device, Tensor};
use fer_artifact::{FeatureSet, first_largest};
use fer_model::{Mode, Network};

use crate::peers::{Words, gather};
use crate::{Error, Peers};

/// Images at once; no result depends on it but for the last bits of sums.
pub(crate) const BATCH: usize = 256;

/// How a network does on a set of images.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// Images classified rightly; the first of equal logits counts.
    pub(crate) correct: usize,
    images: usize,
    /// Sum of the images' cross entropies, in nats.
    loss: f64,
}

impl Measured {
    /// Share of images classified rightly.
    pub(crate) fn accuracy(self) -> f64 {
        self.correct as f64 / self.images as f64
    }

    /// Mean cross entropy, in nats.
    pub(crate) fn loss(self) -> f64 {
        self.loss / self.images as f64
    }
}

/// How the network does on the set, in evaluation. Every process measures a stretch of it; the losses are added in the order of the
/// images.
pub(crate) fn measure(network: &Network, set: &FeatureSet, peers: &dyn Peers) -> Result<Measured, Error> {
    let (batches, count) = (set.len().div_ceil(BATCH), peers.count());
    let first = |rank: usize| set.len().min(rank * batches / count * BATCH);
    let stretch = |rank: usize| first(rank)..first(rank + 1);
    let mut words: Words = vec![];
    for start in stretch(peers.rank()).step_by(BATCH) {
        words.extend(measure_batch(network, set, start..set.len().min(start + BATCH))?);
    }
    let lengths: Vec<usize> = (0..count).map(|rank| WORDS * stretch(rank).len()).collect();
    let all = gather(peers, words, &lengths).map_err(Error::Peers)?;
    let mut measured = Measured { correct: 0, images: set.len(), loss: 0.0 };
    for &[correct, low, high] in all.iter().flat_map(|words| words.as_chunks::<WORDS>().0) {
        measured.correct += correct as usize;
        measured.loss += f64::from_bits(u64::from(low) | u64::from(high) << 32);
    }
    Ok(measured)
}

/// Words an image in [`measure_batch`].
const WORDS: usize = 3;

/// Of each image, whether it is classified rightly, and the halves of its cross entropy.
fn measure_batch(network: &Network, set: &FeatureSet, range: Range<usize>) -> Result<Words, Error> {
    let (labels, images) = (&set.labels[range.clone()], set.images_of(range)?);
    let shape = (labels.len(), 1, set.height, set.width);
    let images = Tensor::from_vec(images.into_owned(), shape, &Device::Cpu)?;
    let logits = network.forward(&images, Mode::Evaluate)?.to_vec2::<f32>()?;
    let of = |(row, label): (&Vec<f32>, &u8)| {
        let label = usize::from(*label);
        let loss = cross_entropy(row, label).to_bits();
        [u32::from(first_largest(row) == label), loss as u32, (loss >> 32) as u32]
    };
    Ok(logits.iter().zip(labels).flat_map(of).collect())
}

/// Of the softmax of these logits, relative to the largest, so that nothing overflows.
fn cross_entropy(logits: &[f32], label: usize) -> f64 {
    let largest = f64::from(logits[first_largest(logits)]);
    let shifted = |logit: f32| f64::from(logit) - largest;
    let sum: f64 = logits.iter().map(|&logit| libm::exp(shifted(logit))).sum();
    libm::log(sum) - shifted(logits[label])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_is_the_largest() {
        assert_eq!(first_largest(&[0.0, 2.0, 2.0, -1.0]), 1);
        assert_eq!(first_largest(&[1.0, 1.0]), 0);
    }

    #[test]
    fn cross_entropy_is_the_logarithm_of_the_labels_share() {
        let [one, two] = [0, 1].map(|label| cross_entropy(&[1.0, 3.0], label));
        // Shares 1 / (1 + e²) and e² / (1 + e²).
        let e2 = std::f64::consts::E.powi(2);
        assert!((one - (1.0 + e2).ln()).abs() < 1e-14 && (two - ((1.0 + e2).ln() - 2.0)).abs() < 1e-14);
        assert_eq!(cross_entropy(&[1000.0, 0.0], 0), 0.0);
        assert_eq!(cross_entropy(&[1000.0, 0.0], 1), 1000.0);
    }
}
