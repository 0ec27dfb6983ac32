//! Numbers and names as people read them.

use fer_artifact::visible;
pub(crate) use fer_artifact::{counted, grouped as count};

/// A share in per cent with one decimal, without the sign: `0.6312` as `63.1`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

/// As [`percent`], with the sign behind a thin space that does not break: for the page.
pub(crate) fn percentage(share: f64) -> String {
    format!("{}\u{202f}%", percent(share))
}

/// At most `limit` characters, the last an ellipsis if the text was longer; control characters are escaped.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    let text = visible(text);
    if text.chars().count() <= limit {
        return text.into_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_by_characters_not_bytes() {
        assert_eq!(shortened("überrascht", 10), "überrascht");
        assert_eq!(shortened("überraschend", 10), "überrasch…");
        assert_eq!(shortened("so long a name", 8), "so long…");
    }
}
