//! The files that a stage reads and writes.

use fer_artifact::names::split_file;
use fer_artifact::{Kind, Split};

use crate::StageName;

/// A file that a stage reads: of the nearest earlier stage that leaves this kind of artifact and a file of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) of: Kind,
    pub(crate) file: &'static str,
    pub(crate) presence: Presence,
    /// The stage that makes it, where a parameter names one.
    pub(crate) from: Option<StageName>,
}

/// An input with its path in the run folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) input: Input,
    pub(crate) path: String,
    pub(crate) maker: StageName,
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
    /// The images of all splits, of which train must be there.
    pub(crate) const IMAGES: [Self; 3] = [
        Self::required(Kind::Images, split_file(Split::Train)),
        Self::optional(Kind::Images, split_file(Split::Validation)),
        Self::optional(Kind::Images, split_file(Split::Test)),
    ];

    pub(crate) const fn required(of: Kind, file: &'static str) -> Self {
        Self { of, file, presence: Presence::Required, from: None }
    }

    pub(crate) const fn optional(of: Kind, file: &'static str) -> Self {
        Self { of, file, presence: Presence::Optional, from: None }
    }

    /// What the stage with this name leaves.
    pub(crate) const fn of_stage(name: StageName, of: Kind, file: &'static str) -> Self {
        Self { of, file, presence: Presence::Required, from: Some(name) }
    }
}

impl Output {
    /// A file a split, of which train must be there.
    pub(crate) const SPLITS: [Self; 3] = [
        Self::required(split_file(Split::Train)),
        Self::optional(split_file(Split::Validation)),
        Self::optional(split_file(Split::Test)),
    ];

    pub(crate) const fn required(file: &'static str) -> Self {
        Self { file, presence: Presence::Required }
    }

    pub(crate) const fn optional(file: &'static str) -> Self {
        Self { file, presence: Presence::Optional }
    }
}
