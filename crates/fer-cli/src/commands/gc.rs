use anyhow::Result;
use clap::Args;
use fer_pipeline::upkeep::{Spare, SpareKind};
use serde_json::json;

use super::arguments::PipelineArgs;
use crate::exit_status::ExitStatus;
use crate::output::{bytes, print, print_json};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer gc --dry-run        list the files that would be deleted
  fer gc
Current outputs stay, and so do the checkpoints of the pipeline file's own trainings.")]
pub(super) struct GcArgs {
    #[command(flatten)]
    chain: PipelineArgs,
    /// List the files; delete nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl GcArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let pipeline = self.chain.load()?;
        let spares = if self.dry_run { pipeline.spares()? } else { pipeline.gc()? };
        let total: u64 = spares.iter().map(|spare| spare.bytes).sum();
        if self.json {
            print_json(&json!({"removed": !self.dry_run, "bytes": total, "spares": spares}))?;
            return Ok(ExitStatus::Success);
        }
        for Spare { path, kind, bytes: size, .. } in &spares {
            print(format_args!("{:>9}  {:16}  {}\n", bytes(*size), words(*kind), path.display()))?;
        }
        let verb = if self.dry_run { "would be freed" } else { "freed" };
        print(format_args!("{:>9}  {verb}\n", bytes(total)))?;
        Ok(ExitStatus::Success)
    }
}

const fn words(kind: SpareKind) -> &'static str {
    match kind {
        SpareKind::Earlier => "earlier outputs",
        SpareKind::Checkpoints => "checkpoints",
        SpareKind::Unfinished => "unfinished",
    }
}
