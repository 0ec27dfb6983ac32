use anyhow::Result;
use clap::Args;
use fer_pipeline::upkeep::{FileState, Verified};

use super::arguments::PipelineArgs;
use crate::exit_status::ExitStatus;
use crate::output::{print, print_json};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fer verify && echo intact
`fer status` trusts size, inode and times of a file that it has hashed before; this hashes every file.")]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    chain: PipelineArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl VerifyArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let files = self.chain.load()?.verify()?;
        if self.json {
            print_json(&files)?;
        } else {
            print(text(&files))?;
        }
        let intact = files.iter().all(|file| file.state == FileState::Ok);
        Ok(ExitStatus::of(intact))
    }
}

/// A line a file.
fn text(files: &[Verified]) -> String {
    if files.is_empty() {
        return "no stage has run\n".to_owned();
    }
    let line = |Verified { path, state, error, .. }: &Verified| match error {
        Some(error) => format!("{:10}  {path}: {error}\n", state.name()),
        None => format!("{:10}  {path}\n", state.name()),
    };
    files.iter().map(line).collect()
}
