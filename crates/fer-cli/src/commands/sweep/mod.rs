//! `fer sweep`: many runs of one pipeline file.

mod board;
mod cancel;
mod children;
mod engines;
mod jobs;
mod plan;
mod refused;
mod run;
mod search;
mod search_table;
mod status;
mod submit;
mod tables;
mod trial;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::exit_status::ExitStatus;

#[derive(Debug, Args)]
pub(super) struct SweepArgs {
    #[command(subcommand)]
    command: SweepCommand,
}

#[derive(Debug, Subcommand)]
enum SweepCommand {
    /// List what would run in each cell, and what cells share; run nothing.
    Plan(plan::SweepPlanArgs),
    /// Run the cells that are not fresh; print mean and spread of the scores over seeds.
    Run(run::SweepRunArgs),
    /// Give the cells that are not fresh to Slurm, HyperQueue, Snakemake or processes of this machine.
    Submit(submit::SweepSubmitArgs),
    /// Stop the jobs of a sweep: those that run write checkpoints, those that wait never start.
    Cancel(cancel::SweepCancelArgs),
    /// Print the state of each cell and the scores so far; exit with 1 if a cell is not fresh.
    Status(status::SweepStatusArgs),
    /// Run a trial of a search, for the search that started this process.
    #[command(hide = true)]
    Trial(trial::SweepTrialArgs),
}

impl SweepArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        match self.command {
            SweepCommand::Plan(args) => args.run(),
            SweepCommand::Run(args) => args.run(),
            SweepCommand::Submit(args) => args.run(),
            SweepCommand::Cancel(args) => args.run(),
            SweepCommand::Status(args) => args.run(),
            SweepCommand::Trial(args) => args.run(),
        }
    }
}
