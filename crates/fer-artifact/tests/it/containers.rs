//! Every way in which a file can be no safetensors file, with the message.

use fer_artifact::{Error, ImageSet, Model, read};
use serde_json::{Value, json};

use crate::raw::{RawFile, bytes, file, header, images};

#[test]
fn a_file_too_short_to_say_anything() {
    let refusal = |bytes: &[u8]| RawFile::of(bytes).refusal::<ImageSet>();
    assert_eq!(refusal(&[0; 7]), "not a valid safetensors file: expected at least 8 bytes, found 7");
    assert_eq!(refusal(&[]), "not a valid safetensors file: found an empty file");
}

#[test]
fn a_file_of_another_kind_is_named() {
    assert_eq!(
        RawFile::of(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n").refusal::<Model>(),
        "not a valid safetensors file: found a Git LFS pointer: fetch the file itself with `git lfs pull`"
    );
    assert_eq!(
        RawFile::of(b"\x89HDF\r\n\x1a\n\0\0").refusal::<Model>(),
        "not a valid safetensors file: found an HDF5 file, as Keras writes it"
    );
}

#[test]
fn a_header_longer_than_the_file() {
    for length in [3u64, 1 << 40, u64::MAX] {
        let bytes = [&length.to_le_bytes()[..], b"{}"].concat();
        assert_eq!(
            RawFile::of(&bytes).refusal::<ImageSet>(),
            format!("not a valid safetensors file: its header claims {length} bytes, the file has 10")
        );
    }
}

#[test]
fn a_table_that_is_no_json() {
    let bytes = [&6u64.to_le_bytes()[..], b"PNG???"].concat();
    assert_eq!(
        RawFile::of(&bytes).refusal::<ImageSet>(),
        "not a valid safetensors file: its header: expected value at line 1 column 1"
    );
}

#[test]
fn a_truncated_file_and_one_with_a_tail() {
    let whole = std::fs::read(file(&header("images").to_string(), &images()).path()).unwrap();
    let n = whole.len();
    let expected =
        |found: usize| format!("not a valid safetensors file: its header describes {n} bytes, the file has {found}");
    assert_eq!(RawFile::of(&whole[..n - 1]).refusal::<ImageSet>(), expected(n - 1));
    assert_eq!(RawFile::of(&[&whole[..], &[0; 5]].concat()).refusal::<ImageSet>(), expected(n + 5));
    for cut in 0..n {
        let error = read::<ImageSet>(&RawFile::of(&whole[..cut]).path()).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "cut at {cut}: {error}");
    }
}

/// A file whose table holds this for the tensors `a` and `b`, and sixteen bytes of data.
fn table_refusal(a: Value, b: Value) -> String {
    RawFile::of(&bytes(&json!({"a": a, "b": b}), &[0; 16])).refusal::<ImageSet>()
}

#[test]
fn tensors_that_overlap_or_leave_a_gap() {
    let tensor = |start: usize| json!({"dtype": "U8", "shape": [8], "data_offsets": [start, start + 8]});
    let expected = "not a valid safetensors file: its header: invalid offset for tensor `b`";
    for second in [7, 9] {
        let message = table_refusal(tensor(0), tensor(second));
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn a_shape_that_contradicts_its_offsets() {
    let message = table_refusal(
        json!({"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}),
        json!({"dtype": "U8", "shape": [8], "data_offsets": [8, 16]}),
    );
    let expected = "not a valid safetensors file: its header: invalid shape, data type, or offset for tensor";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn a_shape_whose_product_overflows() {
    let huge = 1u64 << 40;
    let message = table_refusal(
        json!({"dtype": "F32", "shape": [huge, huge, huge], "data_offsets": [0, 8]}),
        json!({"dtype": "U8", "shape": [8], "data_offsets": [8, 16]}),
    );
    let expected =
        "not a valid safetensors file: its header: overflow computing buffer size from shape and/or element type";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn claims_beyond_the_file_are_refused_before_any_memory_is_asked_for() {
    // 2^60 bytes, which no machine has.
    let size = 1u64 << 60;
    let head = json!({"a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}});
    let whole = bytes(&head, &[0; 16]);
    let described = (whole.len() as u64 - 16) + size;
    assert_eq!(
        RawFile::of(&whole).refusal::<ImageSet>(),
        format!("not a valid safetensors file: its header describes {described} bytes, the file has {}", whole.len())
    );
    // Tensors that together claim all 2^64 - 1 bytes.
    let part = (1u64 << 61) - 1;
    let mut head = json!({});
    for index in 0..9 {
        let (start, end) = (index * part, (index + 1).saturating_mul(part));
        head[format!("t{index}")] = json!({"dtype": "U8", "shape": [end - start], "data_offsets": [start, end]});
    }
    let whole = bytes(&head, &[]);
    assert_eq!(
        RawFile::of(&whole).refusal::<ImageSet>(),
        format!("not a valid safetensors file: its header describes {} bytes, the file has {}", u64::MAX, whole.len())
    );
}

#[test]
fn a_header_that_would_fill_the_memory() {
    // The longest header, of which most is blank.
    let whole = std::fs::read(file(&header("images").to_string(), &images()).path()).unwrap();
    let (head, data) = whole[8..].split_at(u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize);
    let blanks = vec![b' '; (16 << 20) - head.len()];
    let longest = [&(16u64 << 20).to_le_bytes(), head, &blanks, data].concat();
    assert!(fer_artifact::read::<ImageSet>(&RawFile::of(&longest).path()).is_ok());
    let length = (16u64 << 20) + 1;
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.resize(8 + length as usize, b' ');
    assert_eq!(
        RawFile::of(&bytes).refusal::<ImageSet>(),
        "not a valid safetensors file: its header has 16777217 bytes, expected at most 16777216"
    );
}

#[test]
fn a_header_nested_without_end() {
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        let bytes = [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
        let message = RawFile::of(&bytes).refusal::<ImageSet>();
        assert!(message.starts_with("not a valid safetensors file: its header: "), "{message}");
        let message = file(&text, &images()).refusal::<ImageSet>();
        assert!(message.starts_with("metadata key `fer`: "), "{message}");
    }
}

#[test]
fn the_same_tensor_twice() {
    let tensor = |start: usize| format!(r#""a":{{"dtype":"U8","shape":[8],"data_offsets":[{start},{}]}}"#, start + 8);
    let head = format!("{{{},{}}}", tensor(0), tensor(8));
    let bytes = [&(head.len() as u64).to_le_bytes()[..], head.as_bytes(), &[0; 16]].concat();
    let message = RawFile::of(&bytes).refusal::<ImageSet>();
    assert!(message.starts_with("not a valid safetensors file: its header: "), "{message}");
}

#[test]
fn offsets_that_run_backwards_or_are_no_numbers() {
    for offsets in [json!([8, 0]), json!([-1, 7]), json!([0.5, 8]), json!([0]), json!("0-8"), Value::Null] {
        let tensor = json!({"dtype": "U8", "shape": [8], "data_offsets": offsets});
        let message = RawFile::of(&bytes(&json!({"a": tensor}), &[0; 8])).refusal::<ImageSet>();
        assert!(message.starts_with("not a valid safetensors file: its header: "), "{offsets}: {message}");
    }
}
