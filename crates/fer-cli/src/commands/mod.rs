//! The command line: one file a command.

mod diff;
mod evaluate;
mod export_images;
mod format;
mod inspect;
mod plan;
mod run;
mod runs;
mod stage;
mod status;
mod synth;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use fer_pipeline::{Pipeline, RunOptions, Selection, StageKind};

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
    /// Show an artifact's header and its tensors.
    Inspect(inspect::InspectArgs),
    /// Run one stage alone, without a pipeline file.
    Stage(stage::StageArgs),
    /// Write the images of an artifact as pictures, with the seed's `dataset.csv`.
    ExportImages(export_images::ExportImagesArgs),
    /// Score a model on a CSV file or a folder of pictures, outside of any run.
    Evaluate(evaluate::EvaluateArgs),
    /// Say in what two runs differ, and how their scores compare.
    Diff(diff::DiffArgs),
    /// List the runs below a folder with their scores.
    Runs(runs::RunsArgs),
    /// Draw a sample of synthetic faces as a CSV file.
    Synth(synth::SynthArgs),
}

impl Cli {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.command {
            Command::Run(args) => args.run(),
            Command::Plan(args) => args.run(),
            Command::Status(args) => args.run(),
            Command::Inspect(args) => args.run(),
            Command::Stage(args) => args.run(),
            Command::ExportImages(args) => args.run(),
            Command::Evaluate(args) => args.run(),
            Command::Diff(args) => args.run(),
            Command::Runs(args) => args.run(),
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

impl ChainArgs {
    fn load(&self) -> Result<Pipeline> {
        Ok(Pipeline::load(&self.file, &self.overrides, self.run_dir.as_deref())?)
    }
}

/// Which stages of the chain.
#[derive(Debug, Args)]
struct SelectionArgs {
    /// Only this stage.
    #[arg(long, value_name = "STAGE", conflicts_with = "from")]
    only: Option<StageKind>,
    /// Only this stage and those after it; what lies before it is taken as it is.
    #[arg(long, value_name = "STAGE")]
    from: Option<StageKind>,
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
        RunOptions { selection, force: self.force }
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

/// Prints a result.
fn print(text: impl std::fmt::Display) -> Result<()> {
    write!(std::io::stdout(), "{text}")?;
    Ok(())
}

/// Prints a result as JSON, and a line break.
fn print_json(value: &impl serde::Serialize) -> Result<()> {
    print(format_args!("{}\n", serde_json::to_string_pretty(value)?))
}
