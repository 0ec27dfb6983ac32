//! What the train stage leaves for other people's tools: curves as tables and for TensorBoard, and a `config.json`.
//!
//! All of it is told by the model's header, so it holds no time, and a training that was resumed tells of all its
//! epochs. No stage reads it; a train stage of the user's own may do without.

mod config;
mod events;
mod live;
mod tables;

use fer_artifact::Model;
use serde_json::Value;

use crate::context::Context;
use crate::error::StageError;
use crate::slot::Output;

pub(crate) use live::Live;
use tables::{ACCURACY_FILE, HISTORY_FILE};

const CONFIG: &str = "config.json";
/// TensorBoard knows its files by the beginning of their names; after it stand a time and a machine, which are none
/// here.
const EVENTS: &str = "events.out.tfevents.0.fer";

/// The files, by name in the train stage's folder.
pub(crate) const OUTPUTS: [Output; 4] = [
    Output::optional(HISTORY_FILE),
    Output::optional(ACCURACY_FILE),
    Output::optional(CONFIG),
    Output::optional(EVENTS),
];

/// Writes the files for this model.
pub(crate) fn write(context: &mut Context<'_>, model: &Model) -> Result<(), StageError> {
    let history: &[Value] = model.training["history"].as_array().map_or(&[], Vec::as_slice);
    context.write_text(HISTORY_FILE, &tables::table(history, &tables::HISTORY))?;
    context.write_text(ACCURACY_FILE, &tables::table(history, &tables::ACCURACY))?;
    context.write_text(CONFIG, &config::config(model))?;
    context.write_bytes(EVENTS, &events::event_file(history))?;
    Ok(())
}
