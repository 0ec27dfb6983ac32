//! The words and numbers that stand for classes and splits in foreign data.

use fer_artifact::Split;

use crate::{Classes, RowProblem};

/// The label that a text stands for: a class name, in any case of letters, or else a number below the number of classes.
pub(crate) fn label(text: &str, classes: &Classes) -> Result<u8, RowProblem> {
    let names = classes.names();
    let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
    let numbered = || text.parse::<usize>().ok().filter(|&index| index < names.len());
    match named.or_else(numbered) {
        // At most 256 classes, so the index fits.
        Some(index) => Ok(index as u8),
        None => Err(RowProblem::Label { classes: names.to_vec(), found: text.to_owned() }),
    }
}

/// The split that a word stands for, FER2013's or ours, in any case of letters.
pub(crate) fn split(text: &str) -> Result<Split, RowProblem> {
    match text.to_ascii_lowercase().as_str() {
        "training" | "train" => Ok(Split::Train),
        "publictest" | "validation" | "val" => Ok(Split::Validation),
        "privatetest" | "test" => Ok(Split::Test),
        _ => Err(RowProblem::Split { found: text.to_owned() }),
    }
}
