//! The command line: one file a command.

mod arguments;
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

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

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
