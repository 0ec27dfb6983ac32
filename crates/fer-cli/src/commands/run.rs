use anyhow::Result;
use clap::Args;
use fer_pipeline::{Outcome, RunOptions, note_run};

use super::arguments::{CheckpointArgs, PipelineArgs, SelectionArgs, ThreadArgs, VerbosityArgs};
use crate::browser;
use crate::clock::SystemClock;
use crate::exit_status::ExitStatus;
use crate::interrupt::Interrupt;
use crate::output::{print, print_json};
use crate::terminal::Terminal;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer run                                           run pipeline.yaml
  fer run pipelines/seed.yaml --set train.epochs=1
  fer run --from train --force                      train and evaluate again
  fer run runs/sample                               go on with the run in this folder, with its parameters")]
pub(super) struct RunArgs {
    #[command(flatten)]
    chain: PipelineArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    checkpoints: CheckpointArgs,
    /// Keep at most this many gigabytes of earlier outputs and of other trainings' checkpoints in the run folder.
    #[arg(long, value_name = "GB", default_value_t = 2)]
    store_limit: u32,
    #[command(flatten)]
    threads: ThreadArgs,
    /// Note this text of the run; `fer runs` shows it. An empty text removes the note.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Open the report in a browser.
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    verbosity: VerbosityArgs,
    /// Print the stages that ran, and the scores, as JSON.
    #[arg(long)]
    json: bool,
}

impl RunArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        self.threads.apply()?;
        let pipeline = self.chain.load()?;
        if let Some(note) = &self.note {
            note_run(pipeline.run_dir(), note)?;
        }
        let mut terminal = Terminal::new(Interrupt::watch()?, self.verbosity.level());
        let checkpoint_every = self.checkpoints.every();
        let store_limit = u64::from(self.store_limit) * 1_000_000_000;
        let options = RunOptions { checkpoint_every, store_limit, ..self.selection.options() };
        let outcome = pipeline.run(&options, &SystemClock::start(), &mut terminal)?;
        if self.json {
            print_json(&outcome)?
        } else {
            print(summary(&outcome))?
        }
        if self.open {
            browser::open(outcome.report.as_deref());
        }
        Ok(ExitStatus::Success)
    }
}

/// A line a split, and where the report is.
fn summary(outcome: &Outcome) -> String {
    let mut text = String::new();
    for (split, scores) in outcome.metrics.iter().flat_map(|metrics| &metrics.splits) {
        let [accuracy, low, high] =
            [scores.accuracy, scores.accuracy_ci95[0], scores.accuracy_ci95[1]].map(|share| 100.0 * share);
        text.push_str(&format!(
            "{:10}  accuracy {accuracy:.1} % (95 % interval {low:.1} to {high:.1} %)  macro F1 {:.3}  {} images\n",
            split.name(),
            scores.macro_f1,
            scores.n
        ));
        if let Some(votes) = &scores.votes {
            let [agreement, ceiling] = [votes.agreement, votes.ceiling].map(|share| 100.0 * share);
            text.push_str(&format!(
                "{:10}  agrees with {agreement:.1} % of single votes, of at most {ceiling:.1} %\n",
                ""
            ));
        }
        if let Some(rest) = scores.without_twins.filter(|rest| (1..scores.n).contains(&rest.n)) {
            let (accuracy, copies) = (100.0 * rest.accuracy, scores.n - rest.n);
            text.push_str(&format!(
                "{:10}  accuracy {accuracy:.1} %, macro F1 {:.3} without the {copies} with a copy in train, exact or near\n",
                "", rest.macro_f1
            ));
        }
    }
    if let Some(report) = &outcome.report {
        text.push_str(&format!("report: {}\n", report.display()));
    }
    text
}
