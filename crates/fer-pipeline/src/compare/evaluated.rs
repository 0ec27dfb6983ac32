use std::path::Path;

use fer_artifact::names::METRICS;
use fer_artifact::{Metrics, RECORD, read_regular};
use serde::Serialize;

use crate::{Error, StageName};

/// The scores that an evaluate stage left in a run folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluated {
    /// The stage.
    pub stage: StageName,
    /// The training whose model it scored, if that is one of the chain.
    pub of: Option<StageName>,
    /// Its scores.
    pub metrics: Metrics,
    /// Whether the scores are those of the model that stands in the folder.
    pub is_current: bool,
}

/// The scores of a stage in a run folder, if there are any.
///
/// # Errors
/// Scores that cannot be read, or that are none.
pub(crate) fn read_metrics(run_dir: &Path, stage: StageName) -> Result<Option<Metrics>, Error> {
    let path = run_dir.join(stage.as_str()).join(METRICS);
    match read_regular(&path, RECORD) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|source| Error::Metrics { path, source }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Io { path, action: "read the scores", source }),
    }
}
