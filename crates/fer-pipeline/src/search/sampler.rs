//! How trials are drawn. Trial n depends on the seed, on n, and on the results of the trials that it may know: never on when
//! these came in, or on who made them.

use std::collections::BTreeMap;

use fer_artifact::Seed;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::parzen::Parzen;
use super::raw::{Range, Sampler};
use super::space::{Space, Values, is_active};

/// With fewer results than this, trials are drawn at random.
const BEGINNING: usize = 10;
/// Of n trials, this times √n count as good, as in the program of Bergstra et al. (hyperopt): a fixed share, as in their paper of
/// 2011, looks too widely once there are some dozens.
const GOOD: f64 = 0.25;
/// Places drawn for a parameter, of which the most promising is taken.
const CANDIDATES: usize = 24;

/// Where in its range each parameter of a trial lies: see [`Range::value`].
pub(super) type Places = BTreeMap<String, f64>;

/// A trial with a result, as far as others learn of it: its places and score; no number is worse than any.
pub(super) struct Known<'a> {
    pub(super) places: &'a Places,
    pub(super) score: Option<f64>,
}

impl Sampler {
    /// How many of the trials before this one must have a result before it is drawn.
    pub(super) fn waits_for(self, trial: usize, parallel: usize) -> usize {
        match self {
            Self::Random => 0,
            Self::Tpe => (trial + 1).saturating_sub(parallel),
        }
    }

    /// Draws a trial.
    pub(super) fn draw(self, space: &Space, seed: Seed, trial: usize, known: &[Known<'_>]) -> (Places, Values) {
        let mut generator = ChaCha8Rng::seed_from_u64(seed.stream("search").value());
        generator.set_stream(trial as u64);
        let mut unit = || (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let (mut places, mut values) = (Places::new(), Values::new());
        // Each after those that it depends on.
        for (name, range) in space.parameters() {
            if is_active(range, &values) {
                let place = self.place(name, range, known, &mut unit);
                places.insert(name.clone(), place);
                values.insert(name.clone(), range.value(place));
            }
        }
        (places, values)
    }

    fn place(self, name: &str, range: &Range, known: &[Known<'_>], unit: &mut dyn FnMut() -> f64) -> f64 {
        match (self, range.choices()) {
            (Self::Tpe, _) if known.len() >= BEGINNING => promising(name, range, known, unit),
            (_, Some(choices)) => (unit() * choices.len() as f64).floor(),
            (_, None) => unit(),
        }
    }
}

/// A place where good trials are dense and others are not.
fn promising(name: &str, range: &Range, known: &[Known<'_>], unit: &mut dyn FnMut() -> f64) -> f64 {
    let mut seen: Vec<(f64, f64)> = known
        .iter()
        .filter_map(|known| Some((*known.places.get(name)?, known.score.unwrap_or(f64::NEG_INFINITY))))
        .collect();
    // Of equals, the earlier one first.
    seen.sort_by(|a, b| b.1.total_cmp(&a.1));
    let good = (GOOD * (seen.len() as f64).sqrt()).ceil() as usize;
    let (good, other) = seen.split_at(good);
    let places = |seen: &[(f64, f64)]| seen.iter().map(|(place, _)| *place).collect::<Vec<f64>>();
    match range.choices() {
        Some(choices) => {
            let [good, other] = [good, other].map(|seen| frequencies(&places(seen), choices.len()));
            best_of((0..CANDIDATES).map(|_| by_frequency(&good, unit())), |place| {
                good[place as usize] / other[place as usize]
            })
        }
        None => {
            let [good, other] = [good, other].map(|seen| Parzen::of(places(seen)));
            let candidates: Vec<f64> = (0..CANDIDATES).map(|_| good.draw(unit)).collect();
            best_of(candidates.into_iter(), |place| good.density(place) / other.density(place))
        }
    }
}

/// The first of the candidates with the highest gain.
fn best_of(candidates: impl Iterator<Item = f64>, gain: impl Fn(f64) -> f64) -> f64 {
    let scored = candidates.map(|place| (place, gain(place)));
    scored.reduce(|best, next| if next.1 > best.1 { next } else { best }).map_or(0.0, |(place, _)| place)
}

/// How often each index was seen; each once more than that, so that none is ruled out.
fn frequencies(indices: &[f64], count: usize) -> Vec<f64> {
    let seen = |index: usize| indices.iter().filter(|&&seen| seen as usize == index).count();
    (0..count).map(|index| (seen(index) + 1) as f64 / (indices.len() + count) as f64).collect()
}

/// The index in which this share of all lies.
fn by_frequency(frequencies: &[f64], share: f64) -> f64 {
    let mut sum = 0.0;
    let place = frequencies.iter().position(|frequency| {
        sum += frequency;
        share < sum
    });
    place.unwrap_or(frequencies.len() - 1) as f64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::yaml::document::Document;

    fn space() -> Space {
        let raw = json!({"trials": 1, "parameters": {
            "train.a": {"kind": "linear", "low": 0, "high": 1},
            "train.b": {"kind": "choice", "values": ["x", "y", "z"]},
            "train.a2": {"kind": "log", "low": 0.001, "high": 1, "when": {"train.b": ["y"]}},
        }});
        Space::new(&Document::empty(), &serde_json::from_value(raw).unwrap()).unwrap()
    }

    /// Best at a = 0.3 with b = y and a2 = 0.1.
    fn score(values: &Values) -> f64 {
        let number = |name: &str| values.get(name).and_then(|value| value.as_f64());
        let a2 = number("train.a2").map_or(-1.0, |a2| -(libm::log10(a2) + 1.0).powi(2));
        a2 - 4.0 * (number("train.a").unwrap() - 0.3).powi(2)
    }

    /// The trials of a search in which so many run at once.
    fn trials(sampler: Sampler, seed: u64, count: usize, parallel: usize) -> Vec<(Places, Values)> {
        let (space, mut trials) = (space(), Vec::<(Places, Values)>::new());
        for trial in 0..count {
            let visible = &trials[..sampler.waits_for(trial, parallel)];
            let known: Vec<Known<'_>> =
                visible.iter().map(|(places, values)| Known { places, score: Some(score(values)) }).collect();
            let next = sampler.draw(&space, Seed::new(seed), trial, &known);
            trials.push(next);
        }
        trials
    }

    #[test]
    fn the_estimator_finds_more_than_chance_does() {
        let best = |sampler, seed| {
            let scores = trials(sampler, seed, 40, 4).iter().map(|(_, values)| score(values)).collect::<Vec<_>>();
            scores.into_iter().fold(f64::NEG_INFINITY, f64::max)
        };
        let median = |sampler| {
            let mut all: Vec<f64> = (0..101).map(|seed| best(sampler, seed)).collect();
            all.sort_by(f64::total_cmp);
            all[50]
        };
        let (tpe, random) = (median(Sampler::Tpe), median(Sampler::Random));
        // 0 is the best there is. The same rules in Python, with 300 seeds of its own generator: -0.047 and -0.092.
        assert!(tpe > 0.7 * random, "{tpe}, {random}");
    }

    #[test]
    fn a_parameter_is_drawn_where_its_condition_holds_and_nowhere_else() {
        for (places, values) in trials(Sampler::Tpe, 3, 60, 2) {
            assert_eq!(values.contains_key("train.a2"), values["train.b"] == "y", "{values:?}");
            assert_eq!(places.len(), values.len());
        }
    }

    #[test]
    fn results_that_a_trial_may_not_know_change_nothing() {
        assert_eq!(
            (Sampler::Tpe.waits_for(12, 3), Sampler::Tpe.waits_for(1, 3), Sampler::Random.waits_for(9, 1)),
            (10, 0, 0)
        );
        let all = trials(Sampler::Tpe, 5, 30, 3);
        assert_eq!(all, trials(Sampler::Tpe, 5, 30, 3));
        assert_eq!(all[..20], trials(Sampler::Tpe, 5, 20, 3)[..], "more trials leave the first as they are");
        assert_ne!(all[..20], trials(Sampler::Tpe, 6, 20, 3)[..]);
        let beginning = trials(Sampler::Random, 5, 10, 1);
        assert_eq!(all[..10], beginning[..], "the first ten are drawn at random");
    }
}
