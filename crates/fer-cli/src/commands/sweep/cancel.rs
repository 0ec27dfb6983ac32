use anyhow::{Context, Result};
use clap::Args;
use fer_artifact::counted;

use super::engines::cancel;
use super::engines::state::TaskStates;
use super::engines::submission::Submission;
use super::jobs::Asked;
use crate::commands::arguments::{ChainArgs, cells_file};
use crate::exit_status::ExitStatus;
use crate::output::print;
use crate::terminal::error;

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
        let (mut ended, mut failed) = (0, 0);
        for Asked { submission, states } in Asked::all(&sweep)? {
            match ask_to_end(&submission, states) {
                Ok(0) => {}
                Ok(ahead) => {
                    let (number, engine, id) = (submission.number(), submission.engine, &submission.id);
                    let of = counted(submission.tasks.len(), "job");
                    print(format_args!("submission {number}: asked {engine} to end {id}: {ahead} of {of}\n"))?;
                    ended += 1;
                }
                // Its engine alone is concerned: others still have jobs to end.
                Err(refused) => {
                    error(&refused);
                    failed += 1;
                }
            }
        }
        if ended == 0 && failed == 0 {
            print(format_args!("no job of this sweep waits or runs\n"))?;
        }
        Ok(ExitStatus::of(failed == 0))
    }
}

/// Ends what is left of a submission; gives how many of its jobs that are.
fn ask_to_end(submission: &Submission, states: Result<TaskStates>) -> Result<usize> {
    let (number, engine) = (submission.number(), submission.engine);
    let states = states.with_context(|| format!("submission {number}: {engine} tells nothing of it"))?;
    let ahead = states.values().filter(|task| task.state.is_ahead()).count();
    if ahead > 0 {
        cancel(submission).with_context(|| format!("submission {number}: {engine} does not cancel it"))?;
    }
    Ok(ahead)
}
