//! The command line: one file a command.

mod arguments;
mod completions;
mod diff;
mod evaluate;
mod explain;
mod export_images;
mod export_model;
mod format;
mod gc;
mod init;
mod inspect;
mod man;
mod params;
mod pictures;
mod plan;
mod predict;
mod rename;
mod rm;
mod run;
mod runs;
mod schema;
#[cfg(feature = "serve")]
mod serve;
mod show;
mod stage;
mod status;
mod sweep;
mod synth;
mod verify;
#[cfg(feature = "faces")]
mod watch;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

use crate::exit_status::ExitStatus;

/// Train, measure and use a recogniser of facial expressions, stage by stage and reproducibly.
#[derive(Debug, Parser)]
#[command(name = "fer", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look at faces, in a file or a folder, and write a pipeline file that fits them.
    Init(init::InitArgs),
    /// Run the chain of a pipeline file; skip what is fresh.
    Run(run::RunArgs),
    /// List the stages that would run, with the reasons; run nothing.
    Plan(plan::PlanArgs),
    /// Say whether each stage is fresh, and why not; exit with 1 if a stage is not fresh.
    Status(status::StatusArgs),
    /// Hash every output and source again and compare it with the lock; exit with 1 if one is missing or changed.
    Verify(verify::VerifyArgs),
    /// Describe the parameters of a pipeline file: type, range, default, meaning.
    Params(params::ParamsArgs),
    /// Print the JSON Schema of pipeline files, for editors.
    Schema(schema::SchemaArgs),
    /// Delete what the current outputs do not need: stored earlier outputs, checkpoints of other trainings, temporary files.
    Gc(gc::GcArgs),
    /// Draw faces into a picture to look at: by class, as a training changes them, near copies.
    Show(show::ShowArgs),
    /// Show an artifact's header and its tensors.
    Inspect(inspect::InspectArgs),
    /// Run one stage alone, without a pipeline file.
    Stage(stage::StageArgs),
    /// Write the images of an artifact as pictures, with the seed's `dataset.csv`.
    ExportImages(export_images::ExportImagesArgs),
    /// Write a model to hand on, with its scores and temperature: safetensors, ONNX, or a Hugging Face folder.
    ExportModel(export_model::ExportModelArgs),
    /// Score a model on labelled images: a CSV file or a folder of pictures.
    Evaluate(evaluate::EvaluateArgs),
    /// Predict the expressions of faces in photographs, or in pictures of one face each.
    Predict(predict::PredictArgs),
    /// Follow the faces in a video or before a camera, and say what they express over time.
    #[cfg(feature = "faces")]
    Watch(watch::WatchArgs),
    /// Answer over HTTP: pictures in, faces with their expressions out.
    #[cfg(feature = "serve")]
    Serve(serve::ServeArgs),
    /// Draw Grad-CAM heat maps: which parts of a face led to the predicted expression.
    Explain(explain::ExplainArgs),
    /// Compare two runs: parameters, data and scores.
    Diff(diff::DiffArgs),
    /// List the runs below a folder with their scores.
    Runs(runs::RunsArgs),
    /// Move a run folder; the run goes on there as before.
    Rename(rename::RenameArgs),
    /// Remove runs: what `fer` wrote into their folders.
    Rm(rm::RmArgs),
    /// Run a pipeline file with a matrix, seeds or `fold: all`: one run for each combination of values.
    Sweep(sweep::SweepArgs),
    /// Draw a sample of synthetic faces as a CSV file.
    Synth(synth::SynthArgs),
    /// Print a script that completes `fer`'s commands and options in a shell.
    Completions(completions::CompletionsArgs),
    /// Write a man page for `fer` and for each of its commands.
    Man(man::ManArgs),
}

impl Cli {
    pub(crate) fn run(self) -> Result<ExitStatus> {
        match self.command {
            Command::Init(args) => args.run(),
            Command::Run(args) => args.run(),
            Command::Plan(args) => args.run(),
            Command::Status(args) => args.run(),
            Command::Verify(args) => args.run(),
            Command::Params(args) => args.run(),
            Command::Schema(args) => args.run(),
            Command::Gc(args) => args.run(),
            Command::Show(args) => args.run(),
            Command::Inspect(args) => args.run(),
            Command::Stage(args) => args.run(),
            Command::ExportImages(args) => args.run(),
            Command::ExportModel(args) => args.run(),
            Command::Evaluate(args) => args.run(),
            Command::Predict(args) => args.run(),
            #[cfg(feature = "faces")]
            Command::Watch(args) => args.run(),
            #[cfg(feature = "serve")]
            Command::Serve(args) => args.run(),
            Command::Explain(args) => args.run(),
            Command::Diff(args) => args.run(),
            Command::Runs(args) => args.run(),
            Command::Rename(args) => args.run(),
            Command::Rm(args) => args.run(),
            Command::Sweep(args) => args.run(),
            Command::Synth(args) => args.run(),
            Command::Completions(args) => args.run(Cli::command()),
            Command::Man(args) => args.run(Cli::command()),
        }
    }
}
