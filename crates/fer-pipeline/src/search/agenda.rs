//! What a search does next, from the results that are there. It is played from its beginning each time, so that a search
//! that was killed, or that several machines run, is the same search.

use fer_artifact::Seed;

use super::raw::Sampler;
use super::rungs::{Rung, best};
use super::sampler::{Known, Places};
use super::space::{Space, Values};
use super::unit::{Part, Unit};

/// Who draws, and how trials go on.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) space: Space,
    pub(super) sampler: Sampler,
    pub(super) seed: Seed,
    pub(super) parallel: usize,
    /// At least one.
    pub(super) rungs: Vec<Rung>,
}

/// A trial that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawn<R> {
    pub(super) places: Places,
    pub(super) values: Values,
    /// Its results, by rung; none of the last where it is not there yet.
    pub(super) results: Vec<Option<R>>,
}

/// A search as far as its results go.
#[derive(Debug, PartialEq)]
pub(super) struct Played<R> {
    pub(super) trials: Vec<Drawn<R>>,
    /// What can be trained now, in the order in which it is wanted; nothing is left once it is empty.
    pub(super) ready: Vec<(usize, Unit)>,
    /// The trials on the last rung, the best first; none before all of it is done.
    pub(super) ranking: Vec<usize>,
}

/// Gives the result of a trial on a rung, if it is there.
type ResultOf<'a, R, E> = dyn FnMut(usize, &Unit) -> Result<Option<R>, E> + 'a;

impl Rules {
    /// Plays the search. `result` gives that of a trial on a rung, if it is there; `score` what it is worth, if anything.
    ///
    /// # Errors
    /// Those of `result`.
    pub(super) fn play<R, E>(
        &self,
        result: &mut ResultOf<'_, R, E>,
        score: &dyn Fn(&R) -> Option<f64>,
    ) -> Result<Played<R>, E> {
        let mut played = Played { trials: vec![], ready: vec![], ranking: vec![] };
        for trial in 0..self.rungs[0].trials {
            let Some(known) = known(&played.trials[..self.sampler.waits_for(trial, self.parallel)], score) else {
                break;
            };
            let (places, values) = self.sampler.draw(&self.space, self.seed, trial, &known);
            played.trials.push(Drawn { places, values, results: vec![] });
            self.look(&mut played, trial, 0, result)?;
        }
        let mut on_rung: Vec<usize> = (0..self.rungs[0].trials).collect();
        for rung in 0..self.rungs.len() {
            if rung > 0 {
                for &trial in &on_rung {
                    self.look(&mut played, trial, rung, result)?;
                }
            }
            if !played.ready.is_empty() {
                return Ok(played);
            }
            let scores: Vec<(usize, Option<f64>)> = on_rung
                .iter()
                .map(|&trial| (trial, played.trials[trial].results[rung].as_ref().and_then(score)))
                .collect();
            on_rung = best(&scores, self.rungs.get(rung + 1).map_or(scores.len(), |next| next.trials));
        }
        played.ranking = on_rung;
        Ok(played)
    }

    /// Takes in the result of a trial on a rung, or that it is wanted.
    fn look<R, E>(
        &self,
        played: &mut Played<R>,
        trial: usize,
        rung: usize,
        result: &mut ResultOf<'_, R, E>,
    ) -> Result<(), E> {
        let drawn = &mut played.trials[trial];
        let unit = Unit { trial, values: drawn.values.clone(), epochs: self.rungs[rung].epochs, part: Part::Trial };
        let found = result(rung, &unit)?;
        if found.is_none() {
            played.ready.push((rung, unit));
        }
        drawn.results.push(found);
        Ok(())
    }
}

/// What others learn of these trials; nothing before all have their first result.
fn known<'a, R>(trials: &'a [Drawn<R>], score: &dyn Fn(&R) -> Option<f64>) -> Option<Vec<Known<'a>>> {
    let of = |drawn: &'a Drawn<R>| {
        let result = drawn.results[0].as_ref()?;
        Some(Known { places: &drawn.places, score: score(result) })
    };
    trials.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use serde_json::json;

    use super::super::rungs::halved;
    use super::*;
    use crate::yaml::document::Document;

    fn rules(parallel: usize) -> Rules {
        let raw = json!({"trials": 1, "parameters": {"train.a": {"kind": "linear", "low": 0, "high": 1}}});
        let space = Space::new(&Document::empty(), &serde_json::from_value(raw).unwrap()).unwrap();
        let rungs = halved(27, (1, 3), 9, &|epochs| epochs);
        Rules { space, sampler: Sampler::Tpe, seed: Seed::new(1), parallel, rungs }
    }

    /// More epochs help those in the middle.
    fn train(unit: &Unit) -> f64 {
        let a = unit.values["train.a"].as_f64().unwrap();
        -(a - 0.5).abs() * unit.epochs.unwrap() as f64
    }

    /// The search as so many workers run it, of which each takes what it likes of what is ready, and dies now and then.
    fn search(rules: &Rules, workers: usize) -> (Played<f64>, usize) {
        let (mut done, mut trained, mut state) = (BTreeMap::new(), 0, workers as u64);
        loop {
            let mut look = |rung: usize, unit: &Unit| Ok::<_, Infallible>(done.get(&(rung, unit.trial)).copied());
            let played = rules.play(&mut look, &|score| Some(*score)).unwrap();
            if played.ready.is_empty() {
                return (played, trained);
            }
            // All that go on are known at once; before, no more are drawn than may be under way.
            let most = if played.ready[0].0 == 0 { rules.parallel } else { rules.rungs[1].trials };
            assert!(played.ready.len() <= most, "{} of {most}", played.ready.len());
            for _ in 0..workers {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let (rung, unit) = &played.ready[(state >> 33) as usize % played.ready.len()];
                if !(state >> 40).is_multiple_of(4) && done.insert((*rung, unit.trial), train(unit)).is_none() {
                    trained += 1;
                }
            }
        }
    }

    #[test]
    fn whoever_runs_it_and_however_often_it_dies_a_search_is_the_same() {
        let (one, trained) = search(&rules(4), 1);
        assert_eq!(trained, 27 + 9 + 3);
        for workers in [2, 3, 4, 7] {
            assert_eq!(search(&rules(4), workers), (search(&rules(4), 1).0, trained), "{workers}");
        }
        let counts = [0, 1, 2].map(|rung| one.trials.iter().filter(|trial| trial.results.len() > rung).count());
        assert_eq!(counts, [27, 9, 3]);
        // The trials that go on are those with the best scores.
        let mut scores: Vec<f64> = one.trials.iter().map(|trial| trial.results[0].unwrap()).collect();
        scores.sort_by(f64::total_cmp);
        assert!(one.trials.iter().all(|trial| (trial.results.len() > 1) == (trial.results[0].unwrap() >= scores[18])));
        assert_eq!(one.ranking.len(), 3);
        assert_ne!(one, search(&rules(1), 1).0, "what a trial may know is a part of the file");
    }
}
