use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fer_pipeline::compare::{Change, Diff, Run, ScoreChange};

use super::format::{FormatArgs, Section, shown};
use crate::exit_status::ExitStatus;
use crate::table::{Align, Table};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fer diff runs/sgd runs/adamw
Lists the parameters, data and scores that differ between two runs.")]
pub(super) struct DiffArgs {
    /// The first run folder.
    run_a: PathBuf,
    /// The second run folder.
    run_b: PathBuf,
    #[command(flatten)]
    format: FormatArgs,
}

impl DiffArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let (a, b) = (Run::read(&self.run_a)?, Run::read(&self.run_b)?);
        let diff = Diff::between(&a, &b)?;
        let mut sections =
            vec![changes(&diff, "parameters", &diff.parameters), changes(&diff, "data", &diff.data), scores(&diff)];
        if !diff.versions.is_empty() {
            sections.insert(0, changes(&diff, "versions of stages", &diff.versions));
        }
        if !diff.paired.is_empty() {
            sections.push(paired(&diff));
        }
        self.format.print(&diff, &sections, &outdated(&[&a, &b]))?;
        Ok(ExitStatus::Success)
    }
}

/// What must be known of scores that are of a model before the one in the folder.
fn outdated(runs: &[&Run]) -> String {
    let outdated = runs.iter().filter(|run| run.evaluations.iter().any(|evaluated| !evaluated.is_current));
    let note =
        |run: &&Run| format!("{}: its scores are of an earlier model; `fer run` renews them", run.path.display());
    outdated.map(note).collect::<Vec<_>>().join("\n")
}

fn changes(diff: &Diff, title: &str, changes: &[Change]) -> Section {
    let mut table = Table::new(columns(diff, Align::Left));
    for Change { name, from, to } in changes {
        table.row([name.clone(), shown(from.as_ref()), shown(to.as_ref())]);
    }
    Section { title: title.to_owned(), table, empty: "no difference" }
}

fn columns(diff: &Diff, align: Align) -> [(String, Align); 3] {
    let folder = |path: &PathBuf| (path.display().to_string(), align);
    [(String::new(), Align::Left), folder(&diff.from), folder(&diff.to)]
}

fn scores(diff: &Diff) -> Section {
    let mut table = Table::new(columns(diff, Align::Right).into_iter().chain([("change".to_owned(), Align::Right)]));
    let is_alone = diff.scores.iter().all(|score| score.stage == diff.scores[0].stage);
    for ScoreChange { stage, split, score, from, to, change } in &diff.scores {
        let unit = Unit::of(score);
        let formatted = |value: &Option<f64>| value.map_or("–".to_owned(), |value| unit.formatted(value));
        let change = change.map_or(String::new(), |change| unit.signed(change));
        let of = if is_alone { String::new() } else { format!("{stage} ") };
        table.row([format!("{of}{split} {}", name(score)), formatted(from), formatted(to), change]);
    }
    Section { title: "scores".to_owned(), table, empty: "none yet" }
}

/// How many images one run alone got right, and how likely chance is to part them so.
fn paired(diff: &Diff) -> Section {
    let [split, from, to] = columns(diff, Align::Right);
    let further = |name: &str| (name.to_owned(), Align::Right);
    let mut table = Table::new([split, from, to, further("of images in both"), further("p")]);
    for (split, pair) in &diff.paired {
        let counts = [pair.only_first, pair.only_second, pair.images].map(|count| count.to_string());
        let cells = [split.to_string()].into_iter().chain(counts);
        table.row(cells.chain([format!("{:.3}", pair.p_value)]));
    }
    Section { title: "images that one run alone got right".to_owned(), table, empty: "none" }
}

/// `recall.happy` as `recall of happy`, `macro_f1` as `macro F1`.
fn name(score: &str) -> String {
    match score {
        "n" => "images".to_owned(),
        "ece" => "calibration error".to_owned(),
        "macro_f1" => "macro F1".to_owned(),
        _ => match score.strip_prefix("recall.") {
            Some(class) => format!("recall of {class}"),
            None => score.replace('_', " "),
        },
    }
}

/// How a score is formatted.
#[derive(Clone, Copy)]
enum Unit {
    Count,
    Percent,
    Decimals(usize),
}

impl Unit {
    fn of(score: &str) -> Self {
        match score {
            "n" => Unit::Count,
            "loss" => Unit::Decimals(4),
            "macro_f1" | "ece" => Unit::Decimals(3),
            _ => Unit::Percent,
        }
    }

    fn formatted(self, value: f64) -> String {
        match self {
            Unit::Count => format!("{value}"),
            Unit::Percent => format!("{:.1} %", 100.0 * value),
            Unit::Decimals(decimals) => format!("{value:.decimals$}"),
        }
    }

    /// A difference; of percentages in points.
    fn signed(self, change: f64) -> String {
        match self {
            _ if change == 0.0 => String::new(),
            Unit::Count => format!("{change:+}"),
            Unit::Percent => format!("{:+.1}", 100.0 * change),
            Unit::Decimals(decimals) => format!("{change:+.decimals$}"),
        }
    }
}
