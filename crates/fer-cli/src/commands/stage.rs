use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use fer_artifact::Seed;
use fer_pipeline::{RunOptions, StageAlone, StageKind, run_stage};

use super::arguments::{CheckpointArgs, ThreadArgs};
use crate::clock::SystemClock;
use crate::interrupt::Interrupt;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  fer stage preprocess --params params.yaml --in runs/sample --out elsewhere --seed 42
The output is what a chain with this seed would write into <run_dir>/preprocess."
)]
pub(super) struct StageArgs {
    /// ingest, preprocess, train or evaluate.
    name: StageKind,
    /// A YAML file that holds what stands under `params` in a pipeline file; without it, the defaults.
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// A folder laid out as a run folder (`ingest/train.safetensors`, …).
    #[arg(long = "in", value_name = "DIR", default_value = ".")]
    input: PathBuf,
    /// Where the outputs go.
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
}

impl StageArgs {
    pub(super) fn run(self) -> Result<ExitCode> {
        self.threads.apply()?;
        let (clock, mut terminal) = (SystemClock::start(), Terminal::new(Interrupt::watch()?));
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
        Ok(ExitCode::SUCCESS)
    }
}
