//! What a search does next, from the results that are there. It is played from its beginning each time, so that a search
//! that was killed, or that several machines run, is the same search.

use fer_artifact::Seed;

use super::raw::Sampler;
use super::rungs::{Bracket, best};
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
    pub(super) brackets: Vec<Bracket>,
}

/// A trial that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawn<R> {
    pub(super) bracket: usize,
    pub(super) places: Places,
    pub(super) values: Values,
    /// Its results, by rung of its bracket; none of the last where it is not there yet.
    pub(super) results: Vec<Option<R>>,
}

/// A search as far as its results go.
#[derive(Debug, PartialEq)]
pub(super) struct Played<R> {
    pub(super) trials: Vec<Drawn<R>>,
    /// Of each bracket that has begun, the rungs whose trials are known.
    climbed: Vec<usize>,
    /// What can be trained now, in the order in which it is wanted; nothing is left once it is empty.
    pub(super) ready: Vec<Unit>,
    /// The trials on the last rungs, the best first; none before all is done.
    pub(super) ranking: Vec<usize>,
}

/// What there is of a trial on a rung.
pub(super) enum Answer<R> {
    /// Its result.
    Known(R),
    /// What has still to be trained for it.
    Wanted(Vec<Unit>),
}

/// Gives what there is of a trial on a rung.
type ResultOf<'a, R, E> = dyn FnMut(&Unit) -> Result<Answer<R>, E> + 'a;
/// Gives what a result is worth, if anything.
type ScoreOf<'a, R> = dyn Fn(&R) -> Option<f64> + 'a;

impl Rules {
    /// The trials of all brackets.
    pub(super) fn trials(&self) -> usize {
        self.brackets.iter().map(|bracket| bracket.rungs[0].trials).sum()
    }

    /// Plays the search.
    ///
    /// # Errors
    /// Those of `result`.
    pub(super) fn play<R, E>(&self, result: &mut ResultOf<'_, R, E>, score: &ScoreOf<'_, R>) -> Result<Played<R>, E> {
        let mut played = Played { trials: vec![], climbed: vec![], ready: vec![], ranking: vec![] };
        let mut at_the_end = vec![];
        for (number, bracket) in self.brackets.iter().enumerate() {
            played.climbed.push(1);
            for trial in bracket.trials() {
                let Some((places, values)) = self.draw(&played, trial, bracket, score) else { return Ok(played) };
                played.trials.push(Drawn { bracket: number, places, values, results: vec![] });
                self.look(&mut played, trial, 0, result)?;
            }
            at_the_end.extend(self.climb(&mut played, number, result, score)?);
        }
        if played.ready.is_empty() {
            played.ranking = best(&at_the_end, at_the_end.len());
        }
        Ok(played)
    }

    /// Draws a trial; nothing as long as a result is not there that it must know.
    fn draw<R>(
        &self,
        played: &Played<R>,
        trial: usize,
        bracket: &Bracket,
        score: &ScoreOf<'_, R>,
    ) -> Option<(Places, Values)> {
        let epochs = bracket.rungs[0].epochs;
        let mut known = vec![];
        for earlier in &played.trials[..self.sampler.waits_for(trial, self.parallel)] {
            // Scores after more epochs, or fewer, say nothing of those after as many.
            let Some(rung) = self.brackets[earlier.bracket].rung_of(epochs) else { continue };
            match earlier.results.get(rung) {
                Some(result) => known.push(Known { places: &earlier.places, score: score(result.as_ref()?) }),
                None if played.climbed[earlier.bracket] > rung => {}
                None => return None,
            }
        }
        Some(self.sampler.draw(&self.space, self.seed, trial, &known))
    }

    /// Takes the best trials of a bracket from rung to rung, as far as the results go; gives those on the last one with their
    /// scores, if all of them are there.
    fn climb<R, E>(
        &self,
        played: &mut Played<R>,
        number: usize,
        result: &mut ResultOf<'_, R, E>,
        score: &ScoreOf<'_, R>,
    ) -> Result<Vec<(usize, Option<f64>)>, E> {
        let bracket = &self.brackets[number];
        let mut on_rung: Vec<usize> = bracket.trials().collect();
        for rung in 0..bracket.rungs.len() {
            if rung > 0 {
                played.climbed[number] = rung + 1;
                for &trial in &on_rung {
                    self.look(played, trial, rung, result)?;
                }
            }
            let of = |&trial: &usize| Some((trial, score(played.trials[trial].results[rung].as_ref()?)));
            let Some(scores) = on_rung.iter().map(of).collect::<Option<Vec<_>>>() else { return Ok(vec![]) };
            match bracket.rungs.get(rung + 1) {
                Some(next) => on_rung = best(&scores, next.trials),
                None => return Ok(scores),
            }
        }
        Ok(vec![])
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
        let epochs = self.brackets[drawn.bracket].rungs[rung].epochs;
        let unit = Unit { trial, values: drawn.values.clone(), epochs, seed: None, part: Part::Trial };
        let result = match result(&unit)? {
            Answer::Known(result) => Some(result),
            Answer::Wanted(units) => {
                played.ready.extend(units);
                None
            }
        };
        drawn.results.push(result);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use serde_json::json;

    use super::super::rungs::Ladder;
    use super::*;
    use crate::yaml::document::Document;

    fn rules(sampler: Sampler, parallel: usize, trials: usize, brackets: usize) -> Rules {
        let raw = json!({"trials": 1, "parameters": {"train.a": {"kind": "linear", "low": 0, "high": 1}}});
        let space = Space::new(&Document::empty(), &serde_json::from_value(raw).unwrap()).unwrap();
        let ladder = Ladder { first: 1, factor: 3, last: 9 };
        let brackets = ladder.brackets(&ladder.deal(trials, brackets), 1, &|epochs| epochs);
        Rules { space, sampler, seed: Seed::new(1), parallel, brackets }
    }

    /// More epochs help those in the middle.
    fn train(unit: &Unit) -> f64 {
        let a = unit.values["train.a"].as_f64().unwrap();
        -(a - 0.5).abs() * unit.epochs.unwrap() as f64
    }

    /// The search as so many workers run it, of which each takes what it likes of what is ready, and dies now and then; with the
    /// number of trainings, and the most that were ready at once.
    fn search(rules: &Rules, workers: usize) -> (Played<f64>, usize, usize) {
        let (mut done, mut trained, mut most, mut state) = (BTreeMap::new(), 0, 0, workers as u64);
        loop {
            let mut look = |unit: &Unit| {
                let found = done.get(&(unit.epochs, unit.trial)).copied();
                Ok::<_, Infallible>(found.map_or_else(|| Answer::Wanted(vec![unit.clone()]), Answer::Known))
            };
            let played = rules.play(&mut look, &|score| Some(*score)).unwrap();
            if played.ready.is_empty() {
                return (played, trained, most);
            }
            most = most.max(played.ready.len());
            for _ in 0..workers {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let unit = &played.ready[(state >> 33) as usize % played.ready.len()];
                if !(state >> 40).is_multiple_of(4) && done.insert((unit.epochs, unit.trial), train(unit)).is_none() {
                    trained += 1;
                }
            }
        }
    }

    /// How many trials of each bracket came to each rung.
    fn counts(played: &Played<f64>, bracket: usize) -> Vec<usize> {
        let own = || played.trials.iter().filter(|trial| trial.bracket == bracket);
        let longest = own().map(|trial| trial.results.len()).max().unwrap();
        (0..longest).map(|rung| own().filter(|trial| trial.results.len() > rung).count()).collect()
    }

    #[test]
    fn whoever_runs_it_and_however_often_it_dies_a_search_is_the_same() {
        let rules_of = |parallel| rules(Sampler::Tpe, parallel, 27, 1);
        let (one, trained, most) = search(&rules_of(4), 1);
        // All that go on are known at once; before, no more are drawn than may be under way.
        assert_eq!((trained, most), (27 + 9 + 3, 9));
        for workers in [2, 3, 4, 7] {
            let (other, again, _) = search(&rules_of(4), workers);
            assert_eq!((&other, again), (&one, trained), "{workers}");
        }
        assert_eq!(counts(&one, 0), [27, 9, 3]);
        // The trials that go on are those with the best scores.
        let mut scores: Vec<f64> = one.trials.iter().map(|trial| trial.results[0].unwrap()).collect();
        scores.sort_by(f64::total_cmp);
        assert!(one.trials.iter().all(|trial| (trial.results.len() > 1) == (trial.results[0].unwrap() >= scores[18])));
        assert_eq!(one.ranking.len(), 3);
        assert_ne!(one, search(&rules_of(1), 1).0, "what a trial may know is a part of the file");
    }

    #[test]
    fn brackets_follow_each_other_and_the_best_of_all_is_chosen() {
        // Shares of 9, 3 and 3 in 15; R = 9, η = 3.
        let rules_of = |sampler| rules(sampler, 4, 45, 3);
        let (one, trained, most) = search(&rules_of(Sampler::Tpe), 1);
        let by_bracket = [vec![27, 9, 3], vec![9, 3], vec![9]];
        assert_eq!([0, 1, 2].map(|bracket| counts(&one, bracket)), by_bracket);
        assert_eq!(trained, by_bracket.concat().iter().sum::<usize>());
        for workers in [2, 3, 7] {
            assert_eq!(search(&rules_of(Sampler::Tpe), workers).0, one, "{workers}");
        }
        assert!(most < 27, "{most}: a bracket begins to learn where the one before it has come to the same rung");
        assert_eq!(one.ranking.len(), 3 + 3 + 9);
        let last = |trial: usize| one.trials[trial].results.last().unwrap().unwrap();
        assert!(one.ranking.windows(2).all(|two| last(two[0]) >= last(two[1])), "{:?}", one.ranking);
        // What is drawn at random waits for nothing.
        assert_eq!(search(&rules_of(Sampler::Random), 1).2, 45);
    }

    #[test]
    fn a_trial_of_a_later_bracket_learns_from_what_was_trained_for_as_long() {
        let rules = rules(Sampler::Tpe, 1, 45, 3);
        let mut asked = vec![];
        let mut look = |unit: &Unit| {
            asked.push((unit.epochs.unwrap(), unit.trial));
            // Of trial 27, the first of the second bracket, nothing is there.
            let is_there = unit.trial < 27;
            Ok::<_, Infallible>(if is_there { Answer::Known(train(unit)) } else { Answer::Wanted(vec![unit.clone()]) })
        };
        let played = rules.play(&mut look, &|score| Some(*score)).unwrap();
        assert_eq!(played.trials.len(), 28);
        let known: Vec<Known<'_>> = played.trials[..27]
            .iter()
            .filter_map(|trial| Some(Known { places: &trial.places, score: *trial.results.get(1)? }))
            .collect();
        assert_eq!(known.len(), 9, "a third of the first bracket was trained for three epochs");
        let drawn = rules.sampler.draw(&rules.space, rules.seed, 27, &known);
        assert_eq!(drawn, (played.trials[27].places.clone(), played.trials[27].values.clone()));
        assert_eq!(asked.last(), Some(&(3, 27)));
        // As long as the first bracket has not come to three epochs, none of the second is drawn.
        let mut look = |unit: &Unit| {
            let is_first = unit.epochs == Some(1);
            Ok::<_, Infallible>(if is_first { Answer::Known(train(unit)) } else { Answer::Wanted(vec![unit.clone()]) })
        };
        assert_eq!(rules.play(&mut look, &|score| Some(*score)).unwrap().trials.len(), 27);
    }
}
