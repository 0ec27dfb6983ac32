//! What this crate accepts at most.

use fer_artifact::Limit;

use crate::sweep::MOST_CELLS;
use crate::yaml::document::LONGEST;
use crate::yaml::overrides::DEEPEST;

/// The limits of this crate, for `docs/limits.md`.
pub const LIMITS: [Limit; 3] = [
    Limit { what: "pipeline file or file of parameters", most: LONGEST as u64, unit: "bytes", beyond: "refused" },
    Limit {
        what: "names with dots between, in `--set` and in a matrix",
        most: DEEPEST as u64,
        unit: "",
        beyond: "refused",
    },
    Limit {
        what: "cells of a sweep; trials of a search, each counted once for each seed",
        most: MOST_CELLS as u64,
        unit: "",
        beyond: "refused",
    },
];
