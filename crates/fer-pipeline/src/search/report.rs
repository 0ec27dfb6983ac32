//! What a search tells people: sentences, and a page.

use std::path::PathBuf;

use fer_artifact::{Split, SplitMetrics, counted, write_atomic};
use fer_eval::{SearchReport, SearchTrial, search_report};
use serde_json::Value;

use super::Search;
use super::outcome::Outcome;
use super::rungs::{span, told_epochs};
use super::state::{SearchState, Trial, Winner, WinnerRun};
use crate::run_folder::folder::SEARCH_PAGE;
use crate::sweep::Spread;
use crate::yaml::flow::flow;
use crate::{Error, StageName};

impl SearchState {
    /// What was chosen among how many, in sentences; how far the search is, before that.
    pub fn sentences(&self) -> Vec<String> {
        let tried = self.trials.len();
        let Some(winner) = &self.winner else {
            return vec![match self.ready.is_empty() {
                true if tried == 1 => "The one trial could not be trained.".to_owned(),
                true if self.trials.iter().any(|trial| trial.score().is_some()) => {
                    format!("None of the {tried} trials was trained to the end: those of the last rung failed.")
                }
                true => format!("None of the {tried} trials could be trained."),
                false => {
                    let are = if self.planned == 1 { "is" } else { "are" };
                    format!("{tried} of {} {are} drawn; the search goes on.", counted(self.planned, "trial"))
                }
            }];
        };
        let (trial, accuracy) = (winner.trial, winner.spread().percent());
        let (its, over) = match self.seeds.len() {
            0 | 1 => ("validation accuracy", String::new()),
            seeds => ("mean validation accuracy", format!(" over {seeds} seeds")),
        };
        let mut sentences = vec![match tried {
            1 => format!("Trial {trial} is the only one: its {its} is {accuracy}{over}."),
            _ => format!(
                "Trial {trial} was chosen among {tried}: its {its} is the highest, {accuracy}{over}. As the highest of many, it \
                 is rather too high."
            ),
        }];
        sentences.extend(self.test_sentence(winner));
        let earlier: Vec<String> = self.tested_earlier(winner).iter().map(usize::to_string).collect();
        if !earlier.is_empty() {
            let trials = if earlier.len() == 1 { "trial" } else { "trials" };
            sentences.push(format!(
                "Test has been scored for earlier choices too: {trials} {}. Whoever chooses between them by these scores has \
                 no test left.",
                earlier.join(", ")
            ));
        }
        sentences
    }

    /// The test scores of the chosen trial, once all of them are there.
    fn test_sentence(&self, winner: &Winner) -> Option<String> {
        let of = |run: &WinnerRun| Some((run.seed, run.metrics.as_ref()?.splits.get(&Split::Test)?.clone()));
        let scores = winner.runs.iter().map(of).collect::<Option<Vec<(u64, SplitMetrics)>>>()?;
        let told = match &scores[..] {
            [(_, test)] => {
                let [low, high] = test.accuracy_ci95.map(percent);
                format!("Its test accuracy is {} (95 % interval: {low} to {high})", percent(test.accuracy))
            }
            several => {
                let mean = Spread::of(&several.iter().map(|(_, test)| test.accuracy).collect::<Vec<_>>()).percent();
                let each = several.iter().map(|(seed, test)| format!("{} with seed {seed}", percent(test.accuracy)));
                let each = each.collect::<Vec<_>>().join(", ");
                format!("Its test accuracy is {mean} over {} seeds: {each}", several.len())
            }
        };
        let once = match (self.tested_earlier(winner).is_empty(), scores.len()) {
            (false, _) => ".",
            (true, 1) => ", and was scored once, for this trial.",
            (true, _) => ", and was scored once with each seed, for this trial.",
        };
        Some(format!("{told}. Test served for no choice{once}"))
    }

    /// The trials that were scored on test before this one was chosen; itself too, if it was after another training.
    fn tested_earlier(&self, winner: &Winner) -> Vec<usize> {
        let mut earlier = self.tested.clone();
        for _ in winner.runs.iter().filter(|run| run.metrics.is_some()) {
            let own = earlier.iter().position(|trial| *trial == winner.trial);
            own.map(|own| earlier.remove(own));
        }
        earlier.dedup();
        earlier
    }

    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        let is_scored = |winner: &Winner| winner.runs.iter().all(|run| run.wanted.is_none());
        self.ready.is_empty() && self.winner.as_ref().is_none_or(is_scored)
    }

    /// How much was trained, in a few words.
    pub fn effort(&self) -> Option<String> {
        let epochs = span([self.fewest_epochs, self.epochs]);
        (self.full_epochs > 0).then(|| format!("{epochs} epochs; {} without halving", self.full_epochs))
    }

    /// The same with what it is: a plan, until the search is done. A trial that failed was trained for less.
    pub fn told_effort(&self) -> Option<String> {
        let has_failed = self.trials.iter().any(|trial| trial.failure().is_some());
        let begin = match (self.is_done(), has_failed) {
            (false, _) => "Planned",
            (true, false) => "Trained",
            (true, true) => "Trained at most",
        };
        Some(format!("{begin}: {}", self.effort()?))
    }
}

impl Winner {
    /// Mean and spread of the validation accuracy.
    fn spread(&self) -> Spread {
        Spread { n: self.runs.len(), mean: self.validation_accuracy, deviation: self.deviation }
    }
}

impl Trial {
    /// Its last result and the epochs of it: of a trial under way, those of the rung before.
    fn last(&self) -> Option<&Outcome> {
        self.outcomes.iter().rev().flatten().next()
    }

    /// Its score, on the last rung that it has one of.
    pub fn score(&self) -> Option<f64> {
        self.last()?.score()
    }

    /// The same with its spread over seeds.
    pub fn spread(&self) -> Option<Spread> {
        match self.last()? {
            Outcome::Trained(curve) => Some(curve.spread()),
            Outcome::Failed(_) => None,
        }
    }

    /// Why it has none, if it failed.
    pub fn failure(&self) -> Option<&str> {
        match self.last()? {
            Outcome::Failed(message) => Some(message),
            Outcome::Trained(_) => None,
        }
    }
}

impl Search {
    /// Writes the page of the search into its run folder; gives its path.
    ///
    /// # Errors
    /// [`Error::Report`], or a file that cannot be written.
    pub fn write_report(&self, state: &SearchState) -> Result<PathBuf, Error> {
        let path = self.run_dir().join(SEARCH_PAGE);
        let refused = |source| Error::Report { path: path.clone(), source: Box::new(source) };
        let page = search_report(&self.page(state)).map_err(refused)?;
        write_atomic(&path, |out| out.write_all(page.as_bytes()))?;
        Ok(path)
    }

    fn page(&self, state: &SearchState) -> SearchReport {
        let names = self.names();
        let chosen = state.winner.as_ref().map(|winner| winner.trial);
        let rows = state.ranked().into_iter().map(|trial| SearchTrial {
            trial: trial.trial,
            values: names.iter().map(|name| shown(trial.values.get(name))).collect(),
            epochs: told_epochs(trial.epochs),
            score: trial.score(),
            deviation: trial.spread().and_then(|spread| spread.deviation),
            remark: trial.failure().unwrap_or_default().to_owned(),
            points: match trial.last() {
                Some(Outcome::Trained(curve)) => curve.points.clone(),
                _ => vec![],
            },
            is_chosen: Some(trial.trial) == chosen,
        });
        SearchReport {
            title: format!("Search for {}", self.trained),
            facts: [Some(told_trials(state.trials.len(), &state.seeds)), state.told_effort()]
                .into_iter()
                .flatten()
                .collect(),
            chosen: state.sentences(),
            trials: rows.collect(),
            importance: state.importance.iter().map(|one| (one.name.clone(), one.share)).collect(),
            notes: notes(state, self.trained),
            parameters: names,
            configuration: self.document.text().to_owned(),
        }
    }
}

/// `30 trials`, or `30 trials with 3 seeds each`.
pub fn told_trials(trials: usize, seeds: &[u64]) -> String {
    let trials = counted(trials, "trial");
    if seeds.len() > 1 { format!("{trials} with {} seeds each", seeds.len()) } else { trials }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn shown(value: Option<&Value>) -> String {
    value.map_or("–".to_owned(), flow)
}

fn notes(state: &SearchState, trained: StageName) -> Vec<String> {
    let own = "A difference of a few images is chance";
    let mut notes = match &state.seeds[..] {
        [] | [_] => vec![
            format!(
                "Trials are compared by the validation accuracy of the weights that `{trained}` keeps; equal ones by their \
                 number."
            ),
            format!("{own}: train the best trials with other seeds before you prefer one."),
        ],
        seeds => vec![
            format!(
                "Trials are compared by the validation accuracy of the weights that `{trained}` keeps, the mean over the seeds \
                 {}, ± their sample standard deviation; equal ones by their number. The curves are means, too.",
                seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
            ),
            format!("{own}, and one of less than the spread over seeds may be."),
        ],
    };
    let brackets = state.rungs.last().map_or(0, |rung| rung.bracket + 1);
    if state.rungs.len() > brackets {
        let of_bracket = |bracket: usize| {
            let own = state.rungs.iter().filter(|rung| rung.bracket == bracket);
            let own = own.map(|rung| format!("{} for {} epochs", rung.trials, rung.epochs.unwrap_or_default()));
            own.collect::<Vec<_>>().join(", ")
        };
        let rungs = (0..brackets).map(of_bracket).collect::<Vec<_>>().join("; ");
        let brackets = if brackets > 1 { ", bracket after bracket" } else { "" };
        notes.push(format!(
            "Trials stop early{brackets}: {rungs}. Each was scored at the end of a training of that length, with its fall of the \
             rate; those that went on did so from before that fall, and are what they would be had they never stopped."
        ));
    }
    notes
}
