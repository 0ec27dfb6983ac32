//! Runs to watch, below a folder and never out of it; nothing is written there.

mod answer;
mod files;
mod guard;
mod openapi;
mod report;
mod routes;
mod shelf;

pub(crate) use openapi::paths;
pub(crate) use report::by_form;
pub(crate) use routes::routes;
pub use shelf::Runs;
