use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use fer_artifact::Limit;

/// How much is taken at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of a request's body.
    pub body: usize,
    /// Longest time that the head of a request may take to come, and then its body; and that a connection may be idle.
    pub patience: Duration,
    /// Most open connections; further ones wait until one is closed.
    pub connections: NonZeroU32,
    /// Most requests with pictures that are under way, from the end of their head to their answer; further ones are
    /// refused.
    pub queue: NonZeroU32,
    /// Most pictures that are decoded and looked at, at a time.
    pub threads: NonZeroUsize,
    /// Most cameras that are followed; further ones are refused.
    pub live: NonZeroU32,
}

/// How long a request in flight is waited for at the end, beyond the time that its body may take.
pub(crate) const GRACE: Duration = Duration::from_secs(30);
/// Most bytes and pixels of a camera's frame.
pub(crate) const FRAME: usize = 8 << 20;
pub(crate) const FRAME_PIXELS: usize = 4_000_000;
/// Most bytes of a form: a path of 4096 bytes, each of them written as three, and a token.
pub(crate) const FORM: usize = 16 << 10;
/// Most pictures in a request.
pub(crate) const PICTURES: usize = 256;
/// Most bytes of a report, and of the predictions for a split.
pub(crate) const REPORT: u64 = 64 << 20;
pub(crate) const PREDICTIONS: u64 = 256 << 20;
/// Most bytes of a log's end.
pub(crate) const LOG_END: u64 = 256 << 10;
/// Most files and folders in a folder of runs.
pub(crate) const ENTRIES: usize = 4096;
/// Most runs in the list.
pub(crate) const RUNS: usize = 2000;

const fn bytes(what: &'static str, most: u64, beyond: &'static str) -> Limit {
    Limit { what, most, unit: "bytes", beyond }
}

const fn number(what: &'static str, most: usize, beyond: &'static str) -> Limit {
    Limit { what, most: most as u64, unit: "", beyond }
}

/// The limits that no option changes, for `docs/limits.md`.
pub const LIMITS: [Limit; 9] = [
    number("pictures in a request", PICTURES, "refused"),
    bytes("a camera's frame", FRAME as u64, "the connection ends"),
    Limit { what: "a camera's frame", most: FRAME_PIXELS as u64, unit: "pixels", beyond: "the frame is refused" },
    bytes("form that asks for a report", FORM as u64, "refused"),
    number("runs in the list", RUNS, "further runs are left out, which is told"),
    number("files and folders in a folder of runs", ENTRIES, "the run is told as one that cannot be read"),
    bytes("report of a run", REPORT, "refused"),
    bytes("predictions for a split, in a folder of runs", PREDICTIONS, "the run is told as one that cannot be read"),
    bytes("end of a log", LOG_END, "what comes before is left out, which is told"),
];
