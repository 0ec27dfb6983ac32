//! What the train stage leaves for other people's tools: curves as tables and for TensorBoard, and a `config.json`.
//!
//! All of it is told by the model's header, so it holds no time, and a training that was resumed tells of all its
//! epochs.

mod events;
mod live;
mod tables;

use fer_artifact::Model;
use serde_json::Value;

use crate::hugging_face::config::config;
pub use live::LiveCurves;
use tables::{ACCURACY, ACCURACY_FILE, HISTORY, HISTORY_FILE, table};

const CONFIG: &str = "config.json";
/// TensorBoard knows its files by the beginning of their names; after it stand a time and a machine, which are none
/// here.
const EVENTS: &str = "events.out.tfevents.0.fer";

/// The names of [`training_files`].
pub const TRAINING_FILES: [&str; 4] = [HISTORY_FILE, ACCURACY_FILE, CONFIG, EVENTS];

/// The history of a training as tables and for TensorBoard, and a `config.json` for Hugging Face's libraries: contents by
/// name. Equal models give equal bytes.
pub fn training_files(model: &Model) -> [(&'static str, Vec<u8>); 4] {
    let history: &[Value] = model.training["history"].as_array().map_or(&[], Vec::as_slice);
    [
        (HISTORY_FILE, table(history, &HISTORY).into_bytes()),
        (ACCURACY_FILE, table(history, &ACCURACY).into_bytes()),
        (CONFIG, config(model).into_bytes()),
        (EVENTS, events::event_file(history)),
    ]
}
