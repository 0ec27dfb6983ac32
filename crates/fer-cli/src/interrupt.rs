use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(unix)]
use signal_hook::consts::{SIGHUP, SIGXFSZ};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::exit_status::ExitStatus;

/// Whether the user has asked to stop. The first Ctrl-C, SIGTERM, or SIGHUP of a terminal that closes asks; a second one ends the
/// program at once.
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
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM].into_iter().chain(hang_up()) {
            flag::register_conditional_shutdown(signal, ExitStatus::Interrupted.code().into(), Arc::clone(&asked))?;
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
