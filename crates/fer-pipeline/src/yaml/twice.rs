//! What a file must not say twice.

use serde_json::Value;

use crate::yaml::document::Document;
use crate::yaml::overrides::Override;

/// The values that stand in a list before, by their places, and what is wrong with each.
pub(crate) fn repeated(values: &[Value]) -> impl Iterator<Item = (usize, String)> + '_ {
    let is_repeated = |index: &usize| values[..*index].contains(&values[*index]);
    let told = |index: usize| (index, format!("{} stands in this list for the second time", values[index]));
    (1..values.len()).filter(is_repeated).map(told)
}

/// What is wrong if the file varies this parameter, and the command line sets it.
pub(crate) fn set_twice(document: &Document, over: &Override, name: &str) -> Option<String> {
    let is_set = document.overrides().iter().any(|other| over.overlaps(other));
    is_set.then(|| format!("`{name}` cannot be set by `--set` and here as well"))
}
