//! Text from files for a person's eyes: no byte of it steers the terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// Most characters of a text that a message shows.
const LONGEST: usize = 300;

/// The text with each control character written as an escape, `\u{1b}`: one that came from a file never reaches a
/// terminal or a report. Characters that turn the direction of writing count as control characters.
///
/// ```
/// use fer_artifact::visible;
/// assert_eq!(visible("happy"), "happy");
/// assert_eq!(visible("\u{1b}[31mhappy\n"), r"\u{1b}[31mhappy\u{a}");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, steers)
}

/// The same for text of several lines, which keeps its line breaks and tabs.
///
/// ```
/// assert_eq!(fer_artifact::visible_lines("two\n\tlines\r\n"), "two\n\tlines\\u{d}\n");
/// ```
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| steers(letter) && !matches!(letter, '\n' | '\t'))
}

/// [`visible`] text for a message, where it may have any length: what is longer than 300 characters is cut.
///
/// ```
/// use fer_artifact::shown;
/// assert_eq!(shown("conv1.0.weight"), "conv1.0.weight");
/// assert_eq!(shown("a\u{202e}gpj.jpg"), r"a\u{202e}gpj.jpg");
/// assert_eq!(shown(&"é".repeat(301)), format!("{}…", "é".repeat(300)));
/// ```
pub fn shown(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => visible(text).into_owned(),
        Some((end, _)) => format!("{}…", visible(&text[..end])),
    }
}

/// Most characters of a class's name.
pub const LONGEST_NAME: usize = 200;

/// Why a text is no name of a class, if it is none: an empty or a long one, or one with characters that a terminal or a page would
/// obey and not show. Wherever names come in, from a file, a folder or a parameter, they pass here.
///
/// ```
/// use fer_artifact::no_class_name;
/// assert_eq!(no_class_name("très heureux"), None);
/// assert_eq!(no_class_name("\u{1b}[31mred").as_deref(), Some("expected a name without control characters, found `\\u{1b}[31mred`"));
/// ```
pub fn no_class_name(name: &str) -> Option<String> {
    let length = name.chars().count();
    match () {
        () if name.is_empty() => Some("expected names of classes, found an empty one".to_owned()),
        () if length > LONGEST_NAME => {
            Some(format!("expected names of classes of at most {LONGEST_NAME} characters, found one of {length}"))
        }
        () if name.contains(steers) => {
            Some(format!("expected a name without control characters, found `{}`", visible(name)))
        }
        () => None,
    }
}

fn steers(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if is_escaped(letter) {
            write!(shown, "{}", letter.escape_unicode()).expect("a string takes all that is written");
        } else {
            shown.push(letter);
        }
    }
    shown.into()
}
