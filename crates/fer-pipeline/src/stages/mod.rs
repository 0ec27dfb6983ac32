//! One short adapter a stage: reads artifacts, calls the stage's crate, writes artifacts.

mod command;
mod evaluate;
mod ingest;
mod preprocess;
mod train;

use serde::Serialize;
use serde_json::Value;

pub(crate) use command::Program;
pub(crate) use evaluate::Evaluate;
pub(crate) use ingest::Ingest;
pub(crate) use preprocess::Preprocess;
pub(crate) use train::Train;

use fer_artifact::Split;

/// Parameters as JSON, defaults written out.
fn resolved(params: &impl Serialize) -> Value {
    serde_json::to_value(params).expect("parameters are representable in JSON")
}

/// A split's file in a stage's folder.
fn file(split: Split) -> String {
    format!("{split}.safetensors")
}
