//! How far a search is.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;

use fer_artifact::{Metrics, with_causes};
use serde::Serialize;

use super::Search;
use super::agenda::{Answer, Drawn, Played};
use super::importance::{Importance, importance};
use super::outcome::{Outcome, outcome};
use super::rungs::Rung;
use super::space::Values;
use super::tested::tested;
use super::unit::{Part, Unit};
use crate::run_folder::folder::CELLS;
use crate::sweep::{Cell, CellStatus};
use crate::{Error, RunState};

/// A search as far as its results go.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchState {
    /// Trials that the file asks for.
    pub planned: usize,
    /// Seeds with which each of them is trained; nothing where all have that of the file.
    pub seeds: Vec<u64>,
    /// How long they are trained.
    pub rungs: Vec<Rung>,
    /// Epochs that all trials together train, with all seeds: at most so many.
    pub epochs: usize,
    /// And at least so many: that depends on what their values let them take over.
    pub fewest_epochs: usize,
    /// Epochs that they would train if none stopped early.
    pub full_epochs: usize,
    /// The trials that are drawn, in their order.
    pub trials: Vec<Trial>,
    /// The chosen one, once all trials are trained.
    pub winner: Option<Winner>,
    /// Trials whose scores on test are there: that of the winner, and those of earlier winners if the search changed since. One
    /// that was scored after trainings of several lengths, or with several seeds, stands here as often.
    pub tested: Vec<usize>,
    /// What the differences between trials go with, by their scores on the first rung of the first bracket.
    pub importance: Vec<Importance>,
    /// What can be trained now, in the order in which it is wanted.
    #[serde(skip)]
    pub ready: Vec<Unit>,
}

/// A trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// Its number, counted from 0.
    pub trial: usize,
    /// Its bracket, counted from 0.
    pub bracket: usize,
    /// Value by parameter.
    pub values: Values,
    /// Epochs on its last rung, if they are known.
    pub epochs: Option<usize>,
    /// Its place among all trials, from 1, once all are trained: by the epochs that it came to, then by its score there.
    pub rank: Option<usize>,
    /// What became of it on each rung; nothing of the last where it is not there yet.
    pub outcomes: Vec<Option<Outcome>>,
    /// Trainings on the last rung, one a seed, that have no result yet.
    pub left: usize,
    /// How the first of these stands that has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunState>,
}

/// The trial that was chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Winner {
    /// Its number.
    pub trial: usize,
    /// The validation accuracy by which it was chosen: the mean over its seeds.
    pub validation_accuracy: f64,
    /// Sample standard deviation of the validation accuracy over seeds; none of a single seed.
    pub deviation: Option<f64>,
    /// Its run, or those of its seeds.
    pub runs: Vec<WinnerRun>,
}

/// A run of the trial that was chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WinnerRun {
    /// The seed.
    pub seed: u64,
    /// The run folder.
    pub run_dir: PathBuf,
    /// The scores of the last evaluation in its chain, once that has run.
    pub metrics: Option<Metrics>,
    /// What has still to run for them.
    #[serde(skip)]
    pub wanted: Option<Unit>,
}

/// The trials of a search, and what is known of them: what was read once is not read again.
pub struct Trials<'a> {
    search: &'a Search,
    /// The lengths of trainings.
    lengths: Vec<Option<usize>>,
    /// By length, trial and seed; the chosen one's whole chains at the end.
    cells: Vec<OnceCell<Box<Cell>>>,
    /// By the place of their cells.
    outcomes: RefCell<BTreeMap<usize, Outcome>>,
}

impl<'a> Trials<'a> {
    /// Those of a search; nothing is read yet.
    pub fn new(search: &'a Search) -> Self {
        let mut lengths: Vec<Option<usize>> = search.rungs().iter().map(|rung| rung.epochs).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let count = (lengths.len() * search.rules.trials() + 1) * search.seeds.len();
        Self { search, lengths, cells: (0..count).map(|_| OnceCell::new()).collect(), outcomes: RefCell::default() }
    }

    /// The run of a trial.
    ///
    /// # Errors
    /// [`Error::Invalid`], if its values do not go together.
    pub fn cell(&self, unit: &Unit) -> Result<&Cell, Error> {
        let slot = &self.cells[self.place(unit)];
        if let Some(cell) = slot.get() {
            return Ok(cell);
        }
        let cell = self.search.cell(unit)?;
        Ok(slot.get_or_init(|| Box::new(cell)))
    }

    fn place(&self, unit: &Unit) -> usize {
        let trials = self.search.rules.trials();
        let seed = self.search.seeds.iter().position(|seed| *seed == unit.seed).unwrap_or(0);
        let length = self.lengths.iter().position(|epochs| *epochs == unit.epochs).unwrap_or(0);
        let row = match unit.part {
            Part::Trial => length * trials + unit.trial,
            Part::Whole => self.lengths.len() * trials,
        };
        row * self.search.seeds.len() + seed
    }

    /// How many trainings have a result, as far as it was looked.
    pub fn results(&self) -> usize {
        self.outcomes.borrow().len()
    }

    /// How far the search is, by the run folders of its trials.
    ///
    /// # Errors
    /// A training that says nothing of validation, or a file that cannot be read.
    pub fn state(&self) -> Result<SearchState, Error> {
        let rules = &self.search.rules;
        let Played { trials, ready, ranking, .. } = rules.play(&mut |unit| self.answer(unit), &Outcome::score)?;
        let first_rung = trials.iter().filter(|drawn| drawn.bracket == 0);
        let scored: Vec<(&Values, Option<f64>)> =
            first_rung.filter_map(|drawn| Some((&drawn.values, drawn.results[0].as_ref()?.score()))).collect();
        let importance = importance(&self.search.names(), &scored);
        let mut trials: Vec<Trial> = trials
            .into_iter()
            .enumerate()
            .map(|(trial, Drawn { bracket, values, results, .. })| {
                let epochs = rules.brackets[bracket].rungs[results.len() - 1].epochs;
                Trial { trial, bracket, values, epochs, rank: None, outcomes: results, left: 0, run: None }
            })
            .collect();
        for unit in &ready {
            let trial = &mut trials[unit.trial];
            trial.left += 1;
            if trial.run.is_none() {
                trial.run = self.cell(unit)?.last_run();
            }
        }
        if !ranking.is_empty() {
            rank(&mut trials);
        }
        let winner = ranking.first().map(|&best| self.winner(&trials[best])).transpose()?.flatten();
        let (planned, seeds, rungs) = (rules.trials(), self.search.seeds(), self.search.rungs());
        let [fewest_epochs, epochs] = [0, 1].map(|bound| rungs.iter().map(|rung| rung.cost()[bound]).sum());
        let longest = rungs.last().and_then(|rung| rung.epochs).unwrap_or_default();
        Ok(SearchState {
            planned,
            full_epochs: planned * self.search.seeds.len() * longest,
            seeds,
            rungs,
            epochs,
            fewest_epochs,
            trials,
            winner,
            tested: tested(&self.search.run_dir().join(CELLS))?,
            importance,
            ready,
        })
    }

    /// What there is of a trial on a rung, with all its seeds.
    fn answer(&self, unit: &Unit) -> Result<Answer<Outcome>, Error> {
        let (mut found, mut wanted) = (vec![], vec![]);
        for &seed in &self.search.seeds {
            let unit = Unit { seed, ..unit.clone() };
            match self.outcome(&unit)? {
                Some(outcome) => found.push((seed, outcome)),
                None => wanted.push(unit),
            }
        }
        Ok(if wanted.is_empty() { Answer::Known(Outcome::of_trial(found)) } else { Answer::Wanted(wanted) })
    }

    fn outcome(&self, unit: &Unit) -> Result<Option<Outcome>, Error> {
        let place = self.place(unit);
        if let Some(known) = self.outcomes.borrow().get(&place) {
            return Ok(Some(known.clone()));
        }
        let found = match self.cell(unit) {
            Ok(cell) => outcome(cell, self.search.trained)?,
            Err(error @ Error::Invalid { .. }) => Some(Outcome::Failed(with_causes(&error))),
            Err(other) => return Err(other),
        };
        if let Some(outcome) = &found {
            self.outcomes.borrow_mut().insert(place, outcome.clone());
        }
        Ok(found)
    }

    /// The chosen trial, if it has a score at all.
    fn winner(&self, best: &Trial) -> Result<Option<Winner>, Error> {
        let Some(Some(Outcome::Trained(curve))) = best.outcomes.last() else { return Ok(None) };
        let Trial { trial, values, epochs, .. } = best.clone();
        let runs = self.search.seeds.iter().map(|&seed| {
            let unit = Unit { trial, values: values.clone(), epochs, seed, part: Part::Whole };
            let cell = self.cell(&unit)?;
            let CellStatus { metrics, why, seed, run_dir, .. } = cell.status();
            // Another process may have been at the trial without its scores last.
            let wanted = (!why.is_empty() || !cell.is_configured()).then_some(unit);
            Ok(WinnerRun { seed, run_dir, metrics, wanted })
        });
        let (validation_accuracy, deviation) = (curve.score, curve.deviation);
        Ok(Some(Winner { trial, validation_accuracy, deviation, runs: runs.collect::<Result<_, Error>>()? }))
    }
}

impl SearchState {
    /// The trials in the order of the table: once all are done, the best first.
    pub fn ranked(&self) -> Vec<&Trial> {
        let mut trials: Vec<&Trial> = self.trials.iter().collect();
        trials.sort_by_key(|trial| (trial.rank.unwrap_or(usize::MAX), trial.trial));
        trials
    }
}

/// Ranks trials by the epochs that they came to, then by their score there; of equals, the earlier first.
fn rank(trials: &mut [Trial]) {
    let mut order: Vec<usize> = (0..trials.len()).collect();
    let key = |trial: &Trial| {
        let score = trial.outcomes.last().and_then(|outcome| outcome.as_ref()?.score());
        (trial.epochs, score.unwrap_or(f64::NEG_INFINITY))
    };
    order.sort_by(|&a, &b| {
        let ((a, a_score), (b, b_score)) = (key(&trials[a]), key(&trials[b]));
        b.cmp(&a).then(b_score.total_cmp(&a_score))
    });
    for (place, trial) in order.into_iter().enumerate() {
        trials[trial].rank = Some(place + 1);
    }
}
