use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::Digest;
use fer_data::{FileDigest, IngestParams, ingest, source_digest, summary};
use serde_json::Value;

use super::{file, resolved};
use crate::{Context, Stage, StageError, StageKind};

/// Source of faces → `ingest/<split>.safetensors`, `ingest/data-report.json`.
pub(crate) struct Ingest {
    /// As the file has them: these are what headers and locks hold, whatever folder the file stands in.
    written: IngestParams,
    /// With the source's path made relative to the current folder.
    params: IngestParams,
}

impl Ingest {
    pub(crate) fn new(written: IngestParams, base: &Path) -> Self {
        let mut params = written.clone();
        params.resolve(base);
        Self { written, params }
    }
}

impl Stage for Ingest {
    fn kind(&self) -> StageKind {
        StageKind::Ingest
    }

    fn version(&self) -> u32 {
        2
    }

    fn params(&self) -> Value {
        resolved(&self.written)
    }

    fn foreign(&self, of_file: &FileDigest<'_>) -> Result<BTreeMap<String, Digest>, StageError> {
        Ok(BTreeMap::from([("source".to_owned(), source_digest(&self.params, of_file)?)]))
    }

    fn run(&self, context: &mut Context<'_>) -> Result<(), StageError> {
        let ingested = ingest(&self.params, context.seed())?;
        for (split, set) in &ingested.sets {
            context.write(&file(*split), set)?;
        }
        let report = serde_json::to_string_pretty(&ingested.report)?;
        context.write_text("data-report.json", &(report + "\n"))?;
        context.note(&summary(&ingested.report));
        Ok(())
    }
}
