#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod array;
mod atomic;
mod content;
mod contract;
mod counted;
mod csv_cell;
mod digest;
mod error;
mod evaluation;
mod features;
mod file;
mod groups;
mod halves;
mod header;
mod images;
mod in_file;
mod largest;
mod limits;
mod model;
pub mod names;
mod number;
mod open_file;
mod origins;
mod owned;
mod pixels;
mod place;
mod predictions;
mod record;
mod regular;
pub mod schema;
mod seed;
mod size;
mod spool;
mod sums;
mod targets;
mod visible;

pub use array::{Array, Tensor};
pub use atomic::write_atomic;
pub use content::{FIRST, identify, is_picture, is_plain_text};
pub use contract::{Violation, check_align, check_ingest, check_preprocess, check_train};
pub use counted::{counted, grouped};
pub use csv_cell::csv_cell;
pub use digest::{Digest, Hashed};
pub use error::{Error, with_causes};
pub use evaluation::check_evaluate;
pub use features::FeatureSet;
pub use file::{
    Artifact, TensorInfo, describe, describe_bytes, describe_known, open, open_known, read, read_bytes, read_known,
    read_tensors, read_tensors_bytes, write,
};
pub use groups::Groups;
pub use halves::{half, write_half};
pub use header::{FER2013_CLASSES, Header, Kind, Provenance, SCHEMA, Split, canonical_json};
pub use images::ImageSet;
pub use largest::first_largest;
pub use limits::{LIMITS, Limit};
pub use model::{Checkpoint, Model};
pub use number::{Count, Fraction, NonNegative, OutOfRange, Positive, Probability};
pub use open_file::Contents;
pub use origins::Origins;
pub use owned::{are_folders, is_link_of_others, make_folder, make_folders, open_lock, open_log, write_owned};
pub use pixels::{PixelValue, Pixels};
pub use place::{folder_of, tidy};
pub use predictions::Predictions;
pub use record::{
    ClassMetrics, Contradiction, DataReport, Dropped, EpochRecord, GroupReport, LeftOut, Listed, Metrics, NearPair,
    NearReport, Overlap, SkippedRow, SplitMetrics, SplitReport, SubsetMetrics, Subsets, Tta, VoteMetrics, VotesReport,
};
pub use regular::{
    RECORD, TABLE, check_place, has_file, open_regular, read_named, read_regular, read_regular_text, what_is,
};
pub use seed::Seed;
pub use size::Size;
pub use spool::Spool;
pub use targets::Targets;
pub use visible::{LONGEST_NAME, no_class_name, shown, visible, visible_lines};
