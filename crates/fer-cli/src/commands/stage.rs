use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fer_artifact::Seed;
use fer_pipeline::{RunOptions, StageAlone, StageKind, run_stage};

use super::arguments::{CheckpointArgs, ThreadArgs, VerbosityArgs};
use crate::clock::SystemClock;
use crate::exit_status::ExitStatus;
use crate::interrupt::Interrupt;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  fer stage preprocess --params params.yaml --in runs/sample --out elsewhere --seed 42
Writes what a chain with this seed writes into <run_dir>/preprocess."
)]
pub(super) struct StageArgs {
    /// The kind of stage: ingest, align, preprocess, train or evaluate.
    name: StageKind,
    /// A YAML file with the stage's parameters: the mapping under `params` of a pipeline file (default: the defaults).
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// A folder laid out as a run folder (`ingest/train.safetensors`, …).
    #[arg(long = "in", value_name = "DIR", default_value = ".")]
    input: PathBuf,
    /// Write the outputs into this folder.
    #[arg(long = "out", value_name = "DIR")]
    output: PathBuf,
    /// The pipeline's seed.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Start an interrupted training anew.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    checkpoints: CheckpointArgs,
    #[command(flatten)]
    threads: ThreadArgs,
    #[command(flatten)]
    verbosity: VerbosityArgs,
}

impl StageArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        self.threads.apply()?;
        let (clock, mut terminal) = (SystemClock::start(), Terminal::new(Interrupt::watch()?, self.verbosity.level()));
        let alone = StageAlone {
            kind: self.name,
            params: self.params.as_deref(),
            input: &self.input,
            output: &self.output,
            seed: Seed::new(self.seed),
        };
        let checkpoint_every = self.checkpoints.every();
        let options = RunOptions { force: self.force, checkpoint_every, ..RunOptions::default() };
        run_stage(&alone, &options, &clock, &mut terminal)?;
        Ok(ExitStatus::Success)
    }
}
