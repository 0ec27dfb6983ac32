//! What this crate accepts at most.

use fer_artifact::Limit;

use crate::blocks::LONGEST_ROW;
use crate::label_files::LONGEST;
use crate::table::MOST_ROWS;
use crate::unpacked::{EXPANSION, UNPACKED};

/// The limits of this crate, for `docs/limits.md`.
pub const LIMITS: [Limit; 5] = [
    Limit { what: "row of a CSV file", most: LONGEST_ROW as u64, unit: "bytes", beyond: "refused, as an open quote" },
    Limit { what: "usable rows of a source", most: MOST_ROWS as u64, unit: "", beyond: "refused; split the source" },
    Limit { what: "file of labels", most: LONGEST, unit: "bytes", beyond: "a bad row" },
    Limit {
        what: "what a byte of a packed CSV file may unpack to",
        most: EXPANSION,
        unit: "bytes",
        beyond: "refused; `expansion` of the source raises it, and unpacking the file ends it",
    },
    Limit {
        what: "what any packed CSV file may unpack to",
        most: UNPACKED,
        unit: "bytes",
        beyond: "the limit above holds",
    },
];
