use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

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
