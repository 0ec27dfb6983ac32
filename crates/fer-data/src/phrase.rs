//! How messages quote names and numbers from a source, and what they advise.

use std::collections::BTreeMap;

use fer_artifact::{Size, Split, visible};

/// Longest text, in characters, that a message quotes.
const LONGEST: usize = 40;
/// Most columns or classes that a message lists.
const MOST_NAMES: usize = 12;

/// A text cut to a length that a message can bear, and without control characters.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => visible(text).into_owned(),
        Some((end, _)) => format!("{}…", visible(&text[..end])),
    }
}

pub(crate) fn text(found: &str) -> String {
    if found.is_empty() { "an empty field".to_owned() } else { format!("`{}`", short(found)) }
}

pub(crate) fn size(size: Size) -> String {
    format!("a height of {} and a width of {}", size.height(), size.width())
}

pub(crate) fn alternatives(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
}

pub(crate) fn listed(columns: &[String]) -> String {
    few(&columns.iter().map(|name| format!("`{}`", short(name))).collect::<Vec<_>>())
}

/// The first names, and how many more there are.
pub(crate) fn few(names: &[String]) -> String {
    let shown = names.iter().take(MOST_NAMES).map(|name| visible(name)).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

/// The labels that a list of classes allows.
pub(crate) fn class_or_number(classes: &[String]) -> String {
    match classes.iter().any(|name| name.trim().parse::<i64>().is_ok()) {
        true => format!("a class ({})", few(classes)),
        false => format!("a class ({}) or its number from 0 to {}", few(classes), classes.len() - 1),
    }
}

pub(crate) fn found_folder(found: &Option<String>) -> String {
    found.as_ref().map_or("no folder".to_owned(), |name| format!("`{}`", short(name)))
}

pub(crate) fn counted(counts: &BTreeMap<Split, usize>) -> String {
    counts.iter().map(|(split, count)| format!("{count} {split}")).collect::<Vec<_>>().join(", ")
}

/// How a column gets its name.
pub(crate) fn naming(parameter: Option<&str>) -> String {
    parameter.map_or("call it so in the header".to_owned(), |parameter| format!("name it with `{parameter}`"))
}

/// What else helps where a column is missing.
pub(crate) fn other_way(content: &str) -> &'static str {
    match content {
        "splits" => ", or choose the split `head`, `stratified` or `folds`",
        "names of pictures" => ", or say `join: row`",
        _ => "",
    }
}

/// What to do where folders are named by numbers.
pub(crate) fn numbers(found: Option<&str>, classes: &[String]) -> String {
    match found.is_some_and(|name| name.trim().parse::<i64>().is_ok()) {
        true => format!("; `classes: {{{}: [1], …}}` says which number is which class", classes[0]),
        false => String::new(),
    }
}

pub(crate) fn entries(found: &[String]) -> String {
    if found.is_empty() { "none".to_owned() } else { few(found) }
}

pub(crate) fn why_empty(dropped: usize) -> String {
    match dropped {
        0 => String::new(),
        _ => format!(", since all {dropped} were dropped as duplicates"),
    }
}
