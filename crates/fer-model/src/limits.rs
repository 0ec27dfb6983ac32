//! What this crate accepts at most.

use fer_artifact::Limit;

use crate::config::{MAX_LAYER, MAX_PARAMETERS};

/// The limits of this crate, for `docs/limits.md`.
pub const LIMITS: [Limit; 2] = [
    Limit { what: "parameters of a network", most: MAX_PARAMETERS, unit: "", beyond: "refused by its configuration" },
    Limit {
        what: "layer of a network for one image",
        most: MAX_LAYER,
        unit: "values of four bytes",
        beyond: "refused by its configuration",
    },
];
