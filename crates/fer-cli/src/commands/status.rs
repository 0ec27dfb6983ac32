use anyhow::Result;
use clap::Args;
use fer_pipeline::compare::Run;

use super::arguments::PipelineArgs;
use super::format::minute;
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
        let pipeline = self.chain.load()?;
        let status = pipeline.status()?;
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
        if fresh && !self.json {
            // A lock that cannot be read was told already.
            let finished = Run::read(pipeline.run_dir()).ok().and_then(|run| run.finished);
            finished.map_or(Ok(()), |time| print(format_args!("finished {} UTC\n", minute(&time))))?;
        }
        Ok(ExitStatus::of(fresh))
    }
}
