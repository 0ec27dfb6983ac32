//! JSON with the digest of its text before it: what was damaged is told from what was written.

use fer_artifact::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;

const HEAD: &[u8] = b"{\"digest\":\"";
const MIDDLE: &[u8] = b"\",\"note\":";

/// `{"digest": …, "note": …}`, the digest being that of the note's text.
pub(crate) fn seal(note: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let text = serde_json::to_vec(note)?;
    let digest = Digest::of_bytes(&text).to_string();
    Ok([HEAD, digest.as_bytes(), MIDDLE, &text, b"}"].concat())
}

/// The note in what [`seal`] gave; none if these bytes are not what was written.
pub(crate) fn open<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (digest, rest) = bytes.strip_prefix(HEAD)?.split_at_checked(Digest::of_bytes(&[]).to_string().len())?;
    let text = rest.strip_prefix(MIDDLE)?.strip_suffix(b"}")?;
    let is_whole = Digest::of_bytes(text).to_string().as_bytes() == digest;
    is_whole.then(|| serde_json::from_slice(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_was_sealed_comes_back_and_nothing_else_does() {
        let note = json!({"a": [1, 2.5], "b": "ü}"});
        let sealed = seal(&note).unwrap();
        assert_eq!(open::<Value>(&sealed), Some(note.clone()));
        // It is JSON as any other.
        let digest = Digest::of_bytes(note.to_string().as_bytes()).to_string();
        assert_eq!(serde_json::from_slice::<Value>(&sealed).unwrap(), json!({"digest": digest, "note": note}));
        for (place, bit) in (0..sealed.len()).flat_map(|place| (0..8).map(move |bit| (place, bit))) {
            let mut flipped = sealed.clone();
            flipped[place] ^= 1 << bit;
            assert_eq!(open::<Value>(&flipped), None, "byte {place}, bit {bit}");
        }
        for cut in 0..sealed.len() {
            assert_eq!(open::<Value>(&sealed[..cut]), None, "{cut} bytes");
        }
    }

    #[test]
    fn a_note_of_another_form_is_none() {
        let sealed = seal(&json!([1])).unwrap();
        assert_eq!(open::<Vec<u8>>(&sealed), Some(vec![1]));
        assert_eq!(open::<String>(&sealed), None);
    }
}
