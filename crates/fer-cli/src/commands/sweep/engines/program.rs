//! The engines' own programs, called.

use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use fer_artifact::{open_log, open_regular};

use super::process::{Process, Whereabouts};

/// What a program printed, if it ended well.
pub(super) fn output_of(program: &str, arguments: &[String]) -> Result<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("{program}: cannot start it"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{program}: ended with {}: {}", output.status, said.trim());
    }
    // What it did is done, even if it speaks of it in another encoding.
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
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
    let file = |path: &Path| open_log(path).with_context(|| format!("{}: cannot write it", path.display()));
    let said = file(log)?;
    said.lock().with_context(|| format!("{}: cannot lock it", log.display()))?;
    let printed = match table {
        Some(path) => file(path)?,
        None => said.try_clone()?,
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(printed).stderr(said);
    // Not interrupted with the terminal's own programs.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn().with_context(|| format!("{}: cannot start it", program.display()))?;
    Process::of(child.id()).zip(log.parent()).into_iter().for_each(|(process, folder)| process.note(folder));
    Ok(child.id())
}

/// Whether what was started with this log in this folder still runs: the lock tells, and on the same machine the process,
/// as a file system may let go of a lock with the program that took it.
pub(super) fn is_running(log: &Path, folder: &Path) -> bool {
    let is_locked = |file: File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    let is_here = || Process::noted(folder).is_some_and(|process| process.whereabouts() == Whereabouts::Here);
    open_regular(log).is_ok_and(is_locked) || is_here()
}

/// Asks a process that was started for this folder, and all that it started, to stop. On another machine, its number is
/// somebody else's.
pub(super) fn stop(process: &str, folder: &Path) -> Result<()> {
    if let Some(noted) = Process::noted(folder).filter(|noted| noted.whereabouts() == Whereabouts::Elsewhere) {
        bail!("process {process} is on {}, or was before that was started anew: cancel it there", noted.host);
    }
    output_of("kill", &["-TERM".to_owned(), "--".to_owned(), format!("-{process}")]).map(drop)
}
