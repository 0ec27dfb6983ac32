//! CSV and folder ingest, splits and data checks.
//!
//! [`ingest`] reads a [`Source`] of labelled faces (a CSV file or a folder of pictures), deals its rows out to train,
//! validation and test by a [`SplitRule`], and returns an image set for each with a [`fer_artifact::DataReport`]: counts, exact
//! copies within and across splits, contradicting labels, blank images. What is wrong with a source is said by file,
//! row, line and column, with what was expected and what was found ([`Error`]).
//!
//! Rows are counted from 0, without the header and without blank lines; a row keeps its number through every stage.
//!
//! ```
//! use fer_artifact::{Seed, Split};
//! use fer_data::{CsvSource, IngestParams, Source, ingest};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("faces.csv");
//! std::fs::write(&path, "emotion,pixels,Usage\n3,0 64 128 255,Training\n4,9 9 9 9,PublicTest\n")?;
//!
//! let ingested = ingest(&IngestParams::new(Source::Csv(CsvSource::new(path))), Seed::new(42))?;
//! let train = &ingested.sets[&Split::Train];
//! assert_eq!((train.height, train.width), (2, 2));
//! assert_eq!(train.images, [0, 64, 128, 255]);
//! assert_eq!(train.classes[usize::from(train.labels[0])], "happy");
//! assert_eq!(ingested.sets[&Split::Validation].rows, [1]);
//! assert_eq!(ingested.report.splits[&Split::Validation].blank, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod archive;
mod bad_row;
mod blocks;
mod checks;
mod classes;
mod columns;
mod csv;
mod deal;
mod duplicates;
mod error;
mod export;
mod fields;
mod folder;
mod ingest;
mod invalid;
mod labels;
mod left_out;
mod listing;
mod look_alike;
mod manifest;
mod notes;
mod params;
mod pattern;
mod phrase;
mod pictures;
mod pixels;
mod spelling;
mod split;
mod split_rule;
mod summary;
mod table;
mod unpacked;
mod walk;

pub use bad_row::{BadRow, Place, RowProblem};
pub use classes::Classes;
pub use error::Error;
pub use export::{PictureFormat, export_images};
pub use ingest::{FileDigest, Ingested, Loaded, ingest, load, source_digest};
pub use invalid::InvalidParams;
pub use params::{Color, CsvSource, DropDuplicates, Group, ImageSize, IngestParams, ManifestSource, OnBadRow, Source};
pub use pattern::Pattern;
pub use split_rule::{Folds, Fractions, Share, SplitRule};
pub use summary::summary;
