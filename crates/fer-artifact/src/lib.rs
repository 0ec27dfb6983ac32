//! The contract between stages: typed artifacts in safetensors files, digests and seeds.
//!
//! A *stage* passes its results on as *artifacts*. Every artifact is a safetensors file with one metadata key,
//! `fer`, that holds a [`Header`] as canonical JSON. Four kinds travel between stages ([`ImageSet`],
//! [`FeatureSet`], [`Model`], [`Predictions`]), and one stays inside training ([`Checkpoint`]).
//! Tensors are plain vectors with a shape: nothing here knows a tensor library.
//!
//! * [`write()`] writes beside the target, syncs and renames: a file that exists is complete.
//! * [`read()`] trusts the header and never the file's name, checks every dtype, shape and label, and allocates no
//!   more than the file is long.
//! * [`write_half`] writes a model in half the bytes, to hand it on; [`read()`] takes both.
//! * [`EpochRecord`], [`Metrics`] and [`DataReport`] are what stages pass on as JSON; [`names`] has the names of all
//!   files. [`Positive`], [`Fraction`], [`Count`] and their kin are the numbers that parameters are made of.
//! * [`check_ingest`], [`check_align`], [`check_preprocess`], [`check_train`] and [`check_evaluate`] check all that a stage left: they
//!   are what the runner asks of a program of the user's own, and what a replacement of a stage is tested with.
//!
//! ```
//! use fer_artifact::{FER2013_CLASSES, ImageSet, Provenance, Seed, Split, read, write};
//!
//! let faces = ImageSet {
//!     classes: FER2013_CLASSES.map(String::from).to_vec(),
//!     split: Split::Train,
//!     height: 2,
//!     width: 2,
//!     images: vec![0, 64, 128, 255],
//!     labels: vec![3],
//!     rows: vec![0],
//!     skipped_rows: vec![],
//!     groups: None,
//! };
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("train.safetensors");
//! let digest = write(&path, &faces, &Provenance::new("example 1.0", Seed::new(42)))?;
//! assert_eq!(digest, fer_artifact::Digest::of_file(&path)?);
//! assert_eq!(read::<ImageSet>(&path)?, faces);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod array;
mod atomic;
mod content;
mod contract;
mod digest;
mod error;
mod features;
mod file;
mod groups;
mod halves;
mod header;
mod images;
mod model;
pub mod names;
mod number;
mod predictions;
mod record;
mod seed;
mod shown;
mod size;
mod visible;

pub use array::{Array, Tensor};
pub use atomic::write_atomic;
pub use content::{FIRST, identify, is_picture, is_plain_text};
pub use contract::{Violation, check_align, check_evaluate, check_ingest, check_preprocess, check_train};
pub use digest::Digest;
pub use error::{Error, with_causes};
pub use features::FeatureSet;
pub use file::{Artifact, Contents, TensorInfo, describe, read, read_bytes, read_tensors, write};
pub use groups::Groups;
pub use halves::write_half;
pub use header::{FER2013_CLASSES, Header, Kind, Provenance, SCHEMA, Split, canonical_json};
pub use images::ImageSet;
pub use model::{Checkpoint, Model};
pub use number::{Count, Fraction, NonNegative, OutOfRange, Positive, Probability};
pub use predictions::Predictions;
pub use record::{
    ClassMetrics, Contradiction, DataReport, Dropped, EpochRecord, GroupReport, LeftOut, Listed, Metrics, Overlap,
    SkippedRow, SplitMetrics, SplitReport, Tta,
};
pub use seed::Seed;
pub use shown::{escaped, shown};
pub use size::Size;
pub use visible::{visible, visible_lines};
