//! What the test asks for.

use std::ffi::c_int;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;

use crate::real::Open;

unsafe extern "C" {
    fn mmap(
        place: *mut std::ffi::c_void,
        length: usize,
        access: c_int,
        flags: c_int,
        fd: c_int,
        at: i64,
    ) -> *mut std::ffi::c_void;
}

/// What is asked for.
pub(crate) struct Plan {
    pub(crate) below: PathBuf,
    pub(crate) log: c_int,
    pub(crate) count: &'static AtomicU64,
    pub(crate) fault: Option<Fault>,
}

pub(crate) struct Fault {
    pub(crate) at: u64,
    pub(crate) kind: Kind,
    pub(crate) lasts: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Error(c_int),
    Short,
    Corrupt,
}

pub(crate) fn plan() -> Option<&'static Plan> {
    static PLAN: OnceLock<Option<Plan>> = OnceLock::new();
    PLAN.get_or_init(read_plan).as_ref()
}

fn read_plan() -> Option<Plan> {
    let below = PathBuf::from(std::env::var_os("FAULTS_BELOW")?);
    let open = |name: &str, flags: c_int| {
        let path = std::ffi::CString::new(std::env::var_os(name)?.as_bytes()).ok()?;
        // SAFETY: the path ends in NUL. 0o2000000 is `O_CLOEXEC`.
        Some(unsafe { real!(c"open64" as Open)(path.as_ptr(), flags | 0o2_000_000) })
    };
    let log = open("FAULTS_LOG", 0o2001)?;
    let count = open("FAULTS_COUNT", 2)?;
    // SAFETY: eight bytes of a file that nobody cuts; they stay mapped as long as the process lives.
    let count = unsafe { &*mmap(null_mut(), 8, 3, 1, count, 0).cast::<AtomicU64>() };
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let fault = number("FAULTS_AT").map(|at| Fault {
        at,
        kind: match std::env::var("FAULTS_KIND").as_deref() {
            Ok("short") => Kind::Short,
            Ok("corrupt") => Kind::Corrupt,
            _ => Kind::Error(number("FAULTS_KIND").expect("FAULTS_KIND: an error's number, short or corrupt") as c_int),
        },
        lasts: std::env::var_os("FAULTS_LASTING").is_some(),
    });
    Some(Plan { below, log, count, fault })
}
