//! What a person sees of a sweep.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use fer_artifact::Split;
use fer_pipeline::StageName;
use fer_pipeline::sweep::{CellPlan, CellState, CellStatus, Combination, Planned, Pooled, Spread, Sweep};
use serde::Serialize;
use serde_json::Value;

use super::jobs::Submitted;
use crate::commands::format::{Block, Section, shown};
use crate::table::{Align, Table};

/// How far the cells are, and their scores over seeds.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) cells: Vec<CellStatus>,
    combinations: Vec<Combination>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pooled: Vec<Pooled>,
    /// What was given to an engine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) jobs: Vec<Submitted>,
    /// The parameter that is every fold in turn.
    #[serde(skip)]
    folds: Option<String>,
}

impl Report {
    pub(super) fn new(sweep: &Sweep, cells: Vec<CellStatus>) -> Result<Self> {
        let (combinations, pooled) = (Combination::of(&cells, sweep.folds()), sweep.pooled(&cells)?);
        Ok(Self { combinations, pooled, jobs: vec![], folds: sweep.folds().map(str::to_owned), cells })
    }

    /// The scores of all folds together, of each combination and seed.
    pub(super) fn pooled(&self) -> Vec<Block> {
        let stages: BTreeSet<StageName> = self.pooled.iter().map(|pooled| pooled.stage).collect();
        let seeds: BTreeSet<u64> = self.pooled.iter().map(|pooled| pooled.seed).collect();
        let block = |pooled: &Pooled| {
            let of = match (pooled.n, pooled.folds) {
                (n, folds) if n == folds => format!("all {n} folds together"),
                (n, folds) => format!("{n} of {folds} folds together"),
            };
            let values = pooled.values.iter().map(|(name, value)| format!("{name} {}", shown(Some(value))));
            let seed = (seeds.len() > 1).then(|| format!("seed {}", pooled.seed));
            let stage = (stages.len() > 1).then(|| pooled.stage.to_string());
            let title = [of].into_iter().chain(stage).chain(values).chain(seed).collect::<Vec<_>>().join(", ");
            Block { title, text: fer_eval::split_table(&pooled.scores) }
        };
        self.pooled.iter().map(block).collect()
    }

    /// The evaluations and splits that any combination has scores of, in the order of the chain.
    fn columns(&self) -> Vec<(StageName, Split)> {
        let mut columns = vec![];
        for evaluated in self.combinations.iter().flat_map(|combination| &combination.evaluations) {
            for split in Split::ALL {
                let column = (evaluated.stage, split);
                if evaluated.splits.contains_key(&split) && !columns.contains(&column) {
                    columns.push(column);
                }
            }
        }
        columns
    }

    /// A combination a line: mean and spread over its seeds.
    pub(super) fn scores(&self, names: &[String], title: &str) -> Section {
        let scored = self.columns();
        let stages: BTreeSet<StageName> = scored.iter().map(|(stage, _)| *stage).collect();
        let names: Vec<String> = names.iter().filter(|name| Some(*name) != self.folds.as_ref()).cloned().collect();
        let names = &names[..];
        let mut columns = value_columns(names);
        let seeds: BTreeSet<u64> = self.cells.iter().map(|cell| cell.seed).collect();
        let count = match (&self.folds, seeds.len()) {
            (None, _) => "seeds",
            (Some(_), 1) => "folds",
            (Some(_), _) => "folds and seeds",
        };
        columns.push((count.to_owned(), Align::Right));
        for (stage, split) in &scored {
            let of = if stages.len() > 1 { format!("{stage} ") } else { String::new() };
            let scores = ["accuracy", "macro F1"].map(|score| (format!("{of}{split} {score}"), Align::Right));
            columns.extend(scores);
        }
        let mut table = Table::new(columns);
        for combination in &self.combinations {
            let scores = scored.iter().flat_map(|(stage, split)| {
                let evaluated = combination.evaluations.iter().find(|evaluated| evaluated.stage == *stage);
                match evaluated.and_then(|evaluated| evaluated.splits.get(split)) {
                    Some(scores) => [scores.accuracy.percent(), plain(&scores.macro_f1)],
                    None => ["–", "–"].map(str::to_owned),
                }
            });
            let count = match (combination.n, combination.cells) {
                (n, cells) if n == cells => n.to_string(),
                (n, cells) => format!("{n} of {cells}"),
            };
            table.row(values(names, &combination.values).chain([count]).chain(scores));
        }
        Section { title: title.to_owned(), table, empty: "none" }
    }
}

fn value_columns(names: &[String]) -> Vec<(String, Align)> {
    names.iter().map(|name| (name.clone(), Align::Left)).collect()
}

fn values(names: &[String], values: &BTreeMap<String, Value>) -> impl Iterator<Item = String> {
    names.iter().map(|name| shown(values.get(name)))
}

/// `0.512 ± 0.010`
fn plain(spread: &Spread) -> String {
    let mean = format!("{:.3}", spread.mean);
    spread.deviation.map_or(mean.clone(), |deviation| format!("{mean} ± {deviation:.3}"))
}

/// A cell a line, and a column for each parameter.
fn cell_columns(names: &[String]) -> Vec<(String, Align)> {
    let mut columns = vec![("cell".to_owned(), Align::Right)];
    columns.extend(value_columns(names));
    columns.push(("seed".to_owned(), Align::Right));
    columns
}

/// How far each cell is, and why it is no further.
pub(super) fn cells_section(names: &[String], cells: &[CellStatus]) -> Section {
    let in_jobs = cells.iter().any(|cell| cell.job.is_some());
    let ends: &[&str] = if in_jobs { &["state", "job", "why"] } else { &["state", "why"] };
    let ends = ends.iter().map(|name| ((*name).to_owned(), Align::Left));
    let mut table = Table::new(cell_columns(names).into_iter().chain(ends));
    for cell in cells {
        let start = [cell.index.to_string()].into_iter().chain(values(names, &cell.values));
        let state = [cell.seed.to_string(), cell.state.name().to_owned()];
        let job =
            cell.job.as_ref().map_or("–".to_owned(), |job| format!("{} {}", job.id, job.said).trim().to_owned());
        let ends = in_jobs.then_some(job).into_iter().chain([cell.why.replace('\n', " ")]);
        table.row(start.chain(state).chain(ends));
    }
    let title = if in_jobs { format!("cells: {}", counted(cells)) } else { "cells".to_owned() };
    Section { title, table, empty: "none" }
}

/// `3 fresh, 2 running, 6 queued, 1 failed`
fn counted(cells: &[CellStatus]) -> String {
    let mut counts: Vec<(CellState, usize)> = vec![];
    for cell in cells {
        match counts.iter_mut().find(|(state, _)| *state == cell.state) {
            Some((_, count)) => *count += 1,
            None => counts.push((cell.state, 1)),
        }
    }
    counts.iter().map(|(state, count)| format!("{count} {}", state.name())).collect::<Vec<_>>().join(", ")
}

/// What each cell's stages would do.
pub(super) fn plan_table(names: &[String], plan: &[CellPlan]) -> Table {
    let stages = plan.first().map(|cell| &cell.stages[..]).unwrap_or_default();
    let stages = stages.iter().map(|planned| (planned.step.stage.to_string(), Align::Left));
    let mut table = Table::new(cell_columns(names).into_iter().chain(stages));
    for cell in plan {
        let stages = cell.stages.iter().map(planned);
        let start = [cell.index.to_string()].into_iter().chain(values(names, &cell.values));
        table.row(start.chain([cell.seed.to_string()]).chain(stages));
    }
    table
}

fn planned(planned: &Planned) -> String {
    match planned.same_as {
        Some(cell) => format!("as cell {cell}"),
        None if planned.step.reasons.is_empty() => "fresh".to_owned(),
        None => "runs".to_owned(),
    }
}
