use anyhow::Result;

use crate::exit_status::ExitStatus;
use crate::terminal::to_stderr;

/// What was asked for makes no sense, and nothing was done.
pub(super) fn refused(problem: &str) -> Result<ExitStatus> {
    to_stderr(&format!("error: {problem}"));
    Ok(ExitStatus::Usage)
}
