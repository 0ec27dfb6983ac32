use fer_artifact::Digest;
use serde_json::{Value, from_str, to_string};

fn golden() -> Value {
    let golden: Value = from_str(include_str!("../../../../tests/golden/artifact/seed.json")).unwrap();
    golden["digest"].clone()
}

#[test]
fn a_digest_is_blake3_in_hexadecimal_digits() {
    let golden = golden();
    let (text, hex) = (golden["text"].as_str().unwrap(), golden["blake3"].as_str().unwrap());
    let digest = Digest::of_bytes(text.as_bytes());
    assert_eq!(digest.to_string(), hex);
    assert_eq!(hex.parse::<Digest>().unwrap(), digest);
    assert_eq!(to_string(&digest).unwrap(), format!("\"{hex}\""));
    assert_eq!(from_str::<Digest>(&format!("\"{hex}\"")).unwrap(), digest);
}

#[test]
fn the_digest_of_a_file_is_that_of_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    // Longer than one piece of reading.
    let bytes: Vec<u8> = (0..300_000u64).map(|i| ((i * i) >> 7) as u8).collect();
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(Digest::of_file(&path).unwrap(), Digest::of_bytes(&bytes));
}

#[test]
fn a_file_that_is_not_there_has_no_digest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent");
    let message = fer_artifact::with_causes(&Digest::of_file(&path).unwrap_err());
    let expected = format!("{}: cannot read the file: No such file or directory (os error 2)", path.display());
    assert_eq!(message, expected);
}

#[test]
fn what_is_no_digest_is_refused() {
    for text in ["", "b792d0", &"g".repeat(64)] {
        let expected = format!("expected a digest of 64 hexadecimal digits, found {text:?}");
        assert_eq!(text.parse::<Digest>().unwrap_err(), expected);
    }
}
