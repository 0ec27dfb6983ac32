//! A search: its trials in processes of their own, one after the other as their results allow.

use std::ffi::OsString;

use anyhow::Result;
use fer_artifact::with_causes;
use fer_pipeline::RunState;
use fer_pipeline::search::{Part, Rung, Search, SearchState, Trials, Unit, told_trials};
use fer_pipeline::sweep::{Cell, CellState};

use super::board::Board;
use super::children::{Children, End};
use super::search_table::{plan_section, trials_section};
use crate::commands::format::FormatArgs;
use crate::exit_status::ExitStatus;
use crate::interrupt::{self, Interrupt};
use crate::terminal::{Verbosity, to_stderr};

/// Looks at the children between two looks at what others have made.
const LOOKS: usize = 25;

/// Prints what a search trains, and on which rungs.
pub(super) fn plan(search: &Search, format: &FormatArgs) -> Result<ExitStatus> {
    let state = Trials::new(search).state()?;
    let trials = told_trials(state.planned, &state.seeds);
    let note = state.effort().map_or(trials.clone(), |effort| format!("{trials}: {effort}"));
    format.print(&state.rungs, &[plan_section(&state)], &note)?;
    Ok(ExitStatus::Success)
}

/// Prints how far a search is.
pub(super) fn status(search: &Search, format: &FormatArgs) -> Result<ExitStatus> {
    let state = Trials::new(search).state()?;
    print(search, &state, format, None)?;
    Ok(ExitStatus::of(state.winner.is_some() && state.is_done()))
}

/// How trials run.
pub(super) struct Workers {
    /// Trials at a time.
    pub(super) jobs: usize,
    /// Arguments and threads of each one's process.
    pub(super) arguments: Vec<OsString>,
    pub(super) threads: usize,
    pub(super) verbosity: Verbosity,
}

/// Runs what of a search has not run, and prints the table.
pub(super) fn run(search: &Search, workers: Workers, format: &FormatArgs) -> Result<ExitStatus> {
    let interrupt = Interrupt::watch()?;
    let trials = Trials::new(search);
    let failed = run_all(workers, &trials, &interrupt)?;
    if interrupt.is_asked() {
        to_stderr("error: interrupted; `fer sweep run` goes on from here");
        return Ok(interrupt::status());
    }
    let state = trials.state()?;
    let report = if state.is_done() { Some(search.write_report(&state)?) } else { None };
    let report = report.map(|path| path.display().to_string());
    print(search, &state, format, report.as_deref())?;
    if failed > 0 {
        to_stderr("error: a trial failed, and later ones wait for its result; `fer sweep run` tries it again");
    }
    let has_none = state.is_done() && state.winner.is_none();
    if has_none {
        to_stderr("error: no trial was trained to the end, so none was chosen");
    }
    Ok(ExitStatus::of(failed == 0 && !has_none))
}

fn print(search: &Search, state: &SearchState, format: &FormatArgs, report: Option<&str>) -> Result<()> {
    let mut note = state.sentences();
    note.extend(state.told_effort().map(|effort| format!("{effort}.")));
    if let Some(winner) = &state.winner {
        note.extend(winner.runs.iter().map(|run| {
            let seed = if state.seeds.is_empty() { String::new() } else { format!(" with seed {}", run.seed) };
            format!("Run{seed}: {}", run.run_dir.display())
        }));
    }
    note.extend(report.map(|report| format!("Report: {report}")));
    format.print(state, &[trials_section(&search.names(), state)], &note.join("\n"))
}

/// What can be trained now: trials, and in the end the whole chain of the chosen one, with each seed.
fn wanted(state: &SearchState) -> Vec<Unit> {
    let last = state.winner.iter().flat_map(|winner| &winner.runs).filter_map(|run| run.wanted.clone());
    state.ready.iter().cloned().chain(last).collect()
}

/// Runs trials, each in a process of its own, until all are done, or one fails. Gives how many failed.
fn run_all<'a>(workers: Workers, trials: &'a Trials<'_>, interrupt: &Interrupt) -> Result<usize> {
    let Workers { jobs, arguments, threads, verbosity } = workers;
    let mut children: Children<'a> = Children::new(arguments, threads)?;
    let first = trials.state()?;
    let all: usize = first.rungs.iter().map(Rung::trainings).sum();
    let mut board = Board::new(all + first.seeds.len().max(1), jobs, verbosity);
    (0..trials.results()).for_each(|_| board.ended(None));
    let (mut waiting, mut looks, mut failed) = (wanted(&first), 0, 0);
    loop {
        let is_stopping = interrupt.is_asked() || failed > 0;
        if interrupt.is_asked() {
            children.stop();
        }
        if looks >= LOOKS {
            (waiting, looks) = (wanted(&trials.state()?), 0);
        }
        for unit in waiting.iter().filter(|_| !is_stopping) {
            if children.len() < jobs {
                failed += usize::from(!start(trials.cell(unit)?, unit.part, &mut children, &board));
            }
        }
        if children.is_empty() && (is_stopping || waiting.is_empty()) {
            return Ok(failed);
        }
        board.update(children.running(), waiting.len().saturating_sub(children.len()));
        looks += 1;
        for (cell, end) in children.ended()? {
            looks = LOOKS;
            board.ended(if let End::Done { seconds } = end { Some(seconds) } else { None });
            match (without_result(cell, &end, interrupt), cell.divergence()) {
                (Some(_), Some(message)) => board.tell(cell, &format!("counts as the worst: {message}")),
                (Some(why), None) => {
                    failed += 1;
                    board.line(&format!("trial {}  {}: {why}", cell.index, cell.name));
                }
                (None, _) => board.tell(cell, &end.to_string()),
            }
        }
    }
}

/// Why there is no result after the end of a trial's process, though it should be there: to start it again would be to do
/// so for ever.
fn without_result(cell: &Cell, end: &End, interrupt: &Interrupt) -> Option<String> {
    match end {
        End::Failed { .. } => Some(end.to_string()),
        End::Interrupted => (!interrupt.is_asked()).then(|| "was stopped, though nobody stopped the search".to_owned()),
        End::Done { .. } => {
            let status = cell.status();
            // Another process may be at it again.
            let is_there = matches!(status.state, CellState::Fresh | CellState::Running);
            (!is_there).then(|| format!("ended without a result: {}", status.why))
        }
    }
}

/// Starts a trial, unless it runs already, here or elsewhere; whether that went well.
fn start<'a>(cell: &'a Cell, part: Part, children: &mut Children<'a>, board: &Board) -> bool {
    let is_own = children.running().any(|(other, _)| std::ptr::eq(other, cell));
    if is_own || matches!(cell.last_run(), Some(RunState::Running { .. })) {
        return true;
    }
    match children.start(cell) {
        Ok(()) => board.tell(cell, if part == Part::Whole { "scores test" } else { "runs" }),
        Err(refused) => {
            board.line(&format!("error: {}", with_causes(refused.as_ref())));
            return false;
        }
    }
    true
}
