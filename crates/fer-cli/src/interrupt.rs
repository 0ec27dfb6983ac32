use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

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

/// The signal that asked first: whatever comes after it changes nothing in how the program ends.
static FIRST: OnceLock<i32> = OnceLock::new();

/// Whether the program was asked to stop. The first signal asks, that of a terminal that closes (SIGHUP) too. A second
/// Ctrl-C ends the program at once; a second signal of a scheduler or of a terminal does not, since schedulers warn more than once while
/// a checkpoint is written, and a shell and its terminal both tell of the end.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

/// The signal of a terminal that closes, unless whoever started the program has it ignored, as `nohup` does. Where the system does
/// not tell (there is no `/proc`), it counts as not ignored: a checkpoint too many is better than one that is missing.
#[cfg(unix)]
fn hang_up() -> Option<i32> {
    let told = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = told.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|ignored| u64::from_str_radix(ignored.trim(), 16).ok()).unwrap_or(0);
    (ignored & 1 << (SIGHUP - 1) == 0).then_some(SIGHUP)
}

#[cfg(not(unix))]
fn hang_up() -> Option<i32> {
    None
}

/// Has the first of these signals noted, and `asked` set from then on.
#[cfg(unix)]
fn note(signals: &[i32], asked: Arc<AtomicBool>) -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new(signals)?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            FIRST.get_or_init(|| signal);
            asked.store(true, Ordering::Relaxed);
        }
    });
    Ok(())
}

#[cfg(not(unix))]
fn note(signals: &[i32], asked: Arc<AtomicBool>) -> io::Result<()> {
    signals.iter().try_for_each(|&signal| flag::register(signal, Arc::clone(&asked)).map(drop))
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

    /// For what writes no checkpoint: a second SIGTERM or SIGHUP ends it at once, too.
    #[cfg(any(feature = "faces", feature = "serve"))]
    pub(crate) fn watch_without_checkpoint() -> io::Result<Self> {
        Self::new(&[SIGINT, SIGTERM].into_iter().chain(hang_up()).collect::<Vec<_>>())
    }

    /// The second of these signals ends the program at once.
    fn new(ending: &[i32]) -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for &signal in ending {
            flag::register_conditional_shutdown(signal, ExitStatus::Interrupted.code().into(), Arc::clone(&asked))?;
        }
        let asking: Vec<i32> = OF_SCHEDULERS.into_iter().chain([SIGINT]).chain(hang_up()).collect();
        note(&asking, Arc::clone(&asked))?;
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

/// Has a stop that no signal to this process asked for end as one that a scheduler asked for: another process of the training had its
/// signal.
#[cfg(feature = "mpi")]
pub(crate) fn note_others() {
    FIRST.get_or_init(|| SIGTERM);
}

/// How the program ends that was asked to stop and can go on: a scheduler reads there whether to start it again.
pub(crate) fn status() -> ExitStatus {
    match FIRST.get() {
        Some(first) if OF_SCHEDULERS.contains(first) => ExitStatus::Stopped,
        _ => ExitStatus::Interrupted,
    }
}
