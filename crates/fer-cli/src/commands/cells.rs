//! What rows of faces have in common.

use std::borrow::Cow;

use serde::ser::{Serialize, Serializer};

/// Probabilities by the names of their classes, in the classes' order.
pub(super) struct ByClass<'a>(pub(super) &'a [String], pub(super) &'a [f64]);

impl Serialize for ByClass<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(self.1))
    }
}

/// A cell of CSV (RFC 4180): in quotes if it must be.
pub(super) fn quoted(cell: &str) -> Cow<'_, str> {
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")).into(),
        false => cell.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_with_a_comma_or_a_quote_is_quoted() {
        assert_eq!(quoted("a b.jpg"), "a b.jpg");
        assert_eq!(quoted("a,b.jpg"), "\"a,b.jpg\"");
        assert_eq!(quoted("5\" disk\n"), "\"5\"\" disk\n\"");
    }
}
