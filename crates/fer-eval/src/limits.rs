//! What this crate accepts at most.

use fer_artifact::Limit;

use crate::predict::BATCH_VALUES;

/// The limits of this crate, for `docs/limits.md`.
pub const LIMITS: [Limit; 1] = [Limit {
    what: "largest layer of a network for a batch of predictions",
    most: BATCH_VALUES as u64,
    unit: "values of four bytes",
    beyond: "fewer images at a time",
}];
