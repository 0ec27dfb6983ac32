//! What a person sees of a search.

use fer_pipeline::search::{SearchState, Trial, span, told_epochs};

use crate::commands::format::{Section, shown};
use crate::table::{Align, Table};

/// A rung a line.
pub(super) fn plan_section(state: &SearchState) -> Section {
    let has_brackets = state.rungs.iter().any(|rung| rung.bracket > 0);
    let bracket = has_brackets.then_some("bracket");
    let columns = ["rung", "trials", "epochs", "epochs taken over", "epochs in all"];
    let columns = bracket.into_iter().chain(columns);
    let mut table = Table::new(columns.map(|name| (name.to_owned(), Align::Right)));
    for (index, rung) in state.rungs.iter().enumerate() {
        let number = state.rungs[..index].iter().filter(|other| other.bracket == rung.bracket).count();
        let epochs = told_epochs(rung.epochs);
        let cost = rung.epochs.map_or("–".to_owned(), |_| span(rung.cost()));
        let taken_over = span([rung.taken_over, rung.taken_over_at_most]);
        let bracket = has_brackets.then(|| rung.bracket.to_string());
        let cells = [number.to_string(), rung.trials.to_string(), epochs, taken_over, cost];
        table.row(bracket.into_iter().chain(cells));
    }
    Section { title: String::new(), table, empty: "" }
}

/// A trial a line: once all are done, the best first.
pub(super) fn trials_section(names: &[String], state: &SearchState) -> Section {
    let mut columns = vec![("trial".to_owned(), Align::Right)];
    columns.extend(names.iter().map(|name| (name.clone(), Align::Left)));
    columns.extend(["epochs", "validation accuracy"].map(|name| (name.to_owned(), Align::Right)));
    columns.push(("state".to_owned(), Align::Left));
    let mut table = Table::new(columns);
    for trial in state.ranked() {
        let values = names.iter().map(|name| shown(trial.values.get(name)));
        let epochs = told_epochs(trial.epochs);
        let score = trial.spread().map_or("–".to_owned(), |spread| spread.percent());
        table.row([trial.trial.to_string()].into_iter().chain(values).chain([epochs, score, told(trial, state)]));
    }
    Section { title: String::new(), table, empty: "none" }
}

/// What becomes of a trial.
fn told(trial: &Trial, state: &SearchState) -> String {
    let is_chosen = state.winner.as_ref().is_some_and(|winner| winner.trial == trial.trial);
    let longest = state.rungs.last().and_then(|rung| rung.epochs);
    match (trial.failure(), trial.outcomes.last()) {
        (Some(message), _) => format!("failed: {}", message.replace('\n', " ")),
        (None, Some(None)) => {
            let run = trial.run.as_ref().map_or("waiting".to_owned(), |run| run.to_string().replace('\n', " "));
            let (left, seeds) = (trial.left, state.seeds.len());
            if left < seeds { format!("{run}; {left} of {seeds} seeds left") } else { run }
        }
        _ if is_chosen => "chosen".to_owned(),
        _ if trial.epochs < longest && state.winner.is_some() => "stopped".to_owned(),
        _ => "trained".to_owned(),
    }
}
