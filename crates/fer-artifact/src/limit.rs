//! Limits, told by whom they hold: each crate has a list of its own, and `docs/limits.md` is made of all of them.

/// A bound on what somebody else's file, or a value in it, may ask for.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// What is bounded.
    pub what: &'static str,
    /// The most that is accepted.
    pub most: u64,
    /// Of what `most` is a number.
    pub unit: &'static str,
    /// What happens beyond it, or what to do.
    pub beyond: &'static str,
}
