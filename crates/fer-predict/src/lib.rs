#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod built_in;
mod crop;
mod ensemble;
mod error;
mod look;
mod member;
mod recognizer;
mod record;
mod robustness;
mod source;
mod walk;

pub use built_in::{BUILT_IN, built_in};
pub use crop::{Crop, Place};
pub use ensemble::Ensemble;
pub use error::Error;
pub use fer_artifact::{Size, Tta};
pub use fer_imgproc::{Picture, PictureProblem, Roll, WayUp};
pub use look::{Look, Search};
pub use recognizer::{Face, Recognizer};
pub use record::{ByClass, FaceRecord};
pub use source::ModelSource;
pub use walk::{Found, Walk};
