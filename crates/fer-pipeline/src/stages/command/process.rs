//! A program of the user's own: started, watched and, if need be, ended with all that it has started itself.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::Duration;

/// Between two looks at a program: short at first, as many programs are.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
/// Looks, a longest pause each, that a program has to clean up after it was asked to end.
const LOOKS_OF_GRACE: usize = 60;

/// How a program's run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself.
    Own(ExitStatus),
    /// It was cut off.
    Cut,
}

/// Runs the program until it ends or `cut` says to end it. It has a process group of its own, so that what it starts
/// ends with it: nothing of it runs on to write where it should not.
pub(crate) fn run(command: &mut Command, mut cut: impl FnMut() -> bool) -> io::Result<End> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut group = Group { leader: command.spawn()? };
    let mut pause = SHORTEST_PAUSE;
    loop {
        if let Some(status) = group.leader.try_wait()? {
            return Ok(End::Own(status));
        }
        if cut() {
            group.ask();
            for _ in 0..LOOKS_OF_GRACE {
                if group.leader.try_wait()?.is_some() {
                    break;
                }
                sleep(LONGEST_PAUSE);
            }
            return Ok(End::Cut);
        }
        sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// A program and all that it has started; ended when dropped.
#[must_use = "dropping the group ends its processes"]
struct Group {
    leader: Child,
}

impl Group {
    /// Asks all to end.
    fn ask(&mut self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::TERM);
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.leader.id()).ok().and_then(rustix::process::Pid::from_raw);
        // None is left, or none that may be ended: there is nothing to do about either.
        let _ = id.map(|id| rustix::process::kill_process_group(id, signal));
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::KILL);
        #[cfg(not(unix))]
        let _ = self.leader.kill();
        let _ = self.leader.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn shell(script: &str, folder: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(folder);
        command
    }

    /// Whether the process named in the file comes to its end; that it was made to does not mean that it has.
    #[cfg(target_os = "linux")]
    fn ends(file: &Path) -> bool {
        let stat = format!("/proc/{}/stat", fs::read_to_string(file).unwrap().trim());
        let ended = || fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
        #[allow(clippy::disallowed_methods, reason = "a test that waits")]
        let start = std::time::Instant::now();
        while !ended() && start.elapsed() < Duration::from_secs(30) {
            std::thread::yield_now();
        }
        ended()
    }

    #[test]
    fn a_programs_own_end_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let code = |script| match run(&mut shell(script, folder.path()), || false).unwrap() {
            End::Own(status) => status.code(),
            End::Cut => panic!("it was not cut off"),
        };
        assert_eq!((code("exit 0"), code("exit 3"), code("kill -9 $$")), (Some(0), Some(3), None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_program_has_started_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let script = "sleep 1000 & echo $! > id.new; mv id.new id";
        run(&mut shell(script, folder.path()), || false).unwrap();
        assert!(ends(&folder.path().join("id")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_that_is_cut_off_may_clean_up_and_takes_all_that_it_started_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let script = "trap 'echo clean > clean; exit 0' TERM; (trap '' TERM; sleep 1000) & echo $! > id.new; \
                      mv id.new id; wait";
        let id = folder.path().join("id");
        let end = run(&mut shell(script, folder.path()), || id.exists()).unwrap();
        assert_eq!(end, End::Cut);
        assert_eq!(fs::read_to_string(folder.path().join("clean")).unwrap(), "clean\n");
        assert!(ends(&id));
    }
}
