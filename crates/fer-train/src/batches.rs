use candle_core::{Device, Result, Tensor};
use fer_artifact::{FeatureSet, Seed};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// The order in which an epoch sees its images: as they stand, or shuffled by seed and epoch alone.
pub(crate) fn order(images: usize, shuffle: Option<Seed>, epoch: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..images).collect();
    if let Some(seed) = shuffle {
        let mut generator = ChaCha8Rng::seed_from_u64(seed.value());
        generator.set_stream(epoch as u64);
        order.shuffle(&mut generator);
    }
    order
}

/// These images as `[N, 1, H, W]`, and their labels.
pub(crate) fn gather(set: &FeatureSet, indices: &[usize]) -> Result<(Tensor, Vec<u8>)> {
    let mut images = Vec::with_capacity(indices.len() * set.height * set.width);
    indices.iter().for_each(|&index| images.extend_from_slice(set.image(index)));
    let images = Tensor::from_vec(images, (indices.len(), 1, set.height, set.width), &Device::Cpu)?;
    Ok((images, indices.iter().map(|&index| set.labels[index]).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_has_an_order_of_its_own_and_misses_no_image() {
        let shuffled = |epoch| order(100, Some(Seed::new(1)), epoch);
        assert_eq!(order(4, None, 1), [0, 1, 2, 3]);
        assert_eq!(shuffled(1), shuffled(1));
        assert_ne!(shuffled(1), shuffled(2));
        assert_ne!(shuffled(1), order(100, Some(Seed::new(2)), 1));
        let mut sorted = shuffled(1);
        sorted.sort_unstable();
        assert_eq!(sorted, order(100, None, 1));
    }
}
