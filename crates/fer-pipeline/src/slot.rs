//! The files that a stage reads and writes.

use fer_artifact::Kind;

/// A file that a stage reads: of the nearest earlier stage that leaves this kind of artifact and a file of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) of: Kind,
    pub(crate) file: &'static str,
    pub(crate) presence: Presence,
}

/// A file that a stage writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) file: &'static str,
    pub(crate) presence: Presence,
}

/// Whether a file must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// The stage cannot do without.
    Required,
    /// Absent where the data has no such part.
    Optional,
}

impl Input {
    pub(crate) const fn required(of: Kind, file: &'static str) -> Self {
        Self { of, file, presence: Presence::Required }
    }

    pub(crate) const fn optional(of: Kind, file: &'static str) -> Self {
        Self { of, file, presence: Presence::Optional }
    }
}

impl Output {
    pub(crate) const fn required(file: &'static str) -> Self {
        Self { file, presence: Presence::Required }
    }

    pub(crate) const fn optional(file: &'static str) -> Self {
        Self { file, presence: Presence::Optional }
    }
}
