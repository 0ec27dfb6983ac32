//! What becomes of a call, and what is written down of it.

use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard};

use crate::open_files::held;
use crate::plan::{Kind, plan};
use crate::real::Write;

const ENOSPC: c_int = 28;

unsafe extern "C" {
    fn __errno_location() -> *mut c_int;
}

/// What becomes of a call.
pub(crate) enum Fate {
    Passes(Call),
    Fails(c_int),
    Short,
    Corrupt,
}

/// A call that is let through, with its number.
pub(crate) struct Call {
    number: u64,
    operation: &'static str,
    path: PathBuf,
    /// Other changes of the folder wait until this one stands in the log.
    _order: Option<MutexGuard<'static, ()>>,
}

static ORDER: Mutex<()> = Mutex::new(());

/// Operations that need room on the disk.
pub(crate) fn needs_room(operation: &str) -> bool {
    ["create", "write", "sync", "truncate", "rename", "link", "mkdir"].contains(&operation)
}

/// Operations that change the folder.
pub(crate) fn changes(operation: &str) -> bool {
    needs_room(operation) || ["unlink", "rmdir", "mode", "open"].contains(&operation)
}

pub(crate) fn decide(operation: &'static str, path: PathBuf) -> Fate {
    decide_of_two(operation, path, Path::new(""))
}

/// The same of a call that has another path too.
fn decide_of_two(operation: &'static str, path: PathBuf, other: &Path) -> Fate {
    let plan = plan().expect("a path below the folder is known by the plan");
    let order = (plan.fault.is_none() && changes(operation)).then(|| held(&ORDER));
    let number = plan.count.fetch_add(1, Ordering::SeqCst) + 1;
    let call = Call { number, operation, path, _order: order };
    let Some(fault) = &plan.fault else { return Fate::Passes(call) };
    let is_due = match fault.kind {
        _ if number < fault.at => false,
        Kind::Error(ENOSPC) if fault.lasts => needs_room(operation),
        _ if fault.lasts => true,
        _ => number == fault.at,
    };
    let fate = match fault.kind {
        _ if !is_due => return Fate::Passes(call),
        Kind::Error(error) => Fate::Fails(error),
        Kind::Short if ["read", "write"].contains(&operation) => Fate::Short,
        Kind::Corrupt if operation == "read" => Fate::Corrupt,
        Kind::Short | Kind::Corrupt => return Fate::Passes(call),
    };
    call.append("fault", -1, 0, other, &[]);
    fate
}

impl Call {
    /// Writes down a call that was let through, unless one is to fail.
    pub(crate) fn note(self, result: i64, fd: c_int, number: i64, other: &Path, data: &[u8]) {
        if plan().is_some_and(|plan| plan.fault.is_none()) {
            let result = if result < 0 { "failed" } else { "done" };
            self.append(result, fd, number, other, data);
        }
    }

    fn append(&self, result: &str, fd: c_int, argument: i64, other: &Path, data: &[u8]) {
        let Some(plan) = plan() else { return };
        // SAFETY: it is no pointer.
        let error = unsafe { *__errno_location() };
        let (Self { number, operation, path, .. }, process) = (self, std::process::id());
        let (path, other, length) = (path.display(), other.display(), data.len());
        let head = format!("{number}\t{process}\t{operation}\t{result}\t{fd}\t{argument}\t{path}\t{other}\t{length}\n");
        let record = [head.as_bytes(), data, b"\n"].concat();
        // SAFETY: the bytes are there; the error of the call that is noted stays what it was.
        unsafe {
            real!(c"write" as Write)(plan.log, record.as_ptr().cast(), record.len());
            *__errno_location() = error;
        }
    }
}

/// Notes what is no call that can fail, such as the end of an open file.
pub(crate) fn aside(operation: &'static str, path: PathBuf, fd: c_int, other: c_int) {
    let call = Call { number: 0, operation, path, _order: None };
    call.note(0, fd, i64::from(other), Path::new(""), &[]);
}

pub(crate) fn failed(error: c_int) -> c_int {
    // SAFETY: the place of this thread's error.
    unsafe { *__errno_location() = error };
    -1
}

/// A call that has no other effect than what its operation says.
pub(crate) fn plain(path: Option<PathBuf>, operation: &'static str, real: impl FnOnce() -> c_int) -> c_int {
    noted(path, operation, (-1, 0), Path::new(""), real)
}

/// The same, with an open file and a number, and with another path, that are written down.
pub(crate) fn noted(
    path: Option<PathBuf>,
    operation: &'static str,
    (fd, number): (c_int, i64),
    other: &Path,
    real: impl FnOnce() -> c_int,
) -> c_int {
    let Some(path) = path else { return real() };
    match decide_of_two(operation, path, other) {
        Fate::Passes(call) => {
            let result = real();
            call.note(i64::from(result), fd, number, other, &[]);
            result
        }
        Fate::Fails(error) => failed(error),
        Fate::Short | Fate::Corrupt => real(),
    }
}

/// A call that gives a pointer, which is null if it fails.
pub(crate) fn found<T>(path: Option<PathBuf>, operation: &'static str, real: impl FnOnce() -> *mut T) -> *mut T {
    let Some(path) = path else { return real() };
    match decide(operation, path) {
        Fate::Passes(call) => {
            let found = real();
            call.note(if found.is_null() { -1 } else { 0 }, -1, 0, Path::new(""), &[]);
            found
        }
        Fate::Fails(error) => {
            failed(error);
            null_mut()
        }
        Fate::Short | Fate::Corrupt => real(),
    }
}
