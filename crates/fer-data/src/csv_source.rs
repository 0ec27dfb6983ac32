use std::path::PathBuf;

use fer_artifact::Count;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A CSV file and the names of its columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvSource {
    /// The file, relative to the pipeline file: plain, gzip or zstd, told apart by their first bytes.
    #[schemars(extend("examples" = ["data/fer2013.csv"]))]
    pub path: PathBuf,
    /// Column of the labels, numbers from 0 or class names; without it, `label` or `emotion`.
    #[schemars(extend("examples" = ["expression"]))]
    pub label_column: Option<String>,
    /// Column of the pixels, integers from 0 to 255 with spaces between; without it, `feature`, `pixels`, or a column a
    /// pixel.
    #[schemars(extend("examples" = ["image"]))]
    pub pixels_column: Option<String>,
    /// Column of the split, which only the split `usage` reads; without it, `Usage`.
    #[schemars(extend("examples" = ["set"]))]
    pub split_column: Option<String>,
    /// Bytes that a byte of a packed file may unpack to, once there are 256 MiB of them; without it, 100. A file that unpacks to more
    /// is refused, as one that was made to fill the memory.
    #[schemars(extend("examples" = [1000]))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expansion: Option<Count>,
}

impl CsvSource {
    /// A file with columns of the usual names.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), label_column: None, pixels_column: None, split_column: None, expansion: None }
    }
}
