use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use fer_pipeline::{Spare, SpareKind};
use serde_json::json;

use super::arguments::PipelineArgs;
use crate::output::{bytes, print, print_json};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer gc --dry-run        what would be freed
  fer gc
What is in place stays, and so do the checkpoints of the training that the pipeline file describes.")]
pub(super) struct GcArgs {
    #[command(flatten)]
    chain: PipelineArgs,
    /// Only say what would be freed.
    #[arg(long)]
    dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl GcArgs {
    pub(super) fn run(self) -> Result<ExitCode> {
        let pipeline = self.chain.load()?;
        let spares = if self.dry_run { pipeline.spares()? } else { pipeline.gc()? };
        let total: u64 = spares.iter().map(|spare| spare.bytes).sum();
        if self.json {
            print_json(&json!({"removed": !self.dry_run, "bytes": total, "spares": spares}))?;
            return Ok(ExitCode::SUCCESS);
        }
        for Spare { path, kind, bytes: size, .. } in &spares {
            print(format_args!("{:>9}  {:16}  {}\n", bytes(*size), words(*kind), path.display()))?;
        }
        let verb = if self.dry_run { "would be freed" } else { "freed" };
        print(format_args!("{:>9}  {verb}\n", bytes(total)))?;
        Ok(ExitCode::SUCCESS)
    }
}

const fn words(kind: SpareKind) -> &'static str {
    match kind {
        SpareKind::Earlier => "earlier outputs",
        SpareKind::Checkpoints => "checkpoints",
        SpareKind::Unfinished => "unfinished",
    }
}
