//! What a file is that is none of ours, by its first bytes.

use std::borrow::Cow;

use infer::MatcherType;

/// As many bytes of a file as [`identify`] can use: a tar archive names itself in the 257th.
pub const FIRST: u64 = 1024;

/// What a file with these first bytes is, and what to do with it where that helps, for messages; `None` for bytes of no
/// known format.
///
/// ```
/// use fer_artifact::identify;
/// assert_eq!(identify(b"").as_deref(), Some("an empty file"));
/// assert_eq!(identify(b"%PDF-1.7").as_deref(), Some("a file of type pdf"));
/// let pointer = identify(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
/// assert_eq!(pointer.as_deref(), Some("a Git LFS pointer: fetch the file itself with `git lfs pull`"));
/// ```
pub fn identify(first: &[u8]) -> Option<Cow<'static, str>> {
    let known = OURS.iter().find(|(is, _)| is(first)).map(|(_, what)| Cow::Borrowed(*what));
    let guess = || infer::get(first).map(|kind| named(kind.matcher_type(), kind.extension()));
    known.or_else(guess).or_else(|| is_text(first).then_some("text".into()))
}

/// Whether a file that begins so is of a form.
type Recognises = fn(&[u8]) -> bool;

/// Files that people give by mistake, and the way on. The first that fits counts.
const OURS: [(Recognises, &str); 13] = [
    (|first| first.is_empty(), "an empty file"),
    (
        |first| first.starts_with(b"version https://git-lfs.github.com/spec/"),
        "a Git LFS pointer: fetch the file itself with `git lfs pull`",
    ),
    (
        |first| first.starts_with(b"PK\x03\x04") && contains(first, b"data.pkl"),
        "a PyTorch file: save its `state_dict` with safetensors, in Python",
    ),
    (
        |first| first.starts_with(b"\x80\x02") || first.starts_with(b"\x80\x04"),
        "a Python pickle: save its tensors with safetensors, in Python",
    ),
    (|first| first.starts_with(b"\x89HDF\r\n\x1a\n"), "an HDF5 file, as Keras writes it"),
    (is_onnx, "an ONNX model"),
    (|first| first.get(4..8) == Some(b"TFL3"), "a TensorFlow Lite model"),
    (|first| first.starts_with(b"\x93NUMPY"), "a NumPy array"),
    (|first| first.starts_with(b"PAR1"), "a Parquet file"),
    (is_safetensors, "a safetensors file"),
    (infer::image::is_heif, "a HEIC picture: not supported; convert it to JPEG or PNG"),
    (infer::image::is_avif, "an AVIF picture: not supported; convert it to JPEG or PNG"),
    (|first| infer::text::is_html(first), "an HTML page: a download that failed?"),
];

/// Kinds of pictures that this program reads, by their usual extension.
const READ: [&str; 6] = ["png", "jpg", "webp", "bmp", "gif", "tif"];

fn named(kind: MatcherType, extension: &'static str) -> Cow<'static, str> {
    match kind {
        MatcherType::Image if READ.contains(&extension) => format!("a {extension} picture"),
        MatcherType::Image => format!("a {extension} picture: not supported; convert it to JPEG or PNG"),
        MatcherType::Video => format!("a video ({extension})"),
        MatcherType::Audio => format!("a sound ({extension})"),
        MatcherType::Archive if !matches!(extension, "pdf" | "rtf" | "ps") => {
            format!("an archive ({extension}): unpack it first")
        }
        _ => format!("a file of type {extension}"),
    }
    .into()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// A protobuf message that begins with a small version (field 1) and then the producer's name (field 2) or the graph
/// (field 7).
fn is_onnx(first: &[u8]) -> bool {
    matches!(first, [0x08, 1..=32, 0x12 | 0x3A, _, ..])
}

/// The length of a header in eight bytes, and a header that is an object of JSON.
fn is_safetensors(first: &[u8]) -> bool {
    first.len() > 9 && first[8..10] == *b"{\"" && first[4..8] == [0; 4]
}

/// Whether a file with these first bytes is a picture, of a kind that this program reads or of another.
pub fn is_picture(first: &[u8]) -> bool {
    !is_text(first) && infer::is_image(first)
}

/// Whether a file with these first bytes is text in UTF-8 and none of the files that are text and given by mistake: a
/// Git LFS pointer, an HTML page.
///
/// ```
/// use fer_artifact::is_plain_text;
/// assert!(is_plain_text("BMI,gefühl\n3,frö".as_bytes()) && !is_plain_text(b"<html>Not found</html>"));
/// ```
pub fn is_plain_text(first: &[u8]) -> bool {
    is_text(first) && !OURS.iter().any(|(is, _)| is(first))
}

/// Whether nothing but readable text stands there; the last letter may be cut.
fn is_text(first: &[u8]) -> bool {
    let text = match std::str::from_utf8(first) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&first[..error.valid_up_to()]).unwrap_or("\0"),
        Err(_) => return false,
    };
    !text.contains(|letter: char| letter.is_control() && !letter.is_whitespace())
}
