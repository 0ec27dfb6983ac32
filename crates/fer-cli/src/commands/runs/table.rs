//! Runs beside each other.

use std::collections::BTreeSet;

use fer_artifact::Split;
use fer_pipeline::RunState;
use fer_pipeline::compare::{Evaluated, Run, differing_parameters};

use crate::commands::format::{minute, shown};
use crate::table::{Align, Table};

/// A run a line, or a line for each of its evaluations: two columns for each split that any has, how the run stands, what
/// was noted, and what differs.
pub(super) fn of(runs: &[Run]) -> Table {
    let evaluations = || runs.iter().flat_map(|run| &run.evaluations);
    let has = |split: &Split| evaluations().any(|evaluated| evaluated.metrics.splits.contains_key(split));
    let splits: Vec<Split> = Split::ALL.into_iter().filter(has).collect();
    let has_several = runs.iter().any(|run| run.evaluations.len() > 1);
    let has_notes = runs.iter().any(|run| run.note.is_some());
    let differing = differing_parameters(runs);
    let mut table = empty(&splits, has_several, has_notes);
    for run in runs {
        let note = has_notes.then(|| run.note.clone().unwrap_or_default());
        let ends: Vec<String> =
            [Some(state(run)), note, Some(differences(run, &differing))].into_iter().flatten().collect();
        let lines = run.evaluations.iter().map(Some).chain(run.evaluations.is_empty().then_some(None));
        for evaluated in lines {
            let stage = evaluated.map_or("–".to_owned(), |evaluated| evaluated.stage.to_string());
            let scores = splits.iter().flat_map(|split| scores(evaluated, *split));
            let start = [run.path.display().to_string()].into_iter().chain(has_several.then_some(stage));
            table.row(start.chain(scores).chain(ends.clone()));
        }
    }
    table
}

/// The columns. A narrow terminal does without F1, first of all.
fn empty(splits: &[Split], has_several: bool, has_notes: bool) -> Table {
    let mut columns = vec![("run".to_owned(), Align::Left)];
    columns.extend(has_several.then(|| ("evaluation".to_owned(), Align::Left)));
    let first = columns.len();
    for split in splits {
        columns.extend([(format!("{split} accuracy"), Align::Right), ("macro F1".to_owned(), Align::Right)]);
    }
    let spare = (0..splits.len()).map(|place| first + 2 * place + 1).collect();
    let state = columns.len();
    columns.push(("state".to_owned(), Align::Left));
    columns.extend(has_notes.then(|| ("note".to_owned(), Align::Left)));
    columns.push(("differs in".to_owned(), Align::Left));
    let broken = (state..columns.len()).collect();
    Table::new(columns).yielding(spare, broken)
}

/// How the run stands; of one that is finished, when it was: `2026-05-17 08:30`.
fn state(run: &Run) -> String {
    match (&run.state, &run.finished) {
        (RunState::Finished, Some(time)) => minute(time),
        (state, _) => state.to_string().replace('\n', " "),
    }
}

fn scores(evaluated: Option<&Evaluated>, split: Split) -> [String; 2] {
    let scores = evaluated.and_then(|evaluated| Some((evaluated.is_current, evaluated.metrics.splits.get(&split)?)));
    match scores {
        Some((is_current, scores)) => {
            let mark = if is_current { "" } else { " *" };
            [format!("{:.1} %{mark}", 100.0 * scores.accuracy), format!("{:.3}", scores.macro_f1)]
        }
        None => ["–", "–"].map(str::to_owned),
    }
}

fn differences(run: &Run, names: &BTreeSet<String>) -> String {
    let there = names.iter().filter_map(|name| Some((name, run.parameters.get(name)?)));
    there.map(|(name, value)| format!("{name}={}", shown(Some(value)))).collect::<Vec<_>>().join(" ")
}
