use anyhow::Result;
use clap::Args;
use fer_train::Memory;

use super::arguments::{PipelineArgs, SelectionArgs};
use crate::exit_status::ExitStatus;
use crate::output::{bytes, print, print_json};
use crate::terminal::joined;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fer plan pipelines/seed.yaml --set train.epochs=1")]
pub(super) struct PlanArgs {
    #[command(flatten)]
    chain: PipelineArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl PlanArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let plan = self.chain.load()?.plan(&self.selection.options())?;
        if self.json {
            print_json(&plan)?;
            return Ok(ExitStatus::Success);
        }
        for step in &plan {
            match step.reasons.is_empty() {
                true => print(format_args!("{}: fresh\n", step.stage))?,
                false => print(format_args!("{}: {}\n", step.stage, joined(&step.reasons)))?,
            }
        }
        for step in &plan {
            if let Some(memory) = &step.memory {
                print(format_args!("{} {}\n", step.stage, told(memory)))?;
            }
        }
        Ok(ExitStatus::Success)
    }
}

/// What a training takes.
fn told(memory: &Memory) -> String {
    let Memory { peak, weights, batch, writing } = memory;
    let [peak, weights, batch, writing] = [peak, weights, batch, writing].map(|part| bytes(*part));
    format!(
        "takes about {peak} of memory: {weights} for weights, gradients and optimiser, {batch} for a batch, {writing} to write a \
         checkpoint"
    )
}
