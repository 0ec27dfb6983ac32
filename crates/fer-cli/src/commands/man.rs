use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory};

use super::Cli;
use crate::exit_status::ExitStatus;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fer man ~/.local/share/man/man1 && man fer-run")]
pub(super) struct ManArgs {
    /// A folder for `fer.1`, `fer-run.1` and so on; it is made if it is missing.
    folder: PathBuf,
}

impl ManArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let here = || self.folder.display().to_string();
        std::fs::create_dir_all(&self.folder).with_context(here)?;
        clap_mangen::generate_to(Cli::command().disable_help_subcommand(true), &self.folder).with_context(here)?;
        Ok(ExitStatus::Success)
    }
}
