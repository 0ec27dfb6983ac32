#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod archive;
mod bad_row;
mod ballots;
mod blocks;
mod checks;
mod classes;
mod columns;
mod csv;
mod csv_source;
mod deal;
mod detect;
mod duplicates;
mod error;
mod export;
mod face;
mod face_rows;
mod fields;
mod folder;
mod gray;
mod ingest;
mod invalid;
mod join;
mod label_files;
mod label_numbers;
mod labels;
mod left_out;
mod limits;
mod listing;
mod look;
mod look_alike;
mod manifest;
mod near;
mod notes;
mod npy;
mod params;
mod parquet;
mod pattern;
mod phrase;
mod pictures;
mod pixels;
mod proposal;
mod protocol;
mod reading;
mod shards;
mod spelling;
mod split;
mod split_rule;
mod summary;
mod survey;
mod table;
mod unpacked;
mod vote_columns;
mod votes;
mod walk;

pub use bad_row::{BadRow, Place, RowProblem};
pub use classes::Classes;
pub use csv_source::CsvSource;
pub use detect::{Detect, FaceFinder, Faces, FoundFace};
pub use error::Error;
pub use export::{PictureFormat, export_by_class, export_images};
pub use face_rows::{FaceRow, RowImage, is_table, read_faces};
pub use ingest::{
    FileDigest, Ingested, Loaded, ingest, ingest_with, load, load_rows, load_with, source_digest, with_class_names,
};
pub use invalid::InvalidParams;
pub use label_files::{LabelFile, LabelFiles};
pub use limits::LIMITS;
pub use params::{
    Color, DropDuplicates, FolderSource, Group, ImageSize, IngestParams, ManifestSource, OnBadRow, ParquetSource,
    Source,
};
pub use parquet::{Cell, CellKind, TableFile};
pub use pattern::Pattern;
pub use proposal::{Proposal, propose};
pub use protocol::Protocol;
pub use reading::{MappedLabel, Rows, SplitName};
pub use shards::is_called_parquet;
pub use spelling::place_of;
pub use split_rule::{Folds, Fractions, Share, SplitRule};
pub use summary::summary;
pub use votes::{ColumnVotes, FER_PLUS_CLASSES, FerPlusVotes, Join, Votes};
