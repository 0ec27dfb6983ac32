//! The command line: one file a command.

mod diff;
mod evaluate;
mod explain;
mod export_images;
mod export_model;
mod format;
mod gc;
mod inspect;
mod pictures;
mod plan;
mod predict;
mod run;
mod runs;
mod stage;
mod status;
mod sweep;
mod synth;
mod verify;

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use fer_artifact::visible_lines;
use fer_pipeline::{CheckpointEvery, Pipeline, RunOptions, Selection, StageName};

/// Trains, measures and uses a recogniser of facial expressions, stage by stage and reproducibly.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the chain of a pipeline file; skip what is fresh.
    Run(run::RunArgs),
    /// Say what would run, and why; run nothing.
    Plan(plan::PlanArgs),
    /// Say of each stage whether it is fresh, and why not; exit with 1 if anything is not.
    Status(status::StatusArgs),
    /// Hash every output again and compare with the lock; exit with 1 if one is missing or changed.
    Verify(verify::VerifyArgs),
    /// Free what a run folder holds beside what is in place: earlier outputs, others' checkpoints, leftovers.
    Gc(gc::GcArgs),
    /// Show an artifact's header and its tensors.
    Inspect(inspect::InspectArgs),
    /// Run one stage alone, without a pipeline file.
    Stage(stage::StageArgs),
    /// Write the images of an artifact as pictures, with the seed's `dataset.csv`.
    ExportImages(export_images::ExportImagesArgs),
    /// Write a run's model as one file to hand on, with its scores and its temperature.
    ExportModel(export_model::ExportModelArgs),
    /// Score a model on a CSV file or a folder of pictures, outside of any run.
    Evaluate(evaluate::EvaluateArgs),
    /// Say what the faces in pictures express: photographs, or faces that are cropped already.
    Predict(predict::PredictArgs),
    /// Show where in a face the network sees what it says: heat maps (Grad-CAM).
    Explain(explain::ExplainArgs),
    /// Say in what two runs differ, and how their scores compare.
    Diff(diff::DiffArgs),
    /// List the runs below a folder with their scores.
    Runs(runs::RunsArgs),
    /// Run the cells of a pipeline file with a matrix.
    Sweep(sweep::SweepArgs),
    /// Draw a sample of synthetic faces as a CSV file.
    Synth(synth::SynthArgs),
}

impl Cli {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.command {
            Command::Run(args) => args.run(),
            Command::Plan(args) => args.run(),
            Command::Status(args) => args.run(),
            Command::Verify(args) => args.run(),
            Command::Gc(args) => args.run(),
            Command::Inspect(args) => args.run(),
            Command::Stage(args) => args.run(),
            Command::ExportImages(args) => args.run(),
            Command::ExportModel(args) => args.run(),
            Command::Evaluate(args) => args.run(),
            Command::Predict(args) => args.run(),
            Command::Explain(args) => args.run(),
            Command::Diff(args) => args.run(),
            Command::Runs(args) => args.run(),
            Command::Sweep(args) => args.run(),
            Command::Synth(args) => args.run(),
        }
    }
}

/// Which chain, and with which changes.
#[derive(Debug, Args)]
struct ChainArgs {
    /// The pipeline file.
    #[arg(default_value = "pipeline.yaml")]
    file: PathBuf,
    /// Set a parameter to a YAML value, as in `--set train.epochs=5`; may be repeated.
    #[arg(long = "set", value_name = "STAGE.PATH=VALUE")]
    overrides: Vec<String>,
    /// Use this run folder in place of the file's `run_dir`.
    #[arg(long, value_name = "DIR")]
    run_dir: Option<PathBuf>,
}

/// A chain, or a cell of a sweep, which is one.
#[derive(Debug, Args)]
struct PipelineArgs {
    #[command(flatten)]
    chain: ChainArgs,
    /// Of a file with a matrix, this cell, counted from 0.
    #[arg(long, value_name = "K")]
    cell: Option<usize>,
}

impl PipelineArgs {
    fn load(&self) -> Result<Pipeline> {
        let ChainArgs { file, overrides, run_dir } = &self.chain;
        Ok(match self.cell {
            None => Pipeline::load(file, overrides, run_dir.as_deref())?,
            Some(index) => self.chain.load_sweep()?.into_pipeline(index)?,
        })
    }
}

/// Which stages of the chain.
#[derive(Debug, Args)]
struct SelectionArgs {
    /// Only this stage.
    #[arg(long, value_name = "STAGE", conflicts_with = "from")]
    only: Option<StageName>,
    /// Only this stage and those after it; what lies before it is taken as it is.
    #[arg(long, value_name = "STAGE")]
    from: Option<StageName>,
    /// Run what is selected even if it is fresh.
    #[arg(long)]
    force: bool,
}

impl SelectionArgs {
    fn options(&self) -> RunOptions {
        let selection = match (self.only, self.from) {
            (Some(stage), _) => Selection::Only(stage),
            (None, Some(stage)) => Selection::From(stage),
            (None, None) => Selection::All,
        };
        RunOptions { selection, force: self.force, ..RunOptions::default() }
    }
}

/// When a training writes checkpoints. They change no number, so they are no parameters of a stage.
#[derive(Debug, Args)]
struct CheckpointArgs {
    /// Write a checkpoint of a training when so many seconds have passed since the last.
    #[arg(long, value_name = "S", default_value = "60", value_parser = seconds)]
    checkpoint_seconds: Duration,
    /// Write one after every so many epochs too.
    #[arg(long, value_name = "N")]
    checkpoint_epochs: Option<NonZeroUsize>,
}

impl CheckpointArgs {
    fn every(&self) -> CheckpointEvery {
        CheckpointEvery { epochs: self.checkpoint_epochs, time: self.checkpoint_seconds }
    }

    /// The arguments that say this, for another process.
    fn arguments(&self) -> Vec<String> {
        let seconds = self.checkpoint_seconds.as_secs_f64().to_string();
        let epochs = self.checkpoint_epochs.map(|epochs| ["--checkpoint-epochs".to_owned(), epochs.to_string()]);
        ["--checkpoint-seconds".to_owned(), seconds].into_iter().chain(epochs.into_iter().flatten()).collect()
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "expected a number of seconds from 0".to_owned())
}

/// Bytes as people read them: in units of a thousand.
fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// How many threads work.
#[derive(Debug, Args)]
struct ThreadArgs {
    /// Threads to use, by default one a core; reading CSV follows POLARS_MAX_THREADS in the environment.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
}

impl ThreadArgs {
    /// Sets up the pool that all crates share, but for polars, whose pool only a variable of the environment sizes:
    /// to set that from within would be unsafe.
    fn apply(&self) -> Result<()> {
        if let Some(threads) = self.threads {
            rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global()?;
        }
        Ok(())
    }
}

/// Prints a result; control characters in it are escaped.
fn print(text: impl std::fmt::Display) -> Result<()> {
    write!(std::io::stdout(), "{}", visible_lines(&text.to_string()))?;
    Ok(())
}

/// Prints a result as JSON, whose own rules escape control characters, and a line break.
fn print_json(value: &impl serde::Serialize) -> Result<()> {
    writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(value)?)?;
    Ok(())
}
