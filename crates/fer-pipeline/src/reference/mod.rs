//! All parameters of pipeline files, described by the types that read them: as a JSON Schema, and as a list for people.

mod page;
mod parameters;
mod schema;
mod words;

pub use page::page;
pub use parameters::{Parameter, Section, sections};
pub use schema::schema;
