//! Limits, told by whom they hold: each crate has a list of its own, and `docs/limits.md` is made of all of them. Here are those of this crate, too.

use crate::open_file::{MAX_CLASSES, MAX_HEADER, MAX_SIDE, MAX_VALUES};
use crate::regular::{RECORD, TABLE};
use crate::visible::LONGEST_NAME;

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

/// The limits of this crate, for `docs/limits.md`.
pub const LIMITS: [Limit; 7] = [
    Limit { what: "header of an artifact or a model", most: MAX_HEADER, unit: "bytes", beyond: "refused" },
    Limit {
        what: "values in a header",
        most: MAX_VALUES as u64,
        unit: "",
        beyond: "refused, before any of them is made",
    },
    Limit { what: "classes", most: MAX_CLASSES as u64, unit: "", beyond: "refused" },
    Limit {
        what: "name of a class",
        most: LONGEST_NAME as u64,
        unit: "characters",
        beyond: "refused; so are control characters in it",
    },
    Limit { what: "side of an image in an artifact", most: MAX_SIDE as u64, unit: "pixels", beyond: "refused" },
    Limit {
        what: "JSON record of a run folder: lock, scores, history, note, state, note of a checkpoint",
        most: RECORD,
        unit: "bytes",
        beyond: "refused by its name, or taken for absent where it only saves work",
    },
    Limit {
        what: "JSON or CSV file with an entry for each row or file: known digests, subsets, mistakes",
        most: TABLE,
        unit: "bytes",
        beyond: "likewise",
    },
];
