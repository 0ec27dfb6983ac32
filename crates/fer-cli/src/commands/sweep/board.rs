//! What a person sees while a sweep runs: a line for each cell that begins or ends, and on a terminal how far all are.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use console::Term;
use fer_pipeline::progress::Clock;
use fer_pipeline::sweep::Cell;
use fer_pipeline::{Activity, RunState, duration};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::clock::SystemClock;
use crate::terminal::{Verbosity, to_stderr, width};

/// From one look at the cells under way to the next.
const PERIOD: Duration = Duration::from_millis(500);

pub(super) struct Board {
    cells: usize,
    done: usize,
    jobs: usize,
    /// Seconds of the cells that ran to their end here.
    seconds: Vec<f64>,
    bar: Option<ProgressBar>,
    clock: SystemClock,
    shown: Option<Duration>,
    verbosity: Verbosity,
}

impl Board {
    /// Of so many cells, of which so many run at a time.
    pub(super) fn new(cells: usize, jobs: usize, verbosity: Verbosity) -> Self {
        let has_bar = stderr().is_terminal() && verbosity > Verbosity::Quiet;
        let style = ProgressStyle::with_template("{msg}").expect("a valid template");
        let bar = || ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style);
        let (clock, bar) = (SystemClock::start(), has_bar.then(bar));
        Self { cells, done: 0, jobs, seconds: vec![], bar, clock, shown: None, verbosity }
    }

    /// Tells what becomes of a cell.
    pub(super) fn tell(&self, cell: &Cell, what: &str) {
        if self.verbosity > Verbosity::Quiet {
            self.line(&format!("cell {}  {}: {what}", cell.index, cell.name));
        }
    }

    /// Tells what not even a quiet sweep keeps to itself.
    pub(super) fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| to_stderr(text)),
            None => to_stderr(text),
        }
    }

    /// A cell has ended, after so many seconds if it ran.
    pub(super) fn ended(&mut self, seconds: Option<f64>) {
        self.done += 1;
        self.seconds.extend(seconds);
    }

    /// Shows how far the cells are; so many still wait.
    pub(super) fn update<'a>(&mut self, running: impl Iterator<Item = (&'a Cell, f64)>, waiting: usize) {
        let now = self.clock.elapsed();
        let Some(bar) = &self.bar else { return };
        if self.shown.is_some_and(|shown| now - shown < PERIOD) {
            return;
        }
        let running: Vec<(&Cell, f64, Option<Activity>)> =
            running.map(|(cell, seconds)| (cell, seconds, activity(cell))).collect();
        let pace: Vec<(f64, Option<f64>)> = running.iter().map(|(_, seconds, at)| (*seconds, left(at))).collect();
        let left = time_left(&self.seconds, &pace, waiting, self.jobs);
        let left = left.map_or(String::new(), |left| format!(", {} left", duration(left)));
        let mut lines = vec![format!("  {} of {} cells done{left}", self.done, self.cells)];
        for (cell, _, activity) in &running {
            let at = activity.as_ref().map_or("begins".to_owned(), Activity::to_string);
            lines.push(format!("    cell {}  {at}  {}", cell.index, cell.name));
        }
        let width = width(&Term::stderr()).unwrap_or(usize::MAX).saturating_sub(1);
        let cut = lines.iter().map(|line| line.chars().take(width).collect::<String>());
        bar.set_message(cut.collect::<Vec<_>>().join("\n"));
        bar.tick();
        self.shown = Some(now);
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn activity(cell: &Cell) -> Option<Activity> {
    match cell.last_run() {
        Some(RunState::Running { activity, .. }) => activity,
        _ => None,
    }
}

fn left(activity: &Option<Activity>) -> Option<f64> {
    activity.as_ref().and_then(|activity| activity.seconds_left).map(|seconds| seconds as f64)
}

/// Seconds that a sweep will take: a cell takes as long as those that are done, or as those under way will have taken.
/// `running` has the seconds that each has run, and will still take.
fn time_left(done: &[f64], running: &[(f64, Option<f64>)], waiting: usize, jobs: usize) -> Option<u64> {
    let expected = running.iter().filter_map(|(seconds, left)| Some(seconds + (*left)?));
    let known: Vec<f64> = if done.is_empty() { expected.collect() } else { done.to_vec() };
    if known.is_empty() {
        return None;
    }
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let under_way: f64 = running.iter().map(|(seconds, left)| left.unwrap_or((mean - seconds).max(0.0))).sum();
    Some(((under_way + mean * waiting as f64) / jobs as f64).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_cells_done_or_under_way() {
        assert_eq!(time_left(&[], &[(3.0, None)], 4, 1), None);
        // A cell of 40 s of which 30 are left, and two more, one at a time.
        assert_eq!(time_left(&[], &[(10.0, Some(30.0))], 2, 1), Some(110));
        // Cells take 20 s: one has run 5 s, the other for longer than expected; three wait, two run at a time.
        assert_eq!(time_left(&[10.0, 30.0], &[(5.0, None), (25.0, None)], 3, 2), Some(38));
    }
}
