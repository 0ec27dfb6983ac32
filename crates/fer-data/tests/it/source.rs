//! Small sources on disk.

use std::path::{Path, PathBuf};

use fer_artifact::{Count, Seed, with_causes};
use fer_data::{CsvSource, IngestParams, Ingested, OnBadRow, Source, SplitRule, ingest};
use tempfile::TempDir;

/// A folder that goes away with the test.
pub(crate) struct Scratch(TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes a gray picture.
    pub(crate) fn picture(&self, name: &str, (height, width): (u32, u32), pixels: &[u8]) -> PathBuf {
        let path = self.file(name, []);
        image::save_buffer(&path, pixels, width, height, image::ExtendedColorType::L8).unwrap();
        path
    }
}

/// Parameters that make all rows of the CSV file train.
pub(crate) fn all_train(path: impl Into<PathBuf>, rows: usize) -> IngestParams {
    let split = SplitRule::Head { train: Count::of(rows), pool: false };
    IngestParams { split, ..IngestParams::new(Source::Csv(CsvSource::new(path))) }
}

pub(crate) fn skipping(params: IngestParams) -> IngestParams {
    IngestParams { on_bad_row: OnBadRow::Skip, ..params }
}

pub(crate) fn ingested(params: &IngestParams) -> Ingested {
    ingest(params, Seed::new(42), ".".as_ref()).unwrap()
}

/// The whole message of the refusal with its causes, as the program prints it, with the scratch folder left out of the
/// paths.
pub(crate) fn refusal(scratch: &Scratch, params: &IngestParams) -> String {
    let message = with_causes(&ingest(params, Seed::new(42), scratch.path()).unwrap_err());
    message.replace(&format!("{}/", scratch.path().display()), "").replace(scratch.path().to_str().unwrap(), ".")
}

/// The refusal of a CSV file with this content.
pub(crate) fn csv_refusal(content: impl AsRef<[u8]>) -> String {
    let scratch = Scratch::new();
    let path = scratch.file("faces.csv", content);
    refusal(&scratch, &all_train(path, 1))
}
