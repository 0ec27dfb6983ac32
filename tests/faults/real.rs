//! The C library's own functions.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}

pub(crate) type Open = unsafe extern "C" fn(*const c_char, c_int, ...) -> c_int;
pub(crate) type OpenAt = unsafe extern "C" fn(c_int, *const c_char, c_int, ...) -> c_int;
pub(crate) type Write = unsafe extern "C" fn(c_int, *const c_void, usize) -> isize;

/// The C library's function of this name.
macro_rules! real {
    ($name:literal as $kind:ty) => {{
        static FOUND: std::sync::atomic::AtomicPtr<std::ffi::c_void> =
            std::sync::atomic::AtomicPtr::new(std::ptr::null_mut());
        // SAFETY: the function of this name has this signature, as its page in the manual says.
        #[allow(unused_unsafe)]
        let real = unsafe { std::mem::transmute::<*mut std::ffi::c_void, $kind>(crate::real::behind($name, &FOUND)) };
        real
    }};
}

pub(crate) fn behind(name: &CStr, known: &AtomicPtr<c_void>) -> *mut c_void {
    let mut found = known.load(Ordering::Relaxed);
    if found.is_null() {
        // SAFETY: the name ends in NUL; -1 is `RTLD_NEXT`, the libraries behind this one.
        found = unsafe { dlsym(usize::MAX as *mut c_void, name.as_ptr()) };
        assert!(!found.is_null(), "the C library has no function {name:?}");
        known.store(found, Ordering::Relaxed);
    }
    found
}
