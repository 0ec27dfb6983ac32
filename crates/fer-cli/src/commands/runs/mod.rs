//! `fer runs`: the runs below a folder, chosen, sorted and beside each other.

mod query;
mod table;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fer_pipeline::compare::Run;

use super::format::{FormatArgs, Section};
use crate::exit_status::ExitStatus;
use crate::terminal::{error, to_stderr};
use query::{Condition, Order, unknown};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer runs
  fer runs --where 'train.epochs>10' --sort validation
  fer runs --where state=failed --where 'note~baseline'
  fer runs runs/sweep --md > table.md
Lists every run below the folder: how it stands, its scores, and the parameters that differ between the runs.
A NAME is a parameter (`train.epochs`), a split for its accuracy (`validation`), a split's score (`test.macro_f1`), `run`,
`state`, `note` or `finished`. A run that has no such value does not fit a condition, and is sorted last.")]
pub(super) struct RunsArgs {
    /// A folder with run folders below it, at any depth.
    #[arg(default_value = "runs")]
    dir: PathBuf,
    /// List only runs that fit NAME=VALUE; also `!=`, `<`, `<=`, `>`, `>=`, and `~` for a part of a text. May be repeated.
    #[arg(long = "where", value_name = "CONDITION")]
    conditions: Vec<Condition>,
    /// Sort by this value: accuracies and F1 from the best, all else from the least.
    #[arg(long, value_name = "NAME")]
    sort: Option<Order>,
    /// Sort the other way round.
    #[arg(long, requires = "sort")]
    reverse: bool,
    #[command(flatten)]
    format: FormatArgs,
}

impl RunsArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let (mut runs, mut code) = (vec![], ExitStatus::Success);
        for found in Run::find(&self.dir) {
            match found {
                Ok(run) => runs.push(run),
                Err(damaged) => {
                    error(&damaged.into());
                    code = ExitStatus::Failure;
                }
            }
        }
        if runs.is_empty() {
            to_stderr(&format!("{}: no runs in this folder or below", self.dir.display()));
        } else {
            self.choose(&mut runs);
        }
        let outdated = runs.iter().flat_map(|run| &run.evaluations).any(|evaluated| !evaluated.is_current);
        let note = if outdated { "* scores of an earlier model; `fer run` renews them" } else { "" };
        let sections = [Section { title: String::new(), table: table::of(&runs), empty: "" }];
        self.format.print(&runs, if runs.is_empty() { &[] } else { &sections }, note)?;
        Ok(code)
    }

    /// Leaves the runs that fit, in the order that was asked for.
    fn choose(&self, runs: &mut Vec<Run>) {
        let names =
            self.conditions.iter().map(|condition| &*condition.name).chain(self.sort.iter().map(|order| &*order.name));
        for name in names.filter(|name| unknown(name, runs)) {
            to_stderr(&format!("no run here has a value `{name}`"));
        }
        let all = runs.len();
        runs.retain(|run| self.conditions.iter().all(|condition| condition.fits(run)));
        if runs.is_empty() {
            to_stderr(&format!("none of {all} runs fits"));
        }
        if let Some(order) = &self.sort {
            order.apply(runs, self.reverse);
        }
    }
}
