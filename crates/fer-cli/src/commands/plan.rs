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
            if let Some(memory) = step.memory {
                print(format_args!("{}\n", told(&memory)))?;
            }
        }
        Ok(ExitStatus::Success)
    }
}

/// What a training takes, in a line below it.
fn told(memory: &Memory) -> String {
    let Memory { peak, weights, batch, writing } = memory;
    let [peak, weights, batch, writing] = [peak, weights, batch, writing].map(|part| bytes(*part));
    format!(
        "  memory: about {peak} (weights and the optimiser's {weights}, then a batch {batch} or a checkpoint {writing})"
    )
}
