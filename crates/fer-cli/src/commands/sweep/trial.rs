use anyhow::{Result, bail};
use clap::Args;
use fer_pipeline::RunOptions;
use fer_pipeline::search::Unit;

use crate::clock::SystemClock;
use crate::commands::arguments::{ChainArgs, CheckpointArgs, ThreadArgs, VerbosityArgs, sweep_file};
use crate::exit_status::ExitStatus;
use crate::interrupt::Interrupt;
use crate::terminal::Terminal;

#[derive(Debug, Args)]
#[command(mut_arg("file", sweep_file))]
pub(super) struct SweepTrialArgs {
    #[command(flatten)]
    chain: ChainArgs,
    /// The trial with its values, as JSON.
    #[arg(long, value_name = "JSON", value_parser = unit)]
    unit: Unit,
    /// Digest that tells that the trial is the one that the caller means.
    #[arg(long, value_name = "DIGEST")]
    as_child: String,
    #[command(flatten)]
    threads: ThreadArgs,
    #[command(flatten)]
    checkpoints: CheckpointArgs,
    #[command(flatten)]
    verbosity: VerbosityArgs,
}

impl SweepTrialArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        self.threads.apply()?;
        let search = self.chain.load_search()?;
        let cell = search.map(|search| search.cell(&self.unit)).transpose()?;
        let Some(cell) = cell.filter(|cell| cell.digest().to_string() == self.as_child) else {
            bail!("{}: the file was changed while the search ran; run it again", self.chain.file.display());
        };
        let mut terminal = Terminal::new(Interrupt::watch()?.with_end_of_input(), self.verbosity.level());
        let options = RunOptions { checkpoint_every: self.checkpoints.every(), ..RunOptions::default() };
        cell.run(&options, &SystemClock::start(), &mut terminal)?;
        Ok(ExitStatus::Success)
    }
}

fn unit(text: &str) -> Result<Unit, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}
