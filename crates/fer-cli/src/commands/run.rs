use anyhow::Result;
use clap::Args;
use fer_pipeline::{Outcome, Pipeline, RunOptions, note_run};
#[cfg(feature = "mpi")]
use fer_train::Peers;

use super::arguments::{CheckpointArgs, PipelineArgs, SelectionArgs, ThreadArgs, VerbosityArgs};
use crate::browser;
use crate::clock::SystemClock;
use crate::exit_status::ExitStatus;
use crate::interrupt::Interrupt;
#[cfg(feature = "mpi")]
use crate::interrupt::note_others;
#[cfg(feature = "mpi")]
use crate::mpi::{Mpi, join};
use crate::output::{print, print_json};
use crate::terminal::Terminal;
#[cfg(feature = "mpi")]
use crate::terminal::{self, Verbosity, to_stderr};

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
    #[cfg(not(feature = "mpi"))]
    pub(super) fn run(self) -> Result<ExitStatus> {
        crate::processes::refuse()?;
        self.threads.apply()?;
        let pipeline = self.chain.load()?;
        self.lead(&pipeline)
    }

    /// Runs the chain, and tells of it.
    fn lead(&self, pipeline: &Pipeline) -> Result<ExitStatus> {
        if let Some(note) = &self.note {
            note_run(pipeline.run_dir(), note)?;
        }
        let mut terminal = Terminal::new(Interrupt::watch()?, self.verbosity.level());
        let outcome = pipeline.run(&self.options(), &SystemClock::start(), &mut terminal)?;
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

    fn options(&self) -> RunOptions {
        let checkpoint_every = self.checkpoints.every();
        let store_limit = u64::from(self.store_limit) * 1_000_000_000;
        RunOptions { checkpoint_every, store_limit, ..self.selection.options() }
    }
}

/// One of several processes, or one alone.
#[cfg(feature = "mpi")]
impl RunArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        self.threads.apply()?;
        let Some(processes) = join()? else { return self.lead(&self.chain.load()?) };
        let loaded = self.chain.load().and_then(|pipeline| Ok(pipeline.with_peers(processes.clone())?));
        let own = loaded.as_ref().map_or_else(crate::exit_status, |_| ExitStatus::Success);
        let codes = processes.exit_codes(own.code())?;
        let Some(failed) = codes.iter().position(|&code| code != 0) else {
            let pipeline = loaded?;
            return match processes.rank() {
                0 => self.lead_others(&pipeline, &processes),
                _ => self.follow(&pipeline, &processes),
            };
        };
        // What all have to tell, one tells.
        match loaded {
            Err(error) if processes.rank() == failed => Err(error.context(format!("process {failed}"))),
            _ => Ok(ExitStatus::of_code(codes[failed])),
        }
    }

    fn lead_others(&self, pipeline: &Pipeline, processes: &Mpi) -> Result<ExitStatus> {
        let outcome = self.lead(pipeline);
        note_others();
        let code = outcome.as_ref().map_or_else(crate::exit_status, |status| *status).code();
        if self.verbosity.level() == Verbosity::Verbose {
            to_stderr(&processes.traffic());
        }
        if pipeline.dismiss(code).is_err() {
            outcome.as_ref().err().iter().for_each(|error| terminal::error(error));
            processes.abort(code);
        }
        outcome
    }

    fn follow(&self, pipeline: &Pipeline, processes: &Mpi) -> Result<ExitStatus> {
        let mut quiet = Terminal::new(Interrupt::watch()?, Verbosity::Quiet);
        match pipeline.follow(&self.options(), &SystemClock::start(), &mut quiet) {
            Ok(code) => Ok(ExitStatus::of_code(code)),
            Err(error) => {
                let error = anyhow::Error::from(error);
                let code = crate::exit_status(&error).code();
                terminal::error(&error.context(format!("process {}", processes.rank())));
                processes.abort(code)
            }
        }
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
