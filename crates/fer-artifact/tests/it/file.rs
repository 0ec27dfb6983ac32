use std::io::{Error as IoError, Write};
use std::path::Path;

use fer_artifact::{Array, Digest, Error, Model, Provenance, Seed, read, write, write_atomic};
use serde_json::Value;

use crate::raw::without_path;

fn names_in(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

fn model(data: Vec<f32>) -> Model {
    let array = Array { shape: vec![data.len()], data };
    Model {
        classes: vec!["a".into()],
        network: Value::Null,
        preprocessing: Value::Null,
        training: Value::Null,
        evaluation: Value::Null,
        tensors: [("w".to_owned(), array)].into(),
    }
}

#[test]
fn a_file_is_written_with_the_folders_above_it_and_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/down/file.txt");
    let digest = write_atomic(&path, |out| out.write_all(b"done")).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"done");
    assert_eq!(digest, Digest::of_bytes(b"done"));
    assert_eq!(names_in(path.parent().unwrap()), ["file.txt"]);
}

#[test]
fn many_small_pieces_have_the_digest_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let pieces = |out: &mut dyn Write| (0..100_000u32).try_for_each(|i| out.write_all(&i.to_le_bytes()));
    let digest = write_atomic(&path, pieces).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 400_000);
    assert_eq!(digest, Digest::of_file(&path).unwrap());
}

#[test]
fn a_failing_write_leaves_the_former_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "former").unwrap();
    let error = write_atomic(&path, |out| {
        out.write_all(&[0; 3_000_000])?;
        Err(IoError::other("the disk is on fire"))
    });
    assert_eq!(without_path(&error.unwrap_err(), &path), "cannot write the file: the disk is on fire");
    assert_eq!(std::fs::read(&path).unwrap(), b"former");
    assert_eq!(names_in(folder.path()), ["file"]);
}

#[test]
fn a_failing_first_write_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let error = write_atomic(&folder.path().join("file"), |_| Err(IoError::other("no"))).unwrap_err();
    assert!(matches!(error, Error::Io { action: "write the file", .. }));
    assert_eq!(names_in(folder.path()), Vec::<String>::new());
}

#[test]
fn a_former_file_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let provenance = Provenance::new("test", Seed::new(1));
    write(&path, &model(vec![1.0; 100]), &provenance).unwrap();
    write(&path, &model(vec![2.0]), &provenance).unwrap();
    assert_eq!(read::<Model>(&path).unwrap(), model(vec![2.0]));
    assert_eq!(names_in(folder.path()), ["model.safetensors"]);
}

#[test]
fn an_artifact_whose_shape_contradicts_its_data_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let mut model = model(vec![1.0; 4]);
    model.tensors.get_mut("w").unwrap().shape = vec![2, 3];
    let error = write(&path, &model, &Provenance::new("test", Seed::new(1))).unwrap_err();
    let expected = "not a valid safetensors file: invalid shape, data type, or offset for tensor";
    assert_eq!(without_path(&error, &path), expected);
    assert!(names_in(folder.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn a_file_is_readable_for_whom_the_umask_lets() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
    write_atomic(&ours, |out| out.write_all(b"x")).unwrap();
    std::fs::write(&plain, "x").unwrap();
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(ours), mode(plain));
}

#[test]
fn a_place_below_a_file_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let path = folder.path().join("file/below");
    let error = write_atomic(&path, |_| Ok(())).unwrap_err();
    assert!(without_path(&error, &path).starts_with("cannot write the file: "), "{error}");
}
