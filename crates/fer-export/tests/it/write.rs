use std::fs;

use fer_artifact::{Model, read};
use fer_export::{Existing, Format};

use crate::{model, write_as};

#[test]
fn nothing_is_overwritten_unasked_and_refusals_leave_all_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Safetensors, Format::Onnx] {
        let out = folder.path().join(format.name());
        fs::write(&out, "something dear").unwrap();
        let message = write_as(&model(), &out, format, Existing::Keep).unwrap_err().to_string();
        assert_eq!(message, format!("{}: exists already; `--force` overwrites it", out.display()));
        assert_eq!(fs::read_to_string(&out).unwrap(), "something dear");
        let size = write_as(&model(), &out, format, Existing::Overwrite).unwrap();
        assert_eq!(size, fs::metadata(&out).unwrap().len());
    }
}

#[test]
fn a_folder_is_written_where_none_or_an_empty_one_stands() {
    let folder = tempfile::tempdir().unwrap();
    let hub = folder.path().join("a/hub");
    let size = write_as(&model(), &hub, Format::HuggingFace, Existing::Keep).unwrap();
    let mut files: Vec<_> = fs::read_dir(&hub).unwrap().map(|entry| entry.unwrap()).collect();
    files.sort_by_key(|file| file.file_name());
    let names: Vec<_> = files.iter().map(|file| file.file_name().into_string().unwrap()).collect();
    let expected = ["README.md", "config.json", "model.safetensors", "modeling_fer.py", "preprocessor_config.json"];
    assert_eq!(names, expected);
    assert_eq!(size, files.iter().map(|file| file.metadata().unwrap().len()).sum::<u64>());
    assert_eq!(read::<Model>(&hub.join("model.safetensors")).unwrap(), model());
    fs::write(hub.join("notes.txt"), "mine").unwrap();
    assert!(write_as(&model(), &hub, Format::HuggingFace, Existing::Keep).is_err(), "five files would be lost");
    write_as(&model(), &hub, Format::HuggingFace, Existing::Overwrite).unwrap();
    assert_eq!(fs::read_to_string(hub.join("notes.txt")).unwrap(), "mine");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    write_as(&model(), &empty, Format::HuggingFace, Existing::Keep).unwrap();
}

#[test]
fn a_folder_is_no_file_and_a_file_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = |out, format| write_as(&model(), out, format, Existing::Overwrite).unwrap_err().to_string();
    let message = format!("{}: expected a folder, found a file", file.display());
    assert_eq!(error(&file, Format::HuggingFace), message);
    let message = format!("{}: expected a file, found a folder", folder.path().display());
    assert_eq!(error(folder.path(), Format::Onnx), message);
}

#[test]
fn equal_models_give_equal_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |name: &str| {
        let out = folder.path().join(name);
        write_as(&model(), &out, Format::Onnx, Existing::Keep).unwrap();
        fs::read(out).unwrap()
    };
    assert!(bytes("one") == bytes("two"));
}
