use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use fer_pipeline::rename_run;

use crate::exit_status::ExitStatus;
use crate::output::print;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer rename runs/sample adamw            the run is then runs/adamw
  fer rename runs/sample old/sample       the run is then old/sample
The pipeline file does not know of it: `fer run runs/adamw` goes on with the run.")]
pub(super) struct RenameArgs {
    /// The run folder, or the folder of a sweep.
    run: PathBuf,
    /// Its new name, or, with a `/`, its new path.
    new: PathBuf,
}

impl RenameArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let parent = self.run.parent();
        let absolute = std::path::absolute(&self.run)?;
        if absolute.parent().and_then(Path::file_name).is_some_and(|name| name == "cells") {
            bail!("{}: the name of a cell says its values; rename the folder of its sweep", self.run.display());
        }
        let is_name = self.new.components().count() == 1 && !self.new.to_string_lossy().contains('/');
        let to = match parent {
            Some(parent) if is_name => parent.join(&self.new),
            _ => self.new.clone(),
        };
        rename_run(&self.run, &to)?;
        print(format_args!("{} is now {}\n", self.run.display(), to.display()))?;
        Ok(ExitStatus::Success)
    }
}
