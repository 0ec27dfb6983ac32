//! The engines' own programs, called.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// What a program printed, if it ended well.
pub(super) fn output_of(program: &str, arguments: &[String]) -> Result<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("{program}: cannot start it"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{program}: ended with {}: {}", output.status, said.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{program}: printed no text"))
}

/// Starts a program that goes on when this one has ended; gives its process. What it says goes into `log`, which is
/// locked as long as it runs.
pub(super) fn start(
    program: &OsStr,
    arguments: &[String],
    folder: &Path,
    table: Option<&Path>,
    log: &Path,
) -> Result<u32> {
    let file = |path: &Path| {
        let open = OpenOptions::new().append(true).create(true).open(path);
        open.with_context(|| format!("{}: cannot write it", path.display()))
    };
    let said = file(log)?;
    said.lock().with_context(|| format!("{}: cannot lock it", log.display()))?;
    let printed = match table {
        Some(path) => File::create(path).with_context(|| format!("{}: cannot write it", path.display()))?,
        None => said.try_clone()?,
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(printed).stderr(said);
    // Not interrupted with the terminal's own programs.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn().with_context(|| format!("{}: cannot start it", program.display()))?;
    Ok(child.id())
}

/// Whether what was started with this log still runs.
pub(super) fn is_running(log: &Path) -> bool {
    File::open(log).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Asks a process that was started here, and all that it started, to stop.
pub(super) fn stop(process: &str) -> Result<()> {
    output_of("kill", &["-TERM".to_owned(), "--".to_owned(), format!("-{process}")]).map(drop)
}
