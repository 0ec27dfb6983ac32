//! Learning from what other networks answered, besides the labels.

use std::collections::HashMap;

use fer_artifact::{FeatureSet, Predictions, Probability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, FileOf};

/// Targets that are in part the answers of networks trained before (Hinton, Vinyals and Dean, *Distilling the Knowledge
/// in a Neural Network*, 2015, at temperature 1; with a teacher of the same kind: Furlanello et al., *Born-Again Neural
/// Networks*, 2018).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Distillation {
    /// Files of predictions for the images of train, as evaluation writes them with `splits: [train]`; the mean of
    /// their probabilities counts. They may hold more images than train does.
    #[schemars(length(min = 1), extend("examples" = [[{"from": "exam"}]]))]
    pub predictions: Vec<FileOf>,
    /// Share of the target that is theirs; the rest is the label's.
    #[serde(default = "half")]
    pub share: Probability,
}

const fn half() -> Probability {
    Probability::of(0.5)
}

impl Distillation {
    /// Refuses a distillation without a teacher.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.predictions.is_empty() { Err(Error::NoTeacher) } else { Ok(()) }
    }

    /// What the teachers answered for each image of train, `[N, K]` probabilities in the order of train.
    pub(crate) fn answers(&self, teachers: &[Predictions], train: &FeatureSet) -> Result<Vec<f64>, Error> {
        if teachers.len() != self.predictions.len() {
            return Err(Error::Teachers { expected: self.predictions.len(), found: teachers.len() });
        }
        let mut answers = vec![0.0; train.len() * train.classes.len()];
        for (teacher, path) in teachers.iter().zip(&self.predictions) {
            let fails = |reason| Error::Teacher { file: path.clone(), reason };
            add(&mut answers, teacher, train, 1.0 / teachers.len() as f64).map_err(fails)?;
        }
        Ok(answers)
    }
}

/// Adds this share of a teacher's probabilities.
fn add(answers: &mut [f64], teacher: &Predictions, train: &FeatureSet, share: f64) -> Result<(), String> {
    if teacher.classes != train.classes {
        return Err(format!("expected the classes of train, {:?}, found {:?}", train.classes, teacher.classes));
    }
    let places: HashMap<u32, usize> = teacher.rows.iter().enumerate().map(|(place, &row)| (row, place)).collect();
    for ((sums, row), label) in answers.chunks_exact_mut(train.classes.len()).zip(&train.rows).zip(&train.labels) {
        let Some(&place) = places.get(row) else {
            return Err(format!("expected an answer for row {row} of the source, found none"));
        };
        if teacher.labels[place] != *label {
            let name = |label: u8| &train.classes[usize::from(label)];
            let (expected, found) = (name(*label), name(teacher.labels[place]));
            return Err(format!("expected the labels of train, `{expected}` for row {row}, found `{found}`"));
        }
        let logits = teacher.logits_of(place);
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers = logits.iter().map(|&logit| libm::exp(f64::from(logit - largest)));
        let total: f64 = powers.clone().sum();
        sums.iter_mut().zip(powers).for_each(|(sum, power)| *sum += share * power / total);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use fer_artifact::Split;

    use super::*;

    /// Two images of three classes, rows 4 and 9.
    fn train() -> FeatureSet {
        let mut set = fer_testkit::feature_set(Split::Train, 2, 1, 1);
        set.classes.truncate(3);
        (set.labels, set.rows) = (vec![0, 2], vec![4, 9]);
        set
    }

    /// Answers in thirds and halves, for more rows than train has and in another order.
    fn teacher() -> Predictions {
        Predictions {
            classes: train().classes,
            split: Split::Train,
            logits: [[0.0, 2f32.ln(), 0.0], [7.0, 7.0, 7.0], [0.0, 0.0, 2f32.ln()]].concat(),
            labels: vec![2, 1, 0],
            rows: vec![9, 5, 4],
            origins: None,
            targets: None,
        }
    }

    fn answers(teachers: &[Predictions]) -> Result<Vec<f64>, Error> {
        let predictions =
            (0..teachers.len()).map(|place| FileOf::Path(format!("{place}.safetensors").into())).collect();
        Distillation { predictions, share: half() }.answers(teachers, &train())
    }

    fn assert_near(found: &[f64], expected: &[f64]) {
        let is_near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-7);
        assert!(is_near && found.len() == expected.len(), "{found:?}");
    }

    #[test]
    fn answers_are_found_by_row_and_averaged_as_probabilities() {
        assert_near(&answers(&[teacher()]).unwrap(), &[0.25, 0.25, 0.5, 0.25, 0.5, 0.25]);
        // The other one is all but sure of class 0.
        let sure = Predictions { logits: [[200.0, 0.0, -200.0]; 3].concat(), ..teacher() };
        assert_near(&answers(&[teacher(), sure]).unwrap(), &[0.625, 0.125, 0.25, 0.625, 0.25, 0.125]);
    }

    #[test]
    fn predictions_for_other_images_are_refused() {
        let refusal = |change: fn(&mut Predictions)| {
            let mut other = teacher();
            change(&mut other);
            answers(&[teacher(), other]).unwrap_err().to_string()
        };
        assert_eq!(
            refusal(|teacher| teacher.rows[2] = 8),
            "distillation: 1.safetensors: expected an answer for row 4 of the source, found none"
        );
        assert_eq!(
            refusal(|teacher| teacher.labels[0] = 1),
            "distillation: 1.safetensors: expected the labels of train, `fear` for row 9, found `disgust`"
        );
        assert_eq!(
            refusal(|teacher| teacher.classes.swap(0, 1)),
            "distillation: 1.safetensors: expected the classes of train, [\"angry\", \"disgust\", \"fear\"], \
             found [\"disgust\", \"angry\", \"fear\"]"
        );
        let unread = Distillation { predictions: vec![FileOf::Path("a".into())], share: half() }
            .answers(&[], &train())
            .unwrap_err();
        assert_eq!(unread.to_string(), "distillation: expected as many predictions as files, 1, found 0");
    }
}
