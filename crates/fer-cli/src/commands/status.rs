use anyhow::Result;
use clap::Args;

use super::arguments::PipelineArgs;
use crate::exit_status::ExitStatus;
use crate::output::{print, print_json};
use crate::terminal::joined;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fer status || fer run")]
pub(super) struct StatusArgs {
    #[command(flatten)]
    chain: PipelineArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl StatusArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let status = self.chain.load()?.status()?;
        if self.json {
            print_json(&status)?;
        } else {
            for step in &status {
                let reasons =
                    if step.reasons.is_empty() { String::new() } else { format!(": {}", joined(&step.reasons)) };
                print(format_args!("{:10}  {}{reasons}\n", step.stage.as_str(), step.state()))?;
            }
        }
        let fresh = status.iter().all(|step| step.reasons.is_empty());
        Ok(ExitStatus::of(fresh))
    }
}
