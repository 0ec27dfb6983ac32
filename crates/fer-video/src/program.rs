//! The programs `ffmpeg` and `ffprobe`: started, listened to, and ended when nobody listens any more.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::{Error, Input};

pub(crate) const FFMPEG: &str = "ffmpeg";
pub(crate) const FFPROBE: &str = "ffprobe";
/// Between two looks whether to stop.
pub(crate) const LOOK: Duration = Duration::from_millis(50);

/// A program that ends with its owner.
#[derive(Debug)]
#[must_use = "dropping it ends the program"]
pub(crate) struct Program {
    pub(crate) child: Child,
}

impl Program {
    /// Starts a program. It has a process group of its own: Ctrl-C on a terminal asks `fer` alone to stop, which then lets
    /// the program come to a good end.
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Result<Self, Error> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command.spawn().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::NoProgram { program: name },
            _ => Error::Program { program: name, source },
        })?;
        Ok(Self { child })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program says until it ends.
pub(crate) struct Said {
    pub(crate) is_well: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// How listening to a program ended otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Stalled,
    Interrupted,
}

impl Cut {
    /// What it means for who opens this input.
    pub(crate) fn of(self, input: &Input, timeout: Option<Duration>) -> Error {
        match self {
            Self::Interrupted => Error::Interrupted { input: input.name() },
            Self::Stalled => Error::Stalled { input: input.name(), seconds: timeout.unwrap_or_default().as_secs_f64() },
        }
    }
}

/// Runs a program that says a little; `None` if it took longer than `timeout`, or `stop` said to stop.
pub(crate) fn ask(
    name: &'static str,
    arguments: &[String],
    timeout: Option<Duration>,
    stop: &dyn Fn() -> bool,
) -> Result<Result<Said, Cut>, Error> {
    let mut command = Command::new(name);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = Program::start(name, &mut command)?;
    let (stdout, stderr) = (program.child.stdout.take(), program.child.stderr.take());
    let (said, hears) = channel();
    let errors = thread::spawn(move || text(stderr));
    thread::spawn(move || said.send(text(stdout)));
    let stdout = match receive(&hears, timeout, stop) {
        Ok(stdout) => stdout.unwrap_or_default(),
        Err(cut) => return Ok(Err(cut)),
    };
    let status = program.child.wait().map_err(|source| Error::Program { program: name, source })?;
    let stderr = errors.join().unwrap_or_default();
    Ok(Ok(Said { is_well: status.success(), stdout, stderr }))
}

/// What comes first, if anything does.
pub(crate) fn receive<T>(
    hears: &Receiver<T>,
    timeout: Option<Duration>,
    stop: &dyn Fn() -> bool,
) -> Result<Option<T>, Cut> {
    let mut waited = Duration::ZERO;
    loop {
        match hears.recv_timeout(LOOK) {
            Ok(it) => return Ok(Some(it)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) if stop() => return Err(Cut::Interrupted),
            Err(RecvTimeoutError::Timeout) => waited += LOOK,
        }
        if timeout.is_some_and(|timeout| waited >= timeout) {
            return Err(Cut::Stalled);
        }
    }
}

/// All of what comes; a stream that breaks is an end as well.
fn text(stream: Option<impl Read>) -> String {
    let mut bytes = vec![];
    if let Some(mut stream) = stream {
        let _ = stream.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The arguments by which this `ffmpeg` hands on frames with the times that they have: it got another name for that in
/// version 5.1, whose libavutil is 57.28.
pub(crate) fn passthrough(version: &str) -> [&'static str; 2] {
    let numbers = version.lines().find_map(|line| line.trim().strip_prefix("libavutil"));
    let mut numbers = numbers.unwrap_or_default().split(['.', '/']).filter_map(|part| part.trim().parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) if (major, minor) < (57, 28) => ["-vsync", "passthrough"],
        _ => ["-fps_mode", "passthrough"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_option_depends_on_the_version() {
        let of = |libavutil: &str| passthrough(&format!("ffmpeg version n4\nconfiguration: x\n{libavutil}\n"))[0];
        assert_eq!(of("libavutil      56. 70.100 / 56. 70.100"), "-vsync");
        assert_eq!(of("libavutil      57. 17.100 / 57. 17.100"), "-vsync");
        assert_eq!(of("libavutil      57. 28.100 / 57. 28.100"), "-fps_mode");
        assert_eq!(of("libavutil      60.  3.100 / 60.  3.100"), "-fps_mode");
        assert_eq!(of("who knows"), "-fps_mode");
    }
}
