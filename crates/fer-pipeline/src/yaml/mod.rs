//! YAML files: what they say, where they say it, and what `--set` changes.

pub(crate) mod document;
pub(crate) mod flow;
pub(crate) mod locate;
pub(crate) mod name_first;
pub(crate) mod overrides;
pub(crate) mod phrase;
mod tree;
pub(crate) mod twice;
