//! Cells in processes of their own: whatever happens to one of them, the others go on.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};
use fer_artifact::{RECORD, make_folders, open_log, open_regular};
use fer_pipeline::progress::Clock;
use fer_pipeline::sweep::Cell;

use crate::clock::SystemClock;
use crate::exit_status::ExitStatus;

/// Between two looks at the children.
const PAUSE: Duration = Duration::from_millis(20);
/// polars sizes its pool by this variable alone.
const POLARS_THREADS: &str = "POLARS_MAX_THREADS";

/// The processes under way. They stop, and write their checkpoints, when this one ends in whatever way: each reads its
/// standard input, whose other end is held here.
pub(super) struct Children<'a> {
    program: PathBuf,
    /// Arguments of each, beside those that name the cell and the threads.
    arguments: Vec<OsString>,
    /// Threads of each.
    threads: usize,
    running: Vec<Running<'a>>,
}

struct Running<'a> {
    cell: &'a Cell,
    child: Child,
    /// Where in the cell's log its part begins.
    log_start: u64,
    clock: SystemClock,
}

/// How a cell came to its end.
pub(super) enum End {
    Done { seconds: f64 },
    Interrupted,
    Failed { message: String, log: PathBuf },
}

impl End {
    pub(super) fn is_failure(&self) -> bool {
        !matches!(self, End::Done { .. })
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Done { seconds } => write!(f, "done in {seconds:.1} s"),
            End::Interrupted => f.write_str("interrupted"),
            End::Failed { message, log } => write!(f, "failed: {message} (log: {})", log.display()),
        }
    }
}

impl<'a> Children<'a> {
    /// No process yet. Each will be called with these arguments, and those that name its cell, on so many threads.
    pub(super) fn new(arguments: Vec<OsString>, threads: usize) -> Result<Self> {
        Ok(Self { program: std::env::current_exe()?, arguments, threads, running: vec![] })
    }

    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    /// The cells under way, and for how many seconds.
    pub(super) fn running(&self) -> impl Iterator<Item = (&'a Cell, f64)> {
        self.running.iter().map(|running| (running.cell, running.clock.elapsed().as_secs_f64()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Starts a cell. What it says goes into its log, after what earlier runs said.
    pub(super) fn start(&mut self, cell: &'a Cell) -> Result<()> {
        let path = cell.log_path();
        let (log, log_start) =
            begin_log(cell, &path).with_context(|| format!("{}: cannot write it", path.display()))?;
        cell.begin();
        let mut command = self.command(cell);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log).spawn()?;
        self.running.push(Running { cell, child, log_start, clock: SystemClock::start() });
        Ok(())
    }

    fn command(&self, cell: &Cell) -> Command {
        let mut command = Command::new(&self.program);
        match &cell.unit {
            None => command.args(["sweep", "run"]).args(&self.arguments).args(["--index", &cell.index.to_string()]),
            Some(unit) => {
                let unit = serde_json::to_string(unit).expect("values are representable in JSON");
                command.args(["sweep", "trial"]).args(&self.arguments).args(["--unit", &unit])
            }
        };
        command.args(["--as-child", &cell.digest().to_string()]);
        command.args(["--threads", &self.threads.to_string()]);
        #[expect(clippy::disallowed_methods, reason = "polars has no other way; the user's own choice stays")]
        let is_chosen = std::env::var_os(POLARS_THREADS).is_some();
        if !is_chosen {
            command.env(POLARS_THREADS, self.threads.to_string());
        }
        command
    }

    /// Asks all to stop at the next good moment.
    pub(super) fn stop(&mut self) {
        self.running.iter_mut().for_each(|running| drop(running.child.stdin.take()));
    }

    /// Those that have ended, after a short wait. Why one failed stands in its run folder from then on.
    pub(super) fn ended(&mut self) -> Result<Vec<(&'a Cell, End)>> {
        sleep(PAUSE);
        let (mut ended, mut index) = (vec![], 0);
        while index < self.running.len() {
            match self.running[index].child.try_wait()? {
                None => index += 1,
                Some(status) => {
                    let running = self.running.remove(index);
                    let end = running.end(status);
                    if let End::Failed { message, .. } = &end {
                        running.cell.note_failure(message);
                    }
                    ended.push((running.cell, end));
                }
            }
        }
        Ok(ended)
    }
}

impl Running<'_> {
    fn end(&self, status: process::ExitStatus) -> End {
        match status.code() {
            Some(0) => End::Done { seconds: self.clock.elapsed().as_secs_f64() },
            Some(code) if can_go_on(code) => End::Interrupted,
            _ => {
                let log = self.cell.log_path();
                let message = last_error(&log, self.log_start).unwrap_or_else(|| format!("ended with {status}"));
                End::Failed { message, log }
            }
        }
    }
}

/// Whether this is the exit code of a run that was asked to stop.
fn can_go_on(code: i32) -> bool {
    [ExitStatus::Interrupted, ExitStatus::Stopped].iter().any(|status| i32::from(status.code()) == code)
}

/// The cell's log, with a line about the run that begins, and where its part starts.
fn begin_log(cell: &Cell, path: &Path) -> std::io::Result<(File, u64)> {
    let folder = cell.run_dir();
    // `cells`, and the cell's own below it, in the folder of the sweep.
    let sweep = folder.ancestors().nth(2).unwrap_or(folder);
    make_folders(sweep, folder.strip_prefix(sweep).unwrap_or(folder))?;
    let mut log = open_log(path)?;
    let start = log.metadata()?.len();
    writeln!(log, "== {}  cell {}  {}", SystemClock::start().now(), cell.index, cell.name)?;
    Ok((log, start))
}

/// The error that the program ended with, as it told it.
fn last_error(log: &Path, start: u64) -> Option<String> {
    let (mut file, mut text) = (open_regular(log).ok()?, vec![]);
    // An error stands at the end.
    let start = start.max(file.metadata().ok()?.len().saturating_sub(RECORD));
    file.seek(SeekFrom::Start(start)).ok()?;
    file.take(RECORD).read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let (_, message) = text.rsplit_once("\nerror: ")?;
    Some(message.trim_end().to_owned())
}
