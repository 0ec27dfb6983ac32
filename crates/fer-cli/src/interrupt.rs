use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

#[cfg(unix)]
use signal_hook::consts::{SIGHUP, SIGUSR1, SIGUSR2, SIGXFSZ};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::exit_status::ExitStatus;

/// What schedulers send: at the end of a job's time, before another job takes the place, or as a warning of either.
#[cfg(unix)]
const OF_SCHEDULERS: [i32; 3] = [SIGTERM, SIGUSR1, SIGUSR2];
#[cfg(not(unix))]
const OF_SCHEDULERS: [i32; 1] = [SIGTERM];

/// Whether a scheduler's signal was the first to ask.
static STOPPED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Whether the program was asked to stop. The first signal asks, that of a terminal that closes (SIGHUP) too. A second
/// Ctrl-C ends the program at once; a second signal of a scheduler does not, since schedulers warn more than once while a checkpoint is written.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

/// The signal of a terminal that closes, unless whoever started the program has it ignored, as `nohup` does.
fn hang_up() -> Option<i32> {
    #[cfg(unix)]
    {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        let ignored = u64::from_str_radix(ignored.trim(), 16).ok()?;
        (ignored & 1 << (SIGHUP - 1) == 0).then_some(SIGHUP)
    }
    #[cfg(not(unix))]
    None
}

/// Has a write beyond the limit of a file's size fail, as on a full disk; by default the system ends the program without a word.
pub(crate) fn outlive_file_limits() {
    #[cfg(unix)]
    let _ = flag::register(SIGXFSZ, Arc::default());
}

impl Interrupt {
    pub(crate) fn watch() -> io::Result<Self> {
        Self::new(&[SIGINT])
    }

    /// For what writes no checkpoint: a second SIGTERM ends it at once, too.
    pub(crate) fn watch_without_checkpoint() -> io::Result<Self> {
        Self::new(&[SIGINT, SIGTERM])
    }

    /// The second of these signals ends the program at once.
    fn new(ending: &[i32]) -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in ending.iter().copied().chain(hang_up()) {
            flag::register_conditional_shutdown(signal, ExitStatus::Interrupted.code().into(), Arc::clone(&asked))?;
        }
        for signal in std::iter::once(SIGINT).chain(hang_up()) {
            flag::register(signal, Arc::clone(&asked))?;
        }
        for signal in OF_SCHEDULERS {
            flag::register(signal, Arc::clone(&STOPPED))?;
            flag::register(signal, Arc::clone(&asked))?;
        }
        Ok(Self(asked))
    }

    /// Also counts as asked to stop when standard input ends: a parent that holds its other end has then asked, or has
    /// ended itself in whatever way.
    pub(crate) fn with_end_of_input(self) -> Self {
        let asked = Arc::clone(&self.0);
        std::thread::spawn(move || {
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            asked.store(true, Ordering::Relaxed);
        });
        self
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How the program ends that was asked to stop and can go on: a scheduler reads there whether to start it again.
pub(crate) fn status() -> ExitStatus {
    if STOPPED.load(Ordering::Relaxed) { ExitStatus::Stopped } else { ExitStatus::Interrupted }
}
