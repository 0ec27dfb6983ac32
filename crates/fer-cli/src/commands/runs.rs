use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fer_artifact::Split;
use fer_pipeline::compare::{Evaluated, Run, differing_parameters};

use super::format::{FormatArgs, Section, shown};
use crate::exit_status::ExitStatus;
use crate::table::{Align, Table};
use crate::terminal::{error, to_stderr};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  fer runs\n  fer runs runs/sweep --md > table.md
Lists every run below the folder with its scores, and the parameters that differ between the runs.")]
pub(super) struct RunsArgs {
    /// A folder with run folders below it, at any depth.
    #[arg(default_value = "runs")]
    dir: PathBuf,
    #[command(flatten)]
    format: FormatArgs,
}

impl RunsArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let (mut runs, mut code) = (vec![], ExitStatus::Success);
        for found in Run::find(&self.dir)? {
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
        }
        let outdated = runs.iter().flat_map(|run| &run.evaluations).any(|evaluated| !evaluated.is_current);
        let note = if outdated { "* scores of an earlier model; `fer run` renews them" } else { "" };
        let sections = [Section { title: String::new(), table: table(&runs), empty: "" }];
        self.format.print(&runs, if runs.is_empty() { &[] } else { &sections }, note)?;
        Ok(code)
    }
}

/// A run a line, or a line for each of its evaluations: two columns for each split that any has, and one for what
/// differs.
fn table(runs: &[Run]) -> Table {
    let evaluations = || runs.iter().flat_map(|run| &run.evaluations);
    let has = |split: &Split| evaluations().any(|evaluated| evaluated.metrics.splits.contains_key(split));
    let splits: Vec<Split> = Split::ALL.into_iter().filter(has).collect();
    let has_several = runs.iter().any(|run| run.evaluations.len() > 1);
    let differing = differing_parameters(runs);
    let mut columns = vec![("run".to_owned(), Align::Left)];
    columns.extend(has_several.then(|| ("evaluation".to_owned(), Align::Left)));
    for split in &splits {
        columns.extend([(format!("{split} accuracy"), Align::Right), ("macro F1".to_owned(), Align::Right)]);
    }
    columns.extend(["finished", "differs in"].map(|name| (name.to_owned(), Align::Left)));
    let mut table = Table::new(columns);
    for run in runs {
        let ends = [run.finished.clone().unwrap_or_else(|| "–".to_owned()), differences(run, &differing)];
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
