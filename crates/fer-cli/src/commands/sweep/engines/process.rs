//! A process among those of all machines and times: its number alone may be another's elsewhere, or later.

use std::fs;
use std::path::Path;

use fer_artifact::{RECORD, read_regular, write_owned};
use serde::{Deserialize, Serialize};

const PROCESS_FILE: &str = "process.json";

/// A process, as Linux knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    number: u32,
    /// When it was started, in the machine's own count.
    started: String,
    /// The name of its machine.
    pub(super) host: String,
    /// The machine since it was started last.
    boot: String,
}

/// Where a process is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Whereabouts {
    Here,
    Elsewhere,
    Gone,
}

impl Process {
    /// That of this machine with this number, if there is one, and the system tells.
    pub(super) fn of(number: u32) -> Option<Self> {
        let read = |path: &str| Some(fs::read_to_string(path).ok()?.trim().to_owned());
        let state = read(&format!("/proc/{number}/stat"))?;
        // After the program's name, which may have spaces and parentheses.
        let fields: Vec<&str> = state.rsplit_once(')')?.1.split_whitespace().collect();
        let is_there = !matches!(*fields.first()?, "Z" | "X");
        let started = fields.get(19)?.to_string();
        let (host, boot) = (read("/proc/sys/kernel/hostname")?, read("/proc/sys/kernel/random/boot_id")?);
        is_there.then_some(Self { number, started, host, boot })
    }

    /// Notes it in a folder. Without the note, the lock of the log alone tells whether it runs.
    pub(super) fn note(&self, folder: &Path) {
        let text = serde_json::to_vec(self).expect("texts are representable in JSON");
        let _ = write_owned(&folder.join(PROCESS_FILE), &text);
    }

    /// The one that a folder tells of.
    pub(super) fn noted(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&read_regular(&folder.join(PROCESS_FILE), RECORD).ok()?).ok()
    }

    /// Where it is.
    pub(super) fn whereabouts(&self) -> Whereabouts {
        let own = Self::of(std::process::id());
        match own.is_some_and(|own| own.boot == self.boot) {
            false => Whereabouts::Elsewhere,
            true if Self::of(self.number).as_ref() == Some(self) => Whereabouts::Here,
            true => Whereabouts::Gone,
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_another_machine_or_time_is_another_process() {
        let folder = tempfile::tempdir().unwrap();
        let own = Process::of(std::process::id()).unwrap();
        own.note(folder.path());
        assert_eq!(Process::noted(folder.path()).unwrap().whereabouts(), Whereabouts::Here);
        let other = Process { boot: "another".to_owned(), ..own.clone() };
        assert_eq!(other.whereabouts(), Whereabouts::Elsewhere);
        let earlier = Process { started: "1".to_owned(), ..own };
        assert_eq!(earlier.whereabouts(), Whereabouts::Gone);
    }
}
