//! Calls that open a file, or have an open one.

use std::ffi::{c_char, c_int, c_void};
use std::path::{Path, PathBuf};

use crate::fate::{Fate, aside, decide, failed, noted, plain};
use crate::open_files::{AT_FDCWD, below, of_fd, set_fd};
use crate::real::{Open, OpenAt, Write};

const O_CREAT: c_int = 0o100;
const O_TMPFILE: c_int = 0o20_000_000;
const F_DUPFD: c_int = 0;
const F_DUPFD_CLOEXEC: c_int = 1030;
const SEEK_CUR: c_int = 1;

unsafe extern "C" {
    fn lseek64(fd: c_int, at: i64, from: c_int) -> i64;
}

unsafe fn opened(path: Option<PathBuf>, flags: c_int, real: impl FnOnce() -> c_int) -> c_int {
    let Some(path) = path else {
        let fd = real();
        set_fd(fd, None);
        return fd;
    };
    let operation = if flags & (O_CREAT | O_TMPFILE) != 0 { "create" } else { "open" };
    match decide(operation, path.clone()) {
        Fate::Passes(call) => {
            let fd = real();
            if fd >= 0 {
                set_fd(fd, Some(path));
            }
            call.note(i64::from(fd), fd, i64::from(flags), Path::new(""), &[]);
            fd
        }
        Fate::Fails(error) => failed(error),
        Fate::Short | Fate::Corrupt => real(),
    }
}

// SAFETY of all functions here: they are called as the C library's functions of these names are, and hand the same arguments on.
// Arguments that a caller leaves out because the function takes a variable number of them are read from registers and not used.

#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(name: *const c_char, flags: c_int, mode: c_int) -> c_int {
    unsafe { opened(below(AT_FDCWD, name), flags, || real!(c"open64" as Open)(name, flags, mode)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(name: *const c_char, flags: c_int, mode: c_int) -> c_int {
    unsafe { open64(name, flags, mode) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat64(folder: c_int, name: *const c_char, flags: c_int, mode: c_int) -> c_int {
    unsafe { opened(below(folder, name), flags, || real!(c"openat64" as OpenAt)(folder, name, flags, mode)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn close(fd: c_int) -> c_int {
    if let Some(path) = of_fd(fd) {
        aside("close", path, fd, -1);
        set_fd(fd, None);
    }
    unsafe { real!(c"close" as unsafe extern "C" fn(c_int) -> c_int)(fd) }
}

fn copied(from: c_int, to: c_int) -> c_int {
    if let (true, Some(path)) = (to >= 0, of_fd(from)) {
        set_fd(to, Some(path.clone()));
        aside("dup", path, from, to);
    }
    to
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dup(fd: c_int) -> c_int {
    copied(fd, unsafe { real!(c"dup" as unsafe extern "C" fn(c_int) -> c_int)(fd) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fcntl(fd: c_int, command: c_int, argument: usize) -> c_int {
    let result = unsafe { real!(c"fcntl" as unsafe extern "C" fn(c_int, c_int, ...) -> c_int)(fd, command, argument) };
    if [F_DUPFD, F_DUPFD_CLOEXEC].contains(&command) { copied(fd, result) } else { result }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fcntl64(fd: c_int, command: c_int, argument: usize) -> c_int {
    unsafe { fcntl(fd, command, argument) }
}

/// Reads into `data` by `real`, which is told how much.
unsafe fn reading(fd: c_int, data: *mut c_void, length: usize, real: impl Fn(usize) -> isize) -> isize {
    let Some(path) = of_fd(fd) else { return real(length) };
    match decide("read", path) {
        Fate::Passes(call) => {
            let read = real(length);
            call.note(read as i64, fd, read as i64, Path::new(""), &[]);
            read
        }
        Fate::Fails(error) => failed(error) as isize,
        Fate::Short => real(length.div_ceil(2)),
        Fate::Corrupt => {
            let read = real(length);
            if read > 0 {
                // SAFETY: so many bytes were read to there.
                unsafe { *data.cast::<u8>().add(read as usize / 2) ^= 1 };
            }
            read
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn read(fd: c_int, data: *mut c_void, length: usize) -> isize {
    let call = real!(c"read" as unsafe extern "C" fn(c_int, *mut c_void, usize) -> isize);
    unsafe { reading(fd, data, length, |length| call(fd, data, length)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn pread64(fd: c_int, data: *mut c_void, length: usize, at: i64) -> isize {
    let call = real!(c"pread64" as unsafe extern "C" fn(c_int, *mut c_void, usize, i64) -> isize);
    unsafe { reading(fd, data, length, |length| call(fd, data, length, at)) }
}

#[repr(C)]
pub struct Piece {
    data: *mut c_void,
    length: usize,
}

/// The first piece of a file that is watched, if it has any length.
unsafe fn first<'a>(fd: c_int, pieces: *const Piece, count: c_int) -> Option<&'a Piece> {
    of_fd(fd)?;
    unsafe { (0..count.max(0) as usize).map(|place| &*pieces.add(place)).find(|piece| piece.length > 0) }
}

/// Reads into the first piece: to fill the others too is the caller's right, not its due.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn readv(fd: c_int, pieces: *const Piece, count: c_int) -> isize {
    let call = real!(c"readv" as unsafe extern "C" fn(c_int, *const Piece, c_int) -> isize);
    match unsafe { first(fd, pieces, count) } {
        Some(piece) => unsafe { read(fd, piece.data, piece.length) },
        None => unsafe { call(fd, pieces, count) },
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(fd: c_int, data: *const c_void, length: usize) -> isize {
    let call = real!(c"write" as Write);
    let Some(path) = of_fd(fd) else { return unsafe { call(fd, data, length) } };
    match decide("write", path) {
        Fate::Passes(noted) => unsafe {
            let written = call(fd, data, length);
            let bytes = std::slice::from_raw_parts(data.cast::<u8>(), written.max(0) as usize);
            // A file that is appended to has another place before the call.
            let at = lseek64(fd, 0, SEEK_CUR) - written.max(0) as i64;
            noted.note(written as i64, fd, at, Path::new(""), bytes);
            written
        },
        Fate::Fails(error) => failed(error) as isize,
        Fate::Short => unsafe { call(fd, data, length.div_ceil(2)) },
        Fate::Corrupt => unsafe { call(fd, data, length) },
    }
}

/// Writes the first piece, likewise.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(fd: c_int, pieces: *const Piece, count: c_int) -> isize {
    let call = real!(c"writev" as unsafe extern "C" fn(c_int, *const Piece, c_int) -> isize);
    match unsafe { first(fd, pieces, count) } {
        Some(piece) => unsafe { write(fd, piece.data, piece.length) },
        None => unsafe { call(fd, pieces, count) },
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    let call = real!(c"fsync" as unsafe extern "C" fn(c_int) -> c_int);
    let path = of_fd(fd);
    if path.is_none() {
        return unsafe { call(fd) };
    }
    noted(path, "sync", (fd, 0), Path::new(""), || 0)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    unsafe { fsync(fd) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(fd: c_int, length: i64) -> c_int {
    let call = real!(c"ftruncate64" as unsafe extern "C" fn(c_int, i64) -> c_int);
    noted(of_fd(fd), "truncate", (fd, length), Path::new(""), || unsafe { call(fd, length) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn flock(fd: c_int, operation: c_int) -> c_int {
    let call = real!(c"flock" as unsafe extern "C" fn(c_int, c_int) -> c_int);
    plain(of_fd(fd), "lock", || unsafe { call(fd, operation) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fchmod(fd: c_int, mode: c_int) -> c_int {
    let call = real!(c"fchmod" as unsafe extern "C" fn(c_int, c_int) -> c_int);
    plain(of_fd(fd), "mode", || unsafe { call(fd, mode) })
}
