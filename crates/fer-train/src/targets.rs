//! What the loss expects of each image: whatever is known of it becomes its row of targets.

use fer_artifact::{FeatureSet, Predictions, Seed};
use fer_nn::{one_hot, smooth_targets};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::{ClassWeights, Error, TargetRule, TrainParams};

/// The rows of targets of the images of train: one way from labels, votes and teachers to the loss.
pub(crate) struct Rows<'a> {
    train: &'a FeatureSet,
    rule: TargetRule,
    /// Of what is drawn.
    seed: Seed,
    smoothing: f32,
    /// The teachers' probabilities for the images of train, `[N, K]`, and their share of the targets.
    teachers: Option<(Vec<f64>, f64)>,
    /// One a class, unless all count the same.
    weights: Option<Vec<f64>>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(
        params: &TrainParams,
        train: &'a FeatureSet,
        teachers: &[Predictions],
        seed: Seed,
    ) -> Result<Self, Error> {
        let rule = params.targets;
        if rule.needs_targets() && train.targets.is_none() {
            return Err(Error::NoTargets { rule: rule.name() });
        }
        let teachers = match &params.distillation {
            Some(distillation) => Some((distillation.answers(teachers, train)?, distillation.share.get())),
            None => None,
        };
        let (smoothing, seed) = (params.label_smoothing.get() as f32, seed.stream("targets"));
        let rows = Self { train, rule, seed, smoothing, teachers, weights: None };
        let weights = match params.class_weights {
            ClassWeights::None => None,
            weights => weights.of(&rows.images_of_classes(), train.len()),
        };
        Ok(Self { weights, ..rows })
    }

    /// Images of each class, parts of them too.
    fn images_of_classes(&self) -> Vec<f64> {
        let mut images = vec![0.0; self.train.classes.len()];
        for index in 0..self.train.len() {
            images.iter_mut().zip(self.known(index)).for_each(|(sum, share)| *sum += share);
        }
        images
    }

    /// What is known of an image, one number a class, before anything is drawn.
    fn known(&self, index: usize) -> Vec<f64> {
        match (&self.train.targets, self.rule) {
            (Some(targets), TargetRule::Shares | TargetRule::Draw | TargetRule::Likeliest) => {
                targets.row(index).iter().copied().map(f64::from).collect()
            }
            _ => one_hot(&self.train.labels[index..=index], self.train.classes.len()),
        }
    }

    /// The rows of these images in this epoch, which the network may still have a say in: see [`Self::settled`].
    pub(crate) fn of(&self, indices: &[usize], epoch: usize) -> Vec<f64> {
        let known = indices.iter().map(|&index| match self.rule {
            TargetRule::Draw => only(self.train.classes.len(), self.draw(&self.known(index), epoch, index)),
            _ => self.known(index),
        });
        let known: Vec<f64> = known.flatten().collect();
        match self.rule {
            TargetRule::Likeliest => known,
            _ => self.weighed(known, indices),
        }
    }

    /// The rows that stand against these logits: those of [`Self::of`], but where the network chooses among an image's classes.
    ///
    /// # Errors
    /// Those of `logits`, which are asked for where they count.
    pub(crate) fn settled<E>(
        &self,
        rows: Vec<f64>,
        logits: impl FnOnce() -> Result<Vec<f32>, E>,
    ) -> Result<Vec<f64>, E> {
        if self.rule != TargetRule::Likeliest {
            return Ok(rows);
        }
        let logits = logits()?;
        let classes = self.train.classes.len();
        let pairs = rows.chunks_exact(classes).zip(logits.chunks_exact(classes));
        let chosen = pairs.flat_map(|(row, logits)| {
            let allowed = (0..classes).filter(|&class| row[class] > 0.0);
            let better = |best: usize, class: usize| if logits[class] > logits[best] { class } else { best };
            only(classes, allowed.reduce(better).expect("targets are 1 together"))
        });
        Ok(self.weighed(chosen.collect(), &[]))
    }

    /// Smooths what is known, mixes the teachers' answers in, and weighs the classes.
    fn weighed(&self, known: Vec<f64>, indices: &[usize]) -> Vec<f64> {
        let classes = self.train.classes.len();
        let total = self.weights.as_ref().map(|weights| {
            let sum = |row: &[f64]| row.iter().zip(weights).map(|(share, weight)| share * weight).sum::<f64>();
            known.chunks_exact(classes).map(sum).sum::<f64>()
        });
        let count = (known.len() / classes) as f64;
        let mut rows = smooth_targets(known, classes, self.smoothing);
        if let Some((answers, share)) = &self.teachers {
            for (row, &index) in rows.chunks_exact_mut(classes).zip(indices) {
                let answers = &answers[index * classes..(index + 1) * classes];
                row.iter_mut().zip(answers).for_each(|(target, answer)| *target += share * (answer - *target));
            }
        }
        if let (Some(weights), Some(total)) = (&self.weights, total) {
            // As PyTorch's `cross_entropy(weight=…)` does: the weights' sum over the labels counts as the number of images.
            let share = count / total;
            for row in rows.chunks_exact_mut(classes) {
                row.iter_mut().zip(weights).for_each(|(target, weight)| *target *= weight * share);
            }
        }
        rows
    }

    /// The class that this epoch sees in an image; it depends on seed, epoch and the image's row alone.
    fn draw(&self, shares: &[f64], epoch: usize, index: usize) -> usize {
        let mut generator = ChaCha8Rng::seed_from_u64(self.seed.value());
        generator.set_stream(epoch as u64);
        // A number takes two words.
        generator.set_word_pos(2 * u128::from(self.train.rows[index]));
        let unit = (generator.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let mut rest = unit * shares.iter().sum::<f64>();
        let positive = || (0..shares.len()).filter(|&class| shares[class] > 0.0);
        let is_reached = |&class: &usize| {
            rest -= shares[class];
            rest < 0.0
        };
        positive().find(is_reached).or_else(|| positive().last()).expect("targets are 1 together")
    }
}

/// 1 for this class, 0 for the others.
fn only(classes: usize, class: usize) -> Vec<f64> {
    (0..classes).map(|other| f64::from(u8::from(other == class))).collect()
}
