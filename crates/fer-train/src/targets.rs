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
        positive().find(is_reached).or_else(|| positive().next_back()).expect("targets are 1 together")
    }
}

/// 1 for this class, 0 for the others.
fn only(classes: usize, class: usize) -> Vec<f64> {
    (0..classes).map(|other| f64::from(u8::from(other == class))).collect()
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor, Var};
    use fer_artifact::{Split, Targets};
    use fer_nn::soft_cross_entropy;
    use serde_json::{Value, json};

    use super::*;

    const EIGHT: usize = 8;

    /// What PyTorch found, see `tests/golden/targets/make.py`.
    fn golden() -> Value {
        serde_json::from_str(include_str!("../../../tests/golden/targets/cases.json")).unwrap()
    }

    fn numbers(value: &Value) -> Vec<f64> {
        serde_json::from_value(value.clone()).unwrap()
    }

    /// Images with the golden shares.
    fn faces() -> FeatureSet {
        let shares: Vec<f32> = numbers(&golden()["shares"]).into_iter().map(|share| share as f32).collect();
        let mut set = fer_testkit::feature_set(Split::Train, shares.len() / EIGHT, 1, 1);
        set.classes.push("contempt".to_owned());
        let largest = |row: &[f32]| (1..EIGHT).fold(0, |best, class| if row[class] > row[best] { class } else { best });
        set.labels = shares.chunks(EIGHT).map(|row| largest(row) as u8).collect();
        set.targets = Some(Targets::new(EIGHT, shares));
        set
    }

    fn rows<'a>(set: &'a FeatureSet, params: Value) -> Rows<'a> {
        Rows::new(&serde_json::from_value(params).unwrap(), set, &[], Seed::new(3)).unwrap()
    }

    /// The loss of these logits, and its gradient.
    fn loss(rows: &Rows<'_>, logits: &[f32]) -> (f64, Vec<f64>) {
        let x = Var::from_tensor(&Tensor::from_slice(logits, (logits.len() / EIGHT, EIGHT), &Device::Cpu).unwrap())
            .unwrap();
        let all: Vec<usize> = (0..rows.train.len()).collect();
        let targets = rows.settled::<Error>(rows.of(&all, 1), || Ok(logits.to_vec())).unwrap();
        let loss = soft_cross_entropy(x.as_tensor(), targets).unwrap();
        let gradients = loss.backward().unwrap();
        let gradient = gradients.get(&x).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        (loss.to_scalar::<f32>().unwrap().into(), gradient.into_iter().map(f64::from).collect())
    }

    #[test]
    fn losses_and_gradients_equal_pytorchs() {
        let (golden, set) = (golden(), faces());
        let logits: Vec<f32> = numbers(&golden["logits"]).into_iter().map(|logit| logit as f32).collect();
        let weighted =
            Rows { weights: Some(numbers(&golden["weights"])), ..rows(&set, json!({"label_smoothing": 0.1})) };
        for (name, rows) in [
            ("shares", rows(&set, json!({}))),
            ("smoothed", rows(&set, json!({"label_smoothing": 0.1}))),
            ("weighted", weighted),
            ("likeliest", rows(&set, json!({"targets": "likeliest"}))),
        ] {
            let (loss, gradient) = loss(&rows, &logits);
            let expected = &golden["cases"][name];
            assert!((loss - expected["loss"].as_f64().unwrap()).abs() < 1e-6, "{name}: {loss}");
            let far = gradient.iter().zip(numbers(&expected["gradient"])).map(|(a, b)| (a - b).abs());
            assert!(far.fold(0.0, f64::max) < 1e-7, "{name}: {gradient:?}");
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let set = faces();
        let logits: Vec<f32> = numbers(&golden()["logits"]).into_iter().map(|logit| logit as f32).collect();
        for params in [
            json!({"label_smoothing": 0.2, "class_weights": "balanced"}),
            json!({"targets": "draw", "label_smoothing": 0.1}),
            json!({"targets": "likeliest", "class_weights": "balanced"}),
        ] {
            let rows = rows(&set, params.clone());
            let (_, gradient) = loss(&rows, &logits);
            for (place, expected) in gradient.iter().enumerate() {
                let at = |step: f32| {
                    let mut moved = logits.clone();
                    moved[place] += step;
                    loss(&rows, &moved).0
                };
                let found = (at(0.02) - at(-0.02)) / 0.04;
                assert!((found - expected).abs() < 1e-4, "{params}, {place}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn weights_are_in_inverse_proportion_to_parts_of_images() {
        let set = faces();
        let rows = rows(&set, json!({"class_weights": "balanced"}));
        let weights = rows.weights.unwrap();
        // Of five images, surprise has 0.6, disgust 2/9 of one.
        assert!((weights[2] - 5.0 / (8.0 * 0.6)).abs() < 1e-6, "{weights:?}");
        assert!((weights[5] - 5.0 / (8.0 * 2.0 / 9.0)).abs() < 1e-6, "{weights:?}");
    }

    #[test]
    fn classes_are_drawn_by_their_shares_for_each_epoch_and_row() {
        let set = faces();
        let rows = rows(&set, json!({"targets": "draw"}));
        let drawn = |epoch| rows.of(&[0, 1, 2, 3, 4], epoch);
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        let mut counts = vec![0.0; 5 * EIGHT];
        for epoch in 1..=2000 {
            let rows = drawn(epoch);
            assert!(rows.chunks(EIGHT).all(|row| row.iter().sum::<f64>() == 1.0 && row.contains(&1.0)));
            counts.iter_mut().zip(rows).for_each(|(count, target)| *count += target / 2000.0);
        }
        let targets = set.targets.as_ref().unwrap().values();
        // Four standard deviations of a share of one half.
        let far =
            counts.iter().zip(targets).map(|(count, share)| (count - f64::from(*share)).abs()).fold(0.0, f64::max);
        assert!(far < 4.0 * (0.25f64 / 2000.0).sqrt(), "{far}");
        // The order of the images plays no part, nor do the others.
        assert_eq!(rows.of(&[3], 7), rows.of(&[3, 0], 7)[..EIGHT]);
        let mut other = set.clone();
        other.rows = vec![9, 8, 7, 6, 5];
        assert_ne!(self::rows(&other, json!({"targets": "draw"})).of(&[0, 2, 3, 4], 1), rows.of(&[0, 2, 3, 4], 1));
    }

    #[test]
    fn one_class_is_the_label_whatever_the_rule() {
        let mut set = faces();
        let one = one_hot(&set.labels, EIGHT);
        set.targets = Some(Targets::new(EIGHT, one.iter().map(|&share| share as f32).collect()));
        for rule in ["shares", "labels", "draw"] {
            let rows = rows(&set, json!({"targets": rule, "label_smoothing": 0.1, "class_weights": "balanced"}));
            let labelled = FeatureSet { targets: None, ..set.clone() };
            let expected = self::rows(&labelled, json!({"label_smoothing": 0.1, "class_weights": "balanced"}));
            assert_eq!(rows.of(&[0, 3, 4], 2), expected.of(&[0, 3, 4], 2), "{rule}");
        }
    }

    #[test]
    fn rules_that_need_targets_say_so() {
        let mut set = faces();
        set.targets = None;
        let params = serde_json::from_value(json!({"targets": "draw"})).unwrap();
        let error = Rows::new(&params, &set, &[], Seed::new(1)).err().unwrap();
        assert_eq!(
            error.to_string(),
            "targets: `draw` needs images of which more is known than their labels, found features without the tensor \
             `targets`; `votes` of ingest give it"
        );
    }
}
