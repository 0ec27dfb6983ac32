//! `halving`, as a file asks for it: on which rungs its trials stop.

use super::Search;
use super::raw::Halving;
use super::rungs::{Bracket, Ladder};
use super::space::{SEARCH, place};
use crate::Pipeline;
use crate::error::Problem;
use crate::stage::Resumable;
use crate::yaml::locate::Segment;

impl Search {
    /// The brackets of so many trials.
    pub(super) fn brackets(&self, halving: Halving, trials: usize) -> Result<Vec<Bracket>, Problem> {
        self.check_factor(halving, trials)?;
        self.check_lengths()?;
        let mut found: Option<Vec<Bracket>> = None;
        // Each choice may have a schedule of its own.
        for (values, place) in self.rules.space.corners() {
            let pipeline = self.pipeline(&values, None, None).expect("the corners were checked before");
            let (ladder, resumable) = self.ladder(halving, &pipeline)?;
            if let Err(why) = resumable.free_epochs(ladder.first) {
                let message = format!(
                    "a trial could not go on from where it stopped: {why}; `schedule: {{name: stable}}` has a fall that does not"
                );
                return Err(self.document.problem(&place, message));
            }
            let dealt = self.dealt(halving, ladder, trials)?;
            let free = |epochs: usize| resumable.free_epochs(epochs).unwrap_or(0);
            let brackets = ladder.brackets(&dealt, self.seeds.len(), &free);
            // The first bracket has the fewest epochs.
            if brackets[0].rungs.len() > 1 && free(ladder.first) == 0 {
                let message =
                    format!("expected more epochs: of {}, none is left from which a trial could go on", ladder.first);
                return Err(self.problem("epochs", message));
            }
            found = Some(match found {
                None => brackets,
                Some(found) => found.into_iter().zip(&brackets).map(|(bracket, other)| bracket.or(other)).collect(),
            });
        }
        Ok(found.expect("a space has a corner"))
    }

    /// Something wrong with a key of `halving`.
    fn problem(&self, key: &str, message: String) -> Problem {
        self.document.problem_with_key(&[SEARCH, "halving", key].map(Segment::from), message)
    }

    fn check_factor(&self, halving: Halving, trials: usize) -> Result<(), Problem> {
        let factor = halving.factor.get();
        if factor < 2 {
            return Err(self.problem("factor", format!("expected a whole number from 2, found {factor}")));
        }
        if trials < factor {
            let message =
                format!("expected at most {trials}, the `trials`, of which one in so many goes on; found {factor}");
            return Err(self.problem("factor", message));
        }
        Ok(())
    }

    /// The lengths of trainings are those of the rungs: no parameter of the search.
    fn check_lengths(&self) -> Result<(), Problem> {
        let name = self.epochs_name();
        let is_length = |searched: &&String| name == **searched || name.starts_with(&format!("{searched}."));
        match self.names().iter().find(is_length) {
            None => Ok(()),
            Some(searched) => {
                let message = format!("`{searched}` is not for a search with `halving`, which chooses the epochs");
                Err(self.document.problem_with_key(&place(&[searched.as_str().into()]), message))
            }
        }
    }

    /// The rungs of this chain, and its training.
    fn ladder<'a>(&self, halving: Halving, pipeline: &'a Pipeline) -> Result<(Ladder, &'a dyn Resumable), Problem> {
        let link = pipeline.stages.iter().find(|link| link.name() == self.trained);
        let stage = link.and_then(|link| Some((link.stage.params()["epochs"].as_u64()?, link.stage.resumable()?)));
        let Some((epochs, resumable)) = stage else {
            let message = format!("stage `{}` is a program, which cannot be made longer", self.trained);
            return Err(self.problem("epochs", message));
        };
        let (first, factor, last) = (halving.epochs.get(), halving.factor.get(), epochs as usize);
        if first > last {
            let message = format!("expected at most {last}, the `epochs` of `{}`, found {first}", self.trained);
            return Err(self.problem("epochs", message));
        }
        Ok((Ladder { first, factor, last }, resumable))
    }

    /// The trials of each bracket.
    fn dealt(&self, halving: Halving, ladder: Ladder, trials: usize) -> Result<Vec<usize>, Problem> {
        let (levels, brackets) = (ladder.levels(), halving.brackets.get());
        if brackets > levels.len() {
            let epochs = levels.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
            let message =
                format!("expected at most {}, one for each rung (of {epochs} epochs), found {brackets}", levels.len());
            return Err(self.problem("brackets", message));
        }
        let dealt = ladder.deal(trials, brackets);
        match dealt.iter().position(|&trials| trials == 0) {
            None => Ok(dealt),
            Some(empty) => {
                let message = format!(
                    "expected fewer brackets, or more `trials`: of {trials}, bracket {empty} gets none; found {brackets} brackets"
                );
                Err(self.problem("brackets", message))
            }
        }
    }
}
