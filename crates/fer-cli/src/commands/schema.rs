use anyhow::Result;
use clap::Args;

use crate::exit_status::ExitStatus;
use crate::output::print_json;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fer schema > pipeline.schema.json
An editor with yaml-language-server completes and checks a pipeline file that begins with
  # yaml-language-server: $schema=pipeline.schema.json")]
pub(super) struct SchemaArgs {}

impl SchemaArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        print_json(&fer_pipeline::reference::schema())?;
        Ok(ExitStatus::Success)
    }
}
