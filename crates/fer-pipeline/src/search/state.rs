//! How far a search is.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;

use fer_artifact::{Metrics, with_causes};
use serde::Serialize;

use super::importance::{Importance, importance};
use super::outcome::{Outcome, outcome};
use super::rungs::Rung;
use super::space::Values;
use super::tested::tested;
use super::unit::{Part, Unit};
use super::{Search, agenda::Played};
use crate::run_folder::folder::CELLS;
use crate::sweep::{Cell, CellStatus};
use crate::{Error, RunState};

/// A search as far as its results go.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchState {
    /// Trials that the file asks for.
    pub planned: usize,
    /// How long they are trained.
    pub rungs: Vec<Rung>,
    /// Epochs that all trials together train: at most so many.
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
    /// that was scored after trainings of several lengths stands here as often.
    pub tested: Vec<usize>,
    /// What the differences between trials go with, by their scores on the first rung.
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
    /// Value by parameter.
    pub values: Values,
    /// Epochs on its last rung, if they are known.
    pub epochs: Option<usize>,
    /// Its place among all trials, from 1, once all are trained: by the rung that it came to, then by its score there.
    pub rank: Option<usize>,
    /// What became of it on each rung; nothing of the last where it is not there yet.
    pub outcomes: Vec<Option<Outcome>>,
    /// How its run on the last rung stands, if one has begun and has no result yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunState>,
}

/// The trial that was chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Winner {
    /// Its number.
    pub trial: usize,
    /// Its run folder.
    pub run_dir: PathBuf,
    /// The validation accuracy by which it was chosen.
    pub validation_accuracy: f64,
    /// The scores of the last evaluation in its chain, once that has run.
    pub metrics: Option<Metrics>,
    /// The run that has still to be made for them.
    #[serde(skip)]
    pub wanted: Option<Unit>,
}

/// The trials of a search, and what is known of them: what was read once is not read again.
pub struct Trials<'a> {
    search: &'a Search,
    /// By rung and trial; the chosen one's whole chain at the end.
    cells: Vec<OnceCell<Cell>>,
    outcomes: RefCell<BTreeMap<(usize, usize), Outcome>>,
}

impl<'a> Trials<'a> {
    /// Those of a search; nothing is read yet.
    pub fn new(search: &'a Search) -> Self {
        let count = search.rungs().len() * search.rungs()[0].trials + 1;
        Self { search, cells: (0..count).map(|_| OnceCell::new()).collect(), outcomes: RefCell::default() }
    }

    /// The run of a trial.
    ///
    /// # Errors
    /// [`Error::Invalid`], if its values do not go together.
    pub fn cell(&self, unit: &Unit) -> Result<&Cell, Error> {
        let (rungs, trials) = (self.search.rungs(), self.search.rungs()[0].trials);
        let rung = rungs.iter().position(|rung| rung.epochs == unit.epochs).unwrap_or(0);
        let slot = match unit.part {
            Part::Trial => &self.cells[rung * trials + unit.trial],
            Part::Whole => &self.cells[rungs.len() * trials],
        };
        if let Some(cell) = slot.get() {
            return Ok(cell);
        }
        let cell = self.search.cell(unit)?;
        Ok(slot.get_or_init(|| cell))
    }

    /// How far the search is, by the run folders of its trials.
    ///
    /// # Errors
    /// A training that says nothing of validation, or a file that cannot be read.
    pub fn state(&self) -> Result<SearchState, Error> {
        let mut look = |rung: usize, unit: &Unit| self.outcome(rung, unit);
        let Played { trials, ready, ranking } = self.search.rules.play(&mut look, &Outcome::score)?;
        let rungs = self.search.rungs().to_vec();
        let (names, planned) = (self.search.names(), rungs[0].trials);
        let scored: Vec<(&Values, Option<f64>)> =
            trials.iter().filter_map(|drawn| Some((&drawn.values, drawn.results[0].as_ref()?.score()))).collect();
        let importance = importance(&names, &scored);
        let mut trials: Vec<Trial> = trials
            .into_iter()
            .enumerate()
            .map(|(trial, drawn)| Trial {
                trial,
                values: drawn.values,
                epochs: rungs[drawn.results.len() - 1].epochs,
                rank: None,
                outcomes: drawn.results,
                run: None,
            })
            .collect();
        for (_, unit) in &ready {
            trials[unit.trial].run = self.cell(unit)?.last_run();
        }
        if !ranking.is_empty() {
            rank(&mut trials);
        }
        let winner = ranking.first().map(|&best| self.winner(&trials[best])).transpose()?.flatten();
        let tested = tested(&self.search.run_dir().join(CELLS))?;
        let ready = ready.into_iter().map(|(_, unit)| unit).collect();
        let [fewest_epochs, epochs] = [0, 1].map(|bound| rungs.iter().map(|rung| rung.cost()[bound]).sum());
        let full_epochs = planned * rungs.last().and_then(|rung| rung.epochs).unwrap_or_default();
        Ok(SearchState {
            planned,
            rungs,
            epochs,
            fewest_epochs,
            full_epochs,
            trials,
            winner,
            tested,
            importance,
            ready,
        })
    }

    fn outcome(&self, rung: usize, unit: &Unit) -> Result<Option<Outcome>, Error> {
        if let Some(known) = self.outcomes.borrow().get(&(rung, unit.trial)) {
            return Ok(Some(known.clone()));
        }
        let found = match self.cell(unit) {
            Ok(cell) => outcome(cell, self.search.trained)?,
            Err(error @ Error::Invalid { .. }) => Some(Outcome::Failed(with_causes(&error))),
            Err(other) => return Err(other),
        };
        if let Some(outcome) = &found {
            self.outcomes.borrow_mut().insert((rung, unit.trial), outcome.clone());
        }
        Ok(found)
    }

    /// The chosen trial, if it has a score at all.
    fn winner(&self, best: &Trial) -> Result<Option<Winner>, Error> {
        let Some(validation_accuracy) = best.outcomes.last().and_then(|outcome| outcome.as_ref()?.score()) else {
            return Ok(None);
        };
        let unit = Unit { trial: best.trial, values: best.values.clone(), epochs: best.epochs, part: Part::Whole };
        let cell = self.cell(&unit)?;
        let CellStatus { metrics, why, .. } = cell.status();
        // Another process may have been at the trial without its scores last.
        let wanted = (!why.is_empty() || !cell.is_configured()).then_some(unit);
        let run_dir = cell.run_dir().to_owned();
        Ok(Some(Winner { trial: best.trial, run_dir, validation_accuracy, metrics, wanted }))
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

/// Ranks trials by how far they came, then by their score there; of equals, the earlier first.
fn rank(trials: &mut [Trial]) {
    let mut order: Vec<usize> = (0..trials.len()).collect();
    let key = |trial: &Trial| {
        let score = trial.outcomes.last().and_then(|outcome| outcome.as_ref()?.score());
        (trial.outcomes.len(), score.unwrap_or(f64::NEG_INFINITY))
    };
    order.sort_by(|&a, &b| {
        let ((a, a_score), (b, b_score)) = (key(&trials[a]), key(&trials[b]));
        b.cmp(&a).then(b_score.total_cmp(&a_score))
    });
    for (place, trial) in order.into_iter().enumerate() {
        trials[trial].rank = Some(place + 1);
    }
}
