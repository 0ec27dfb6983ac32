#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod curves;
mod error;
mod format;
mod hugging_face;
mod model_export;
mod onnx;
mod place;
mod ready;

pub use curves::{LiveCurves, TRAINING_FILES, training_files};
pub use error::Error;
pub use format::Format;
pub use model_export::{ModelExport, Precision};
pub use place::Existing;
