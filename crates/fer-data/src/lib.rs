#![doc = include_str!("../README.md")]

mod blocks;
mod checks;
mod csv;
mod duplicates;
mod error;
mod export;
mod fields;
mod folder;
mod ingest;
mod labels;
mod params;
mod pixels;
mod split;
mod summary;
mod table;

pub use error::{BadRow, Error, Place, RowProblem};
pub use export::{PictureFormat, export_images};
pub use ingest::{FileDigest, Ingested, ingest, load, source_digest};
pub use params::{
    Classes, CsvSource, DropDuplicates, Fractions, IngestParams, InvalidParams, OnBadRow, Source, SplitRule,
};
pub use summary::summary;
