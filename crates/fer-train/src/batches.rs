use candle_core::{Device, Tensor};
use fer_artifact::Seed;
use fer_nn::smooth_targets;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rayon::prelude::*;

use crate::changes::{Changes, is_plain};
use crate::task::Task;
use crate::{Error, Mixup};

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

/// A batch to train on.
pub(crate) struct Batch {
    /// `[N, 1, H, W]`.
    pub(crate) images: Tensor,
    /// What the loss expects of each class: `[N, K]`.
    pub(crate) targets: Vec<f64>,
}

impl Batch {
    /// These images of train as the recipe wants them in this epoch and step: changed at random, cropped, mixed. `images`
    /// are their values as train has them.
    pub(crate) fn new(
        task: &Task<'_>,
        indices: &[usize],
        mut images: Vec<f32>,
        epoch: usize,
        step: u64,
    ) -> Result<Self, Error> {
        let Task { params, train, seed, size, .. } = *task;
        let changes = Changes::of(params, size, seed, epoch);
        let crop = changes.crop();
        if !changes.are_none() {
            let mut changed = vec![0.0; indices.len() * crop.area()];
            let pairs = changed.par_chunks_mut(crop.area()).zip(images.par_chunks(size.area())).zip(indices);
            pairs.for_each(|((out, image), &index)| out.copy_from_slice(&changes.apply(image, train.rows[index])));
            images = changed;
        }
        let labels: Vec<u8> = indices.iter().map(|&index| train.labels[index]).collect();
        let classes = train.classes.len();
        let mut targets = smooth_targets(&labels, classes, params.label_smoothing.get() as f32);
        if let (Some(distillation), Some(answers)) = (&params.distillation, &task.answers) {
            let share = distillation.share.get();
            for (targets, &index) in targets.chunks_exact_mut(classes).zip(indices) {
                let answers = &answers[index * classes..(index + 1) * classes];
                targets.iter_mut().zip(answers).for_each(|(target, answer)| *target += share * (answer - *target));
            }
        }
        if let Some(weights) = &task.class_weights {
            weigh(&mut targets, &labels, weights);
        }
        if let Some(share) =
            params.mixup.filter(|_| !is_plain(params, epoch)).and_then(|mixup| mixup.draw(seed.stream("mixup"), step))
        {
            mix(&mut images, indices.len(), |a, b| share as f32 * a + (1.0 - share as f32) * b);
            mix(&mut targets, indices.len(), |a, b| share * a + (1.0 - share) * b);
        }
        let images = Tensor::from_vec(images, (indices.len(), 1, crop.height(), crop.width()), &Device::Cpu)?;
        Ok(Self { images, targets })
    }
}

/// Weighs a batch's targets as PyTorch's `cross_entropy(weight=…)` does: the weights' sum over the labels counts as the
/// number of images.
fn weigh(targets: &mut [f64], labels: &[u8], weights: &[f64]) {
    let total: f64 = labels.iter().map(|&label| weights[usize::from(label)]).sum();
    let share = labels.len() as f64 / total;
    for row in targets.chunks_exact_mut(weights.len()) {
        row.iter_mut().zip(weights).for_each(|(target, weight)| *target *= weight * share);
    }
}

/// Mixes each of the batch's rows with the one at the same place from the end.
fn mix<T: Copy>(rows: &mut [T], count: usize, of: impl Fn(T, T) -> T) {
    let length = rows.len() / count.max(1);
    for first in 0..count / 2 {
        let second = count - 1 - first;
        for place in 0..length {
            let (a, b) = (rows[first * length + place], rows[second * length + place]);
            (rows[first * length + place], rows[second * length + place]) = (of(a, b), of(b, a));
        }
    }
}

impl Mixup {
    /// The share that an image keeps in this step, from Beta(α, α) by Jöhnk's method; `None` if the batch stays as it
    /// is.
    fn draw(self, seed: Seed, step: u64) -> Option<f64> {
        let mut generator = ChaCha8Rng::seed_from_u64(seed.value());
        generator.set_stream(step);
        let mut unit = || (generator.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        if unit() >= self.probability.get() {
            return None;
        }
        loop {
            let (x, y) = (libm::pow(unit(), 1.0 / self.alpha.get()), libm::pow(unit(), 1.0 / self.alpha.get()));
            if x + y <= 1.0 && x + y > 0.0 {
                return Some(x / (x + y));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use fer_artifact::{Positive, Probability};

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

    #[test]
    fn rows_are_mixed_with_those_from_the_end() {
        let mut rows = [1.0, 10.0, 2.0, 20.0, 4.0, 40.0];
        mix(&mut rows, 3, |a: f64, b| 0.75 * a + 0.25 * b);
        // The one in the middle is its own partner.
        assert_eq!(rows, [1.75, 17.5, 2.0, 20.0, 3.25, 32.5]);
    }

    #[test]
    fn shares_have_the_moments_of_their_law() {
        let mixup = Mixup { alpha: Positive::of(0.2), probability: Probability::of(0.5) };
        let shares: Vec<f64> = (0..8000).filter_map(|step| mixup.draw(Seed::new(5), step)).collect();
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        let variance = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / shares.len() as f64;
        // 4000 of 8000 expected (standard deviation 45); Beta(α, α) has mean 1/2 and variance 1/(4(2α + 1)).
        assert!((3800..4200).contains(&shares.len()), "{}", shares.len());
        assert!((mean - 0.5).abs() < 0.03, "{mean}");
        assert!((variance - 1.0 / (4.0 * 1.4)).abs() < 0.01, "{variance}");
    }

    #[test]
    fn weighted_targets_count_as_many_images_as_there_are() {
        let mut targets = smooth_targets(&[0, 1, 1], 2, 0.0);
        weigh(&mut targets, &[0, 1, 1], &[2.0, 0.5]);
        assert_eq!(targets, [2.0, 0.0, 0.0, 0.5, 0.0, 0.5]);
    }
}
