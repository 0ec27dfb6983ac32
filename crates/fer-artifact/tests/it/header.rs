use std::collections::BTreeMap;

use fer_artifact::{Digest, ImageSet, Kind, Provenance, Seed, Split, canonical_json, describe, write};
use serde_json::json;

fn one_face() -> ImageSet {
    ImageSet {
        classes: vec!["sad".into(), "happy".into()],
        split: Split::Train,
        height: 1,
        width: 3,
        images: vec![7, 8, 9].into(),
        labels: vec![1],
        rows: vec![258],
        groups: None,
        origins: None,
        targets: None,
    }
}

fn provenance() -> Provenance {
    Provenance {
        producer: "fer 0.1.0".into(),
        seed: Seed::new(42),
        parents: BTreeMap::from([("b.csv".into(), Digest::of_bytes(b"b")), ("a.csv".into(), Digest::of_bytes(b"a"))]),
        params: json!({"split": {"kind": "head", "train": 1}, "classes": [], "drop": null, "p": 0.1}),
    }
}

#[test]
fn keys_are_sorted_at_every_depth_and_nothing_else_is_moved() {
    let value = json!({"b": [{"z": 1, "a": {"y": [], "x": "ß"}}, 3, 2], "a": null, "B": 0.1, "": true});
    assert_eq!(canonical_json(&value), r#"{"":true,"B":0.1,"a":null,"b":[{"a":{"x":"ß","y":[]},"z":1},3,2]}"#);
}

#[test]
fn a_file_has_these_bytes_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.safetensors");
    write(&path, &one_face(), &provenance()).unwrap();
    let fer = format!(
        concat!(
            r#"{{"classes":["sad","happy"],"kind":"images","#,
            r#""params":{{"classes":[],"drop":null,"p":0.1,"split":{{"kind":"head","train":1}}}},"#,
            r#""parents":{{"a.csv":"{}","b.csv":"{}"}},"#,
            r#""producer":"fer 0.1.0","schema":1,"seed":42,"split":"train"}}"#
        ),
        Digest::of_bytes(b"a"),
        Digest::of_bytes(b"b")
    );
    // The widest dtype first, so that every tensor is aligned; then by name.
    let mut head = format!(
        concat!(
            r#"{{"__metadata__":{{"fer":{}}},"rows":{{"dtype":"U32","shape":[1],"data_offsets":[0,4]}},"#,
            r#""images":{{"dtype":"U8","shape":[1,1,3],"data_offsets":[4,7]}},"#,
            r#""labels":{{"dtype":"U8","shape":[1],"data_offsets":[7,8]}}}}"#
        ),
        json!(fer)
    );
    while head.len() % 8 != 0 {
        head.push(' ');
    }
    let expected = [&(head.len() as u64).to_le_bytes(), head.as_bytes(), &[2, 1, 0, 0], &[7, 8, 9], &[1]].concat();
    assert_eq!(String::from_utf8_lossy(&std::fs::read(path).unwrap()), String::from_utf8_lossy(&expected));
}

#[test]
fn the_same_artifact_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let digests = ["a", "b", "c"].map(|name| write(&folder.path().join(name), &one_face(), &provenance()).unwrap());
    assert_eq!(digests[0], digests[1]);
    assert_eq!(digests[0], digests[2]);
}

#[test]
fn describe_tells_the_header_and_the_tensors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("any-name");
    write(&path, &one_face(), &provenance()).unwrap();
    let (header, table) = describe(&path).unwrap();
    let header = header.unwrap();
    assert_eq!((header.kind, header.schema, header.split), (Kind::Images, 1, Some(Split::Train)));
    assert_eq!((header.producer, header.seed, header.classes), ("fer 0.1.0".into(), Seed::new(42), one_face().classes));
    assert_eq!((header.parents, header.params), (provenance().parents, provenance().params));
    assert_eq!(serde_json::Value::Object(header.details), json!({}));
    let table: Vec<String> =
        table.iter().map(|tensor| format!("{} {} {:?}", tensor.name, tensor.dtype, tensor.shape)).collect();
    assert_eq!(table, ["images U8 [1, 1, 3]", "labels U8 [1]", "rows U32 [1]"]);
}

#[test]
fn kinds_and_splits_are_called_alike_in_files_and_messages() {
    for (kind, name) in [
        (Kind::Images, "images"),
        (Kind::Features, "features"),
        (Kind::Model, "model"),
        (Kind::Predictions, "predictions"),
        (Kind::Checkpoint, "checkpoint"),
    ] {
        assert_eq!((json!(kind), kind.to_string()), (json!(name), name.to_owned()));
    }
    let names = ["train", "validation", "test"];
    for (split, name) in Split::ALL.into_iter().zip(names) {
        assert_eq!((json!(split), split.to_string(), split.name()), (json!(name), name.to_owned(), name));
    }
}
