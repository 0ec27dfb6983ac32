//! A pipeline file with `search`: runs with drawn values, its trials, of which the validation scores choose one.

mod agenda;
mod halving;
mod importance;
mod outcome;
mod parzen;
mod range;
pub(crate) mod raw;
mod report;
mod rungs;
mod sampler;
mod space;
mod state;
mod tested;
pub(crate) mod unit;

use std::fmt;
use std::path::{Path, PathBuf};

use fer_artifact::{Seed, tidy};
use serde_json::Value;

use crate::chain::RawChain;
use crate::error::Problem;
use crate::run_folder::machines::locks_hold_between_machines;
use crate::sweep::{Cell, MOST_CELLS, into_cell, seeds_of};
use crate::yaml::document::Document;
use crate::yaml::locate::Segment;
use crate::yaml::overrides::Override;
use crate::{Error, Pipeline, StageKind, StageName};

pub use importance::Importance;
pub use outcome::{Curve, Outcome, SeedScore};
pub use report::told_trials;
pub use rungs::{Rung, span, told_epochs};
pub use state::{SearchState, Trial, Trials, Winner, WinnerRun};
pub use unit::{Part, Unit};

use agenda::Rules;
use rungs::Bracket;
use space::{SEARCH, Space, Values};

/// A valid pipeline file with `search`.
pub struct Search {
    document: Document,
    base: PathBuf,
    named_run_dir: Option<PathBuf>,
    /// Folder of all trials.
    run_dir: PathBuf,
    /// The training that is searched for.
    trained: StageName,
    /// With which each trial is trained: `seeds`, or none, where the file's `seed` stands for all.
    seeds: Vec<Option<u64>>,
    rules: Rules,
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search").field("run_dir", &self.run_dir).field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Search {
    /// Reads a pipeline file, as [`Pipeline::load`] does, and checks it with every choice and every end of a range; none
    /// where the file has no `search`.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::Invalid`] with everything that is wrong, each with its place.
    pub fn load(path: &Path, overrides: &[String], run_dir: Option<&Path>) -> Result<Option<Self>, Error> {
        let document = Document::read(path, overrides)?;
        let mut raw = RawChain::of(&document)?;
        let Some(search) = raw.search.take() else { return Ok(None) };
        let invalid = |problems| Error::Invalid { problems };
        if let Some(problem) = beside(&document, &raw) {
            return Err(invalid(vec![problem]));
        }
        let seeds = seeds_of(&document, &raw).map_err(invalid)?;
        let seeds = seeds.map_or(vec![None], |seeds| seeds.into_iter().map(Some).collect());
        let runs = search.trials.get().saturating_mul(seeds.len());
        if runs > MOST_CELLS {
            let message =
                format!("expected at most {MOST_CELLS} trials, each counted once for each seed; found {runs}");
            return Err(invalid(vec![document.problem_with_key(&[SEARCH, "trials"].map(Segment::from), message)]));
        }
        let space = Space::new(&document, &search).map_err(invalid)?;
        let base = path.parent().unwrap_or(Path::new("")).to_owned();
        let seed = Seed::new(search.seed.unwrap_or(raw.seed));
        let trained = raw.names_of(StageKind::Train).pop().ok_or_else(|| {
            let message =
                "expected a chain with a stage `train`, whose validation scores choose; found none".to_owned();
            invalid(vec![document.problem_with_key(&[SEARCH.into()], message)])
        })?;
        let root = run_dir.map_or_else(|| tidy(&base.join(&raw.run_dir)), Path::to_owned);
        let (sampler, parallel) = (search.sampler, search.parallel.get());
        let only = Bracket::only(search.trials.get(), seeds.len());
        let rules = Rules { space, sampler, seed, parallel, brackets: vec![only] };
        let named_run_dir = run_dir.map(Path::to_owned);
        let mut found = Self { document, base, named_run_dir, run_dir: root, trained, seeds, rules };
        found.check_corners()?;
        if let Some(halving) = search.halving {
            found.rules.brackets =
                found.brackets(halving, search.trials.get()).map_err(|problem| invalid(vec![problem]))?;
        }
        Ok(Some(found))
    }

    /// Folder of all trials and of the report.
    pub fn run_dir(&self) -> &Path {
        &self.run_dir
    }

    /// The parameters that are searched, in the order of the table.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.rules.space.parameters().iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    }

    /// Fails where several machines must not run it, as locks in its folder hold on one alone.
    ///
    /// # Errors
    /// [`Error::OneMachine`], or a folder in which no file can be locked.
    pub fn check_locks(&self) -> Result<(), Error> {
        locks_hold_between_machines(&self.run_dir)
    }

    /// The rungs, bracket after bracket, the shortest of each first: one where there is no halving.
    pub fn rungs(&self) -> Vec<Rung> {
        self.rules.brackets.iter().flat_map(|bracket| bracket.rungs.iter().copied()).collect()
    }

    /// The seeds with which each trial is trained; nothing where all have that of the file.
    pub fn seeds(&self) -> Vec<u64> {
        self.seeds.iter().copied().flatten().collect()
    }

    /// The run of a trial on a rung.
    ///
    /// # Errors
    /// [`Error::Invalid`], if the values do not go together.
    pub fn cell(&self, unit: &Unit) -> Result<Cell, Error> {
        let mut pipeline = self.pipeline(&unit.values, unit.epochs, unit.seed)?;
        if unit.part == Part::Trial {
            pipeline.stages.retain(|link| !link.is_evaluation());
        }
        let name = unit.folder_name();
        let pipeline = into_cell(pipeline, &name);
        Ok(Cell::of_trial(unit.clone(), name, pipeline))
    }

    /// The chain with these values, in the run folder of the file.
    fn pipeline(&self, values: &Values, epochs: Option<usize>, seed: Option<u64>) -> Result<Pipeline, Error> {
        let mut document = self.document.clone();
        let invalid =
            |message: String| Error::Invalid { problems: vec![self.document.problem(&[SEARCH.into()], message)] };
        // A parameter stands before those below it.
        let searched = values.iter().map(|(name, value)| (name.clone(), value.clone(), self.place_of(name, value)));
        let length = epochs.map(|epochs| {
            (self.epochs_name(), Value::from(epochs), [SEARCH, "halving", "epochs"].map(Segment::from).to_vec())
        });
        let seed = seed.map(|seed| ("seed".to_owned(), Value::from(seed), vec!["seeds".into()]));
        for (name, value, place) in searched.chain(length).chain(seed) {
            let over = Override::in_file(&name, value, place).map_err(invalid)?;
            document.apply(over).map_err(|problem| Error::Invalid { problems: vec![problem] })?;
        }
        let raw = RawChain::of(&document)?;
        Pipeline::build(&document, raw, &self.base, self.named_run_dir.as_deref())
    }

    /// Where the file has a value, or else the range that it was drawn from.
    fn place_of(&self, name: &str, value: &Value) -> Vec<Segment> {
        let range = self.rules.space.parameters().iter().find(|(other, _)| other == name).map(|(_, range)| range);
        let choice = range.and_then(|range| range.choices()?.iter().position(|choice| choice == value));
        let is_end = |place| range.is_some_and(|range| range.value(place) == *value);
        let last: Vec<Segment> = match choice {
            Some(index) => vec!["values".into(), index.into()],
            None if is_end(0.0) => vec!["low".into()],
            None if is_end(1.0) => vec!["high".into()],
            None => vec!["kind".into()],
        };
        space::place(&[&[name.into()][..], &last].concat())
    }

    fn epochs_name(&self) -> String {
        format!("{}.epochs", self.trained)
    }

    /// Every choice and every end of a range must make a valid chain.
    fn check_corners(&self) -> Result<(), Error> {
        let mut problems: Vec<Problem> = vec![];
        for (values, _) in self.rules.space.corners() {
            match self.pipeline(&values, None, None) {
                Ok(_) => {}
                Err(Error::Invalid { problems: found }) => problems.extend(found),
                Err(other) => return Err(other),
            }
        }
        Error::of_problems(problems)
    }
}

/// What cannot stand beside `search`.
fn beside(document: &Document, raw: &RawChain) -> Option<Problem> {
    if raw.engine.is_some() {
        let message = "`engine` is for the cells of a sweep: the trials of a search follow from one another, and \
                       `fer sweep submit` does not take them; start `fer sweep run` on each machine instead";
        return Some(document.problem_with_key(&["engine".into()], message.to_owned()));
    }
    let place = match raw.matrix {
        Some(_) => vec!["matrix".into()],
        None => raw.all_folds()?.place,
    };
    let message =
        "expected `search`, or `search` and `seeds`; `matrix` and `fold: all` make a sweep of their own".to_owned();
    Some(document.problem_with_key(&place, message))
}
