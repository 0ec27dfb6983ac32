//! Mistakes with their pictures: the most confident ones, and those of each pair of classes.

use std::collections::BTreeMap;

use fer_artifact::{FeatureSet, Predictions};
use png::ColorType;
use serde::Serialize;

use super::picture::{gray, picture};
use crate::Error;
use crate::format::{counted, percent, percentage};
use crate::scores::{Outcome, surest_first};

/// Most pictures that are shown of a split.
const SHOWN: usize = 24;
/// Most pairs of classes that are shown with pictures, and pictures of each.
const PAIRS: usize = 12;
const OF_PAIR: usize = 8;

/// One tile of a grid.
#[derive(Debug, Serialize)]
pub(crate) struct Mistake<'a> {
    /// A PNG as a data URI.
    picture: String,
    label: &'a str,
    predicted: &'a str,
    probability: String,
    row: u32,
    /// Where the image comes from, if the features say so.
    origin: Option<&'a str>,
}

/// The mistakes with one true and one predicted class.
#[derive(Debug, Serialize)]
pub(crate) struct Pair<'a> {
    label: &'a str,
    predicted: &'a str,
    /// How many there are, and of how many images of the true class.
    count: String,
    /// The surest of them.
    tiles: Vec<Mistake<'a>>,
}

/// The mistakes of a split.
pub(crate) struct Mistakes<'a, 'o> {
    predictions: &'a Predictions,
    outcomes: &'o [Outcome],
    features: &'a FeatureSet,
    /// Places of the mistakes, the surest first; equal ones by row.
    wrong: Vec<usize>,
}

impl<'a, 'o> Mistakes<'a, 'o> {
    pub(crate) fn new(predictions: &'a Predictions, outcomes: &'o [Outcome], features: &'a FeatureSet) -> Self {
        let mut wrong = surest_first(outcomes, &predictions.rows);
        wrong.retain(|&index| !outcomes[index].is_correct());
        Self { predictions, outcomes, features, wrong }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.wrong.len()
    }

    /// Those with the largest probabilities, in descending order.
    ///
    /// # Errors
    /// [`Error::Picture`], [`Error::Artifact`].
    pub(crate) fn surest(&self) -> Result<Vec<Mistake<'a>>, Error> {
        self.wrong.iter().take(SHOWN).map(|&index| self.tile(index)).collect()
    }

    /// Those of each pair of classes, the most frequent pairs first, and what is said of the pairs that are not shown.
    ///
    /// # Errors
    /// [`Error::Picture`], [`Error::Artifact`].
    pub(crate) fn pairs(&self) -> Result<(Vec<Pair<'a>>, Option<String>), Error> {
        let mut members: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for &index in &self.wrong {
            let Outcome { label, predicted, .. } = self.outcomes[index];
            members.entry((label, predicted)).or_default().push(index);
        }
        let mut pairs: Vec<_> = members.into_iter().collect();
        pairs.sort_by_key(|(pair, members)| (usize::MAX - members.len(), *pair));
        let shown =
            pairs.iter().take(PAIRS).map(|(pair, members)| self.pair(*pair, members)).collect::<Result<_, _>>()?;
        let others = pairs.get(PAIRS..).unwrap_or_default();
        let other = |((label, predicted), members): &((usize, usize), Vec<usize>)| {
            format!("{} → {} {}", self.name(*label), self.name(*predicted), members.len())
        };
        let others = others.iter().map(other).collect::<Vec<_>>().join(", ");
        Ok((shown, (!others.is_empty()).then_some(others)))
    }

    fn pair(&self, (label, predicted): (usize, usize), members: &[usize]) -> Result<Pair<'a>, Error> {
        let support = self.outcomes.iter().filter(|outcome| outcome.label == label).count();
        let share = percentage(members.len() as f64 / support.max(1) as f64);
        Ok(Pair {
            label: self.name(label),
            predicted: self.name(predicted),
            count: format!("{}, {share} of {}", counted(members.len(), "image"), self.name(label)),
            tiles: members.iter().take(OF_PAIR).map(|&index| self.tile(index)).collect::<Result<_, _>>()?,
        })
    }

    fn name(&self, class: usize) -> &'a str {
        &self.predictions.classes[class]
    }

    fn tile(&self, index: usize) -> Result<Mistake<'a>, Error> {
        let outcome = &self.outcomes[index];
        Ok(Mistake {
            picture: picture(self.features, index, ColorType::Grayscale, &gray(&self.features.image(index)?))?,
            label: self.name(outcome.label),
            predicted: self.name(outcome.predicted),
            probability: percent(outcome.probability),
            row: self.predictions.rows[index],
            origin: self.predictions.origins.as_ref().map(|origins| origins.get(index)),
        })
    }
}
