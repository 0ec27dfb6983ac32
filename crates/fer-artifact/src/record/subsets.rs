use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Parts of the data that are scored by themselves, by the rows of their images in the source: what `subsets.json` holds.
///
/// Rows stay with their images through all stages, so no stage between ingest and evaluate need know of this.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Subsets {
    /// Rows of validation and test whose images stand in train too, exactly or nearly, ascending; none where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twins: Option<Vec<u32>>,
    /// The rows of each value of a column, ascending, by column.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by: BTreeMap<String, BTreeMap<String, Vec<u32>>>,
}
