use anyhow::{Context, Result};
use clap::Args;

use super::engines::cancel;
use super::jobs::Asked;
use crate::commands::arguments::{ChainArgs, cells_file};
use crate::exit_status::ExitStatus;
use crate::output::print;

#[derive(Debug, Args)]
#[command(mut_arg("file", cells_file))]
#[command(after_help = "Example:\n  fer sweep cancel sweep.yaml
Jobs that run write checkpoints first; `fer sweep submit` goes on from there.")]
pub(super) struct SweepCancelArgs {
    #[command(flatten)]
    chain: ChainArgs,
}

impl SweepCancelArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let sweep = self.chain.load_sweep()?;
        let mut ended = 0;
        for Asked { submission, states } in Asked::all(&sweep)? {
            let (number, engine) = (submission.number(), submission.engine);
            let states = states.with_context(|| format!("submission {number}: {engine} tells nothing of it"))?;
            let ahead = states.values().filter(|task| task.state.is_ahead()).count();
            if ahead > 0 {
                cancel(&submission).with_context(|| format!("submission {number}: {engine} does not cancel it"))?;
                print(format_args!(
                    "submission {number}: asked {engine} to end {}: {ahead} of {} jobs\n",
                    submission.id,
                    submission.tasks.len()
                ))?;
                ended += 1;
            }
        }
        if ended == 0 {
            print(format_args!("no job of this sweep waits or runs\n"))?;
        }
        Ok(ExitStatus::Success)
    }
}
