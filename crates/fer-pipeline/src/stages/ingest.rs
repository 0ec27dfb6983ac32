use std::collections::BTreeMap;

use fer_artifact::names::{DATA_REPORT, SUBSETS, split_file};
use fer_artifact::{Digest, Kind, Split, check_ingest, with_causes};
use fer_data::{FileDigest, IngestParams, first_size, ingest_with, source_digest, summary, with_class_names};
use serde_json::Value;

use crate::StageKind;
use crate::context::Context;
use crate::error::StageError;
use crate::faces::face_finder;
use crate::slot::Output;
use crate::stage::{Failure, ImagesSeen, Place, Stage, StageEntry, resolved};

pub(crate) static ENTRY: StageEntry = StageEntry {
    kind: StageKind::Ingest,
    place: Place::Needed,
    reads: &[],
    leaves: Some(Kind::Images),
    outputs: &[
        Output::required(split_file(Split::Train)),
        Output::optional(split_file(Split::Validation)),
        Output::optional(split_file(Split::Test)),
        Output::optional(DATA_REPORT),
        Output::optional(SUBSETS),
    ],
    schema: |generator| generator.subschema_for::<IngestParams>(),
    parse: |params| {
        let written: IngestParams = params.parse()?;
        written.check().map_err(|invalid| params.problem(invalid.to_string()))?;
        if written.detect.is_some() && cfg!(not(feature = "faces")) {
            return Err(params.problem(fer_data::Error::NoDetector.to_string()));
        }
        let mut resolved = written.clone();
        resolved.resolve(params.base);
        let resolved = with_class_names(&resolved).map_err(|error| params.problem(with_causes(&error)))?.into_owned();
        let written = IngestParams { classes: resolved.classes.clone(), ..written };
        Ok(Box::new(Ingest { written, params: resolved }))
    },
    check: |_, output| check_ingest(output),
};

/// Source of faces → a set of images a split, and a report on the data.
struct Ingest {
    /// As the file has them, with the names of the classes: these are what headers and locks hold, whatever folder the
    /// file stands in.
    written: IngestParams,
    /// With the source's path made relative to the current folder.
    params: IngestParams,
}

impl Stage for Ingest {
    fn entry(&self) -> &'static StageEntry {
        &ENTRY
    }

    fn version(&self) -> u32 {
        5
    }

    fn params(&self) -> Value {
        resolved(&self.written)
    }

    fn foreign(&self, of_file: &FileDigest<'_>) -> Result<BTreeMap<String, Digest>, StageError> {
        let source = source_digest(&self.params, of_file)?;
        let mut digests = BTreeMap::from([("source".to_owned(), source)]);
        if let Some(votes) = &self.params.votes {
            digests.insert("votes".to_owned(), of_file(votes.path())?);
        }
        Ok(digests)
    }

    fn leaves(&self, _before: Option<ImagesSeen>) -> Option<ImagesSeen> {
        // A source that cannot be read has its error when it is.
        let size = first_size(&self.params).ok()??;
        Some(ImagesSeen { size, classes: self.params.classes.names().len() })
    }

    fn run(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        let finder = self.params.detect.and_then(|_| face_finder());
        let ingested = ingest_with(&self.params, context.seed(), finder.as_deref(), context.output_dir)?;
        context.check_foreign("source", ingested.source, self.params.source_path())?;
        for (split, set) in &ingested.sets {
            context.write(split_file(*split), set)?;
        }
        let report = serde_json::to_string_pretty(&ingested.report)?;
        context.write_text(DATA_REPORT, &(report + "\n"))?;
        context.write_text(SUBSETS, &(serde_json::to_string(&ingested.subsets)? + "\n"))?;
        context.note(&summary(&ingested.report));
        Ok(())
    }
}
