//! What this crate accepts at most.

use fer_artifact::Limit;

use crate::picture::{LARGE, LONGEST_FILE, MOST_PIXELS};

/// The limits of this crate, for `docs/limits.md`.
pub const LIMITS: [Limit; 3] = [
    Limit {
        what: "picture",
        most: MOST_PIXELS,
        unit: "pixels",
        beyond: "a bad row, or a picture that cannot be read; its pixels are not decoded",
    },
    Limit { what: "file of a picture", most: LONGEST_FILE, unit: "bytes", beyond: "likewise" },
    Limit {
        what: "pictures that are decoded side by side",
        most: LARGE as u64,
        unit: "pixels",
        beyond: "looked at alone, one after the other",
    },
];
