use std::io::{IsTerminal, stdin};
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use fer_pipeline::Removal;
use serde_json::json;

use crate::exit_status::ExitStatus;
use crate::output::{bytes, print, print_json};
use crate::terminal::{ask, to_stderr};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fer rm runs/sample runs/sweep
Removes what `fer` wrote: outputs, checkpoints, earlier outputs, lock. Other files in the folder stay, and are named.")]
pub(super) struct RmArgs {
    /// Run folders, or folders of sweeps with all their cells.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Remove without asking.
    #[arg(long, short)]
    yes: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl RmArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let removals: Vec<Removal> = self.runs.iter().map(|run| Removal::plan(run)).collect::<Result<_, _>>()?;
        if !self.yes && !stdin().is_terminal() {
            to_stderr("error: nobody can be asked here; `--yes` removes without asking");
            removals.iter().for_each(|removal| to_stderr(&line(removal, "would be removed")));
            return Ok(ExitStatus::Usage);
        }
        if !self.yes {
            removals.iter().for_each(|removal| to_stderr(&line(removal, "would be removed")));
            if !ask("remove them?")? {
                to_stderr("nothing was removed");
                return Ok(ExitStatus::Failure);
            }
        }
        let mut told = vec![];
        for removal in &removals {
            let left = removal.carry_out()?;
            if !self.json {
                print(line(removal, "removed") + "\n")?;
                left.iter()
                    .try_for_each(|path| print(format_args!("  stays, not written by fer: {}\n", path.display())))?;
            }
            told.push(json!({"path": removal.path, "runs": removal.runs, "bytes": removal.bytes, "left": left}));
        }
        if self.json {
            print_json(&told)?;
        }
        Ok(ExitStatus::Success)
    }
}

/// `runs/sample: removed, 12.3 MB`
fn line(removal: &Removal, verb: &str) -> String {
    let runs = if removal.runs > 1 { format!(", {} runs", removal.runs) } else { String::new() };
    format!("{}: {verb}{runs}, {}", removal.path.display(), bytes(removal.bytes))
}
