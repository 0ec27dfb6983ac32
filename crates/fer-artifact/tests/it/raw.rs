//! Files put together by hand, to be as wrong as a test wants.

use std::path::{Path, PathBuf};

use fer_artifact::{Artifact, read};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A file in a folder of its own, `a.safetensors`.
pub(crate) struct RawFile {
    folder: TempDir,
}

impl RawFile {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let file = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("a.safetensors")
    }

    /// The message with which reading as `A` is refused; it must begin with the path, which is left out.
    pub(crate) fn refusal<A: Artifact + std::fmt::Debug>(&self) -> String {
        without_path(&read::<A>(&self.path()).unwrap_err(), &self.path())
    }
}

/// An error's message, which must begin with the path, without it.
pub(crate) fn without_path(error: &fer_artifact::Error, path: &Path) -> String {
    let message = fer_artifact::with_causes(error);
    message.strip_prefix(&format!("{}: ", path.display())).expect(&message).to_owned()
}

/// Length, head and data of a safetensors file.
pub(crate) fn bytes(head: &Value, data: &[u8]) -> Vec<u8> {
    let head = head.to_string();
    [&(head.len() as u64).to_le_bytes(), head.as_bytes(), data].concat()
}

/// Name, dtype, shape and data of a tensor.
pub(crate) type RawTensor<'a> = (&'a str, &'a str, Vec<usize>, Vec<u8>);

/// A well-formed file with this text under the key `fer`, and these tensors.
pub(crate) fn file(fer: &str, tensors: &[RawTensor<'_>]) -> RawFile {
    let mut head = json!({"__metadata__": {"fer": fer}});
    let mut data = vec![];
    for (name, dtype, shape, bytes) in tensors {
        let start = data.len();
        data.extend(bytes);
        head[name] = json!({"dtype": dtype, "shape": shape, "data_offsets": [start, data.len()]});
    }
    RawFile::of(&self::bytes(&head, &data))
}

pub(crate) fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

pub(crate) fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

pub(crate) fn header(kind: &str) -> Value {
    json!({"kind": kind, "schema": 1, "classes": ["sad", "happy"], "split": "train"})
}

/// Two images of 1×2 with their labels and rows.
pub(crate) fn images() -> Vec<RawTensor<'static>> {
    vec![
        ("images", "U8", vec![2, 1, 2], vec![1, 2, 3, 4]),
        ("labels", "U8", vec![2], vec![0, 1]),
        ("rows", "U32", vec![2], words(&[0, 1])),
    ]
}
