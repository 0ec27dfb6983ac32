//! What the targets share: a place for files, and a watch over memory.

pub mod run_folder;

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Counts the bytes that Rust code holds, and the most that it held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn grow(bytes: usize) {
    let held = HELD.fetch_add(bytes, Relaxed).wrapping_add(bytes);
    MOST.fetch_max(held, Relaxed);
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller's promises are the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }
}

/// Does `work` and panics if it held more than `limit` bytes at a time beyond what was held before.
pub fn within<T>(limit: usize, work: impl FnOnce() -> T) -> T {
    let before = HELD.load(Relaxed);
    MOST.store(before, Relaxed);
    let done = work();
    let most = MOST.load(Relaxed).saturating_sub(before);
    assert!(most <= limit, "held {most} bytes, allowed are {limit}");
    done
}

/// What a decoder of pictures may hold whatever the picture's size: 32 MiB, and some. The one of TIFF makes room for as many values of
/// a tag as the file says, up to 128 MiB of them (`Limits` of the crate `tiff`), some of it while there is a copy.
pub fn of_decoder(bytes: &[u8]) -> usize {
    let is_tiff = [b"II", b"MM"].iter().any(|head| bytes.starts_with(*head));
    if is_tiff { 257 << 20 } else { 48 << 20 }
}

/// A folder in memory where the system has one, the same for the whole process.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let folder = parent.join(format!("fer-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for files can be made");
        folder
    })
}

/// A file with these bytes in [`folder`].
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().join(name);
    std::fs::write(&path, bytes).expect("a file can be written");
    path
}

/// Lets the calling thread alone do what rayon spreads over threads, so that the same input covers the same code.
pub fn single_threaded() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    pool.build_global().expect("no pool was built before");
}

/// Ends the process at a panic in our own code alone: others are caught where they are expected, as in a reader of files that
/// other people wrote.
pub fn only_our_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let is_ours =
            |file: &str| file == file!() || ["crates/fer-", "targets/"].iter().any(|part| file.contains(part));
        if panic.location().is_none_or(|location| is_ours(location.file())) {
            eprintln!("{panic}");
            std::process::abort();
        }
    }));
}
