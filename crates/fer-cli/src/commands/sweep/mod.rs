//! `fer sweep`: many runs of one pipeline file.

mod children;
mod plan;
mod run;
mod status;
mod tables;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(super) struct SweepArgs {
    #[command(subcommand)]
    command: SweepCommand,
}

#[derive(Debug, Subcommand)]
enum SweepCommand {
    /// Say what would run in each cell, and what cells have in common; run nothing.
    Plan(plan::SweepPlanArgs),
    /// Run the cells that are not fresh, and tabulate mean and spread of their scores over seeds.
    Run(run::SweepRunArgs),
    /// Say how far each cell is, with the scores so far; exit with 1 if any is not fresh.
    Status(status::SweepStatusArgs),
}

impl SweepArgs {
    pub(super) fn run(self) -> Result<ExitCode> {
        match self.command {
            SweepCommand::Plan(args) => args.run(),
            SweepCommand::Run(args) => args.run(),
            SweepCommand::Status(args) => args.run(),
        }
    }
}
