//! Numbers and names as people read them.

use fer_artifact::visible;

/// `3589` as `3,589`.
pub(crate) fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 image`, `2 images`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

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
    fn thousands_are_separated() {
        assert_eq!([0, 999, 1000, 28709, 1_234_567].map(count), ["0", "999", "1,000", "28,709", "1,234,567"]);
        assert_eq!([counted(1, "image"), counted(1200, "image")], ["1 image", "1,200 images"]);
    }

    #[test]
    fn names_are_cut_by_characters_not_bytes() {
        assert_eq!(shortened("überrascht", 10), "überrascht");
        assert_eq!(shortened("überraschend", 10), "überrasch…");
        assert_eq!(shortened("so long a name", 8), "so long…");
    }
}
