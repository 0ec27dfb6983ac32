//! Text from a file as people see it.

/// Most characters of a text that a message shows.
const LONGEST: usize = 300;

/// Text that a file holds or is called by, such as the name of a class, with its control characters escaped: it neither
/// breaks a line nor moves a terminal's cursor.
///
/// ```
/// use fer_artifact::escaped;
/// assert_eq!(escaped("happy"), "happy");
/// assert_eq!(escaped("\u{1b}[31mred\n"), r"\u{1b}[31mred\n");
/// ```
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter.is_control() {
            true => escaped.extend(letter.escape_default()),
            false => escaped.push(letter),
        }
    }
    escaped
}

/// [`escaped`] text for a message, where it may have any length: what is longer than 300 characters is cut.
///
/// ```
/// use fer_artifact::shown;
/// assert_eq!(shown("conv1.0.weight"), "conv1.0.weight");
/// assert_eq!(shown(&"é".repeat(301)), format!("{}…", "é".repeat(300)));
/// ```
pub fn shown(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => escaped(text),
        Some((end, _)) => escaped(&text[..end]) + "…",
    }
}
