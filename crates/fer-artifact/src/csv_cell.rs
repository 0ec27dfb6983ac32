use std::borrow::Cow;

/// A cell of CSV (RFC 4180): in quotes if it must be.
///
/// ```
/// assert_eq!(fer_artifact::csv_cell("a b.jpg"), "a b.jpg");
/// assert_eq!(fer_artifact::csv_cell("a,b.jpg"), "\"a,b.jpg\"");
/// assert_eq!(fer_artifact::csv_cell("5\" disk\n"), "\"5\"\" disk\n\"");
/// ```
pub fn csv_cell(cell: &str) -> Cow<'_, str> {
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")).into(),
        false => cell.into(),
    }
}

/// How many records a text of CSV has; line breaks within quotes end none.
pub(crate) fn records(text: &str) -> usize {
    let (mut records, mut quoted) = (0, false);
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            '\n' if !quoted => records += 1,
            _ => {}
        }
    }
    records + usize::from(!text.is_empty() && !text.ends_with('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_in_quotes_end_no_record() {
        assert_eq!([records(""), records("a"), records("a\n"), records("a\n\"b\nc\",d\ne\n")], [0, 1, 1, 3]);
    }
}
