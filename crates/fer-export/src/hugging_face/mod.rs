//! A folder as the Hugging Face hub has them.

mod card;
pub(crate) mod config;

use std::ffi::OsStr;
use std::path::Path;

use self::card::card;
use self::config::{exported_config, preprocessor_config};
use crate::ModelExport;
use crate::ready::Ready;

/// The networks, the preprocessing and the temperature in PyTorch.
const MODELING: &str = include_str!("modeling_fer.py");

/// The files beside the weights, by name; `folder` is where they go, whose name is the model's.
pub(crate) fn texts(export: &ModelExport<'_>, ready: &Ready<'_>, folder: &Path) -> [(&'static str, String); 4] {
    let name = name(folder);
    [
        ("config.json", exported_config(ready.model, ready.temperature)),
        ("preprocessor_config.json", preprocessor_config(ready.model)),
        ("modeling_fer.py", MODELING.to_owned()),
        ("README.md", card(export, ready, &name)),
    ]
}

/// Of a folder that is called `.` or `..` the one that it has where it lies.
fn name(folder: &Path) -> String {
    let lies = || folder.canonicalize().ok()?.file_name().map(OsStr::to_owned);
    let name = folder.file_name().map(OsStr::to_owned).or_else(lies);
    name.map_or_else(|| "fer".to_owned(), |name| name.to_string_lossy().into_owned())
}
