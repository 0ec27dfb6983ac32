//! When two words are the same word.

use unicode_normalization::UnicodeNormalization;

/// The word without what does not count: white space around it, the case of letters, and whether accents are letters
/// of their own (as file names from a Mac have them) or not.
pub(crate) fn spelling(word: &str) -> String {
    let word = word.trim();
    if word.is_ascii() { word.to_ascii_lowercase() } else { word.nfc().collect::<String>().to_lowercase() }
}

/// The place of a name in a list, however it is spelled.
///
/// ```
/// assert_eq!(fer_data::place_of("Sad ", &["happy".into(), "sad".into()]), Some(1));
/// ```
pub fn place_of(name: &str, names: &[String]) -> Option<usize> {
    names.iter().position(|other| spelling(other) == spelling(name))
}

/// Words that the field uses for one expression.
const SYNONYMS: [[&str; 2]; 6] = [
    ["happy", "happiness"],
    ["angry", "anger"],
    ["sad", "sadness"],
    ["surprise", "surprised"],
    ["disgust", "disgusted"],
    ["fear", "fearful"],
];

/// The other word for an expression, given in the form of [`spelling`].
pub(crate) fn synonym(word: &str) -> Option<&'static str> {
    SYNONYMS.iter().find_map(|[one, other]| match word {
        _ if word == *one => Some(*other),
        _ if word == *other => Some(*one),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_spaces_do_not_count() {
        for word in ["Überrascht", "U\u{308}berrascht", " überrascht ", "ÜBERRASCHT"] {
            assert_eq!(spelling(word), "überrascht", "{word:?}");
        }
        assert_ne!(spelling("überrascht"), spelling("uberrascht"));
    }

    #[test]
    fn a_synonym_goes_both_ways() {
        assert_eq!((synonym("anger"), synonym("angry")), (Some("angry"), Some("anger")));
        assert_eq!(synonym("contempt"), None);
    }
}
