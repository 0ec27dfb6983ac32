//! Calls that have a name of a file, or look at one.

use std::ffi::{c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::ptr::null_mut;

use crate::fate::{Fate, decide, failed, found, noted, plain};
use crate::open_files::{AT_FDCWD, LISTED, below, held, of_fd, set_fd};

const AT_REMOVEDIR: c_int = 0x200;

// SAFETY of all functions here: they are called as the C library's functions of these names are, and hand the same arguments on.
// Arguments that a caller leaves out because the function takes a variable number of them are read from registers and not used.

#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let call = real!(c"rename" as unsafe extern "C" fn(*const c_char, *const c_char) -> c_int);
    let other = unsafe { below(AT_FDCWD, to) }.unwrap_or_default();
    noted(unsafe { below(AT_FDCWD, from) }, "rename", (-1, 0), &other, || unsafe { call(from, to) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn linkat(
    from: c_int,
    name: *const c_char,
    to: c_int,
    new: *const c_char,
    flags: c_int,
) -> c_int {
    let call = real!(c"linkat" as unsafe extern "C" fn(c_int, *const c_char, c_int, *const c_char, c_int) -> c_int);
    let other = unsafe { below(to, new) }.unwrap_or_default();
    noted(unsafe { below(from, name) }, "link", (-1, 0), &other, || unsafe { call(from, name, to, new, flags) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(name: *const c_char) -> c_int {
    let call = real!(c"unlink" as unsafe extern "C" fn(*const c_char) -> c_int);
    plain(unsafe { below(AT_FDCWD, name) }, "unlink", || unsafe { call(name) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlinkat(folder: c_int, name: *const c_char, flags: c_int) -> c_int {
    let call = real!(c"unlinkat" as unsafe extern "C" fn(c_int, *const c_char, c_int) -> c_int);
    let operation = if flags & AT_REMOVEDIR != 0 { "rmdir" } else { "unlink" };
    plain(unsafe { below(folder, name) }, operation, || unsafe { call(folder, name, flags) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmdir(name: *const c_char) -> c_int {
    let call = real!(c"rmdir" as unsafe extern "C" fn(*const c_char) -> c_int);
    plain(unsafe { below(AT_FDCWD, name) }, "rmdir", || unsafe { call(name) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdir(name: *const c_char, mode: c_int) -> c_int {
    let call = real!(c"mkdir" as unsafe extern "C" fn(*const c_char, c_int) -> c_int);
    plain(unsafe { below(AT_FDCWD, name) }, "mkdir", || unsafe { call(name, mode) })
}

/// Copies without a buffer are refused as a file system may refuse them: the program then reads and writes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copy_file_range(
    from: c_int,
    at: *mut i64,
    to: c_int,
    to_at: *mut i64,
    length: usize,
    flags: u32,
) -> isize {
    type CopyRange = unsafe extern "C" fn(c_int, *mut i64, c_int, *mut i64, usize, u32) -> isize;
    match of_fd(from).or_else(|| of_fd(to)) {
        Some(_) => failed(18) as isize,
        None => unsafe { real!(c"copy_file_range" as CopyRange)(from, at, to, to_at, length, flags) },
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn sendfile64(to: c_int, from: c_int, at: *mut i64, length: usize) -> isize {
    type Send = unsafe extern "C" fn(c_int, c_int, *mut i64, usize) -> isize;
    match of_fd(from).or_else(|| of_fd(to)) {
        Some(_) => failed(22) as isize,
        None => unsafe { real!(c"sendfile64" as Send)(to, from, at, length) },
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn statx(
    folder: c_int,
    name: *const c_char,
    flags: c_int,
    mask: u32,
    found: *mut c_void,
) -> c_int {
    type Statx = unsafe extern "C" fn(c_int, *const c_char, c_int, u32, *mut c_void) -> c_int;
    // Without a name, it is about the open file.
    let is_open = name.is_null() || unsafe { *name } == 0;
    let path = if is_open { of_fd(folder) } else { unsafe { below(folder, name) } };
    // The program's library asks without a name to learn whether the system knows this call at all.
    plain(path, "stat", || unsafe { real!(c"statx" as Statx)(folder, name, flags, mask, found) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn stat64(name: *const c_char, found: *mut c_void) -> c_int {
    let call = real!(c"stat64" as unsafe extern "C" fn(*const c_char, *mut c_void) -> c_int);
    plain(unsafe { below(AT_FDCWD, name) }, "stat", || unsafe { call(name, found) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn lstat64(name: *const c_char, found: *mut c_void) -> c_int {
    let call = real!(c"lstat64" as unsafe extern "C" fn(*const c_char, *mut c_void) -> c_int);
    plain(unsafe { below(AT_FDCWD, name) }, "stat", || unsafe { call(name, found) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fstat64(fd: c_int, found: *mut c_void) -> c_int {
    let call = real!(c"fstat64" as unsafe extern "C" fn(c_int, *mut c_void) -> c_int);
    plain(of_fd(fd), "stat", || unsafe { call(fd, found) })
}

fn listed(path: Option<PathBuf>, fd: c_int, real: impl FnOnce() -> *mut c_void) -> *mut c_void {
    let folder = found(path.clone(), "list", real);
    if let (false, Some(path)) = (folder.is_null(), path) {
        held(&LISTED).push((folder as usize, path, fd));
    }
    folder
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn opendir(name: *const c_char) -> *mut c_void {
    let call = real!(c"opendir" as unsafe extern "C" fn(*const c_char) -> *mut c_void);
    listed(unsafe { below(AT_FDCWD, name) }, -1, || unsafe { call(name) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdopendir(fd: c_int) -> *mut c_void {
    let call = real!(c"fdopendir" as unsafe extern "C" fn(c_int) -> *mut c_void);
    listed(of_fd(fd), fd, || unsafe { call(fd) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn readdir64(folder: *mut c_void) -> *mut c_void {
    let call = real!(c"readdir64" as unsafe extern "C" fn(*mut c_void) -> *mut c_void);
    let path = held(&LISTED).iter().find(|listed| listed.0 == folder as usize).map(|listed| listed.1.clone());
    let Some(path) = path else { return unsafe { call(folder) } };
    match decide("list", path) {
        Fate::Passes(noted) => {
            // The end of a folder is no failure, and null too.
            noted.note(0, -1, 0, Path::new(""), &[]);
            unsafe { call(folder) }
        }
        Fate::Fails(error) => {
            failed(error);
            null_mut()
        }
        Fate::Short | Fate::Corrupt => unsafe { call(folder) },
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn closedir(folder: *mut c_void) -> c_int {
    held(&LISTED).retain(|(known, _, fd)| {
        if *known == folder as usize {
            set_fd(*fd, None);
        }
        *known != folder as usize
    });
    unsafe { real!(c"closedir" as unsafe extern "C" fn(*mut c_void) -> c_int)(folder) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn realpath(name: *const c_char, place: *mut c_char) -> *mut c_char {
    let call = real!(c"realpath" as unsafe extern "C" fn(*const c_char, *mut c_char) -> *mut c_char);
    found(unsafe { below(AT_FDCWD, name) }, "stat", || unsafe { call(name, place) })
}
