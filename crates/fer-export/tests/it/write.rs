use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fer_artifact::{Model, read};
use fer_export::{Existing, Format, Precision};

use crate::{model, write_as, write_in};

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
fn a_weight_that_16_bits_cannot_hold_leaves_all_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut large = model();
    large.tensors.get_mut("fc.weight").unwrap().data[2] = 1e5;
    for format in Format::ALL {
        let out = folder.path().join(format.name());
        let refused = |existing| write_in(Precision::Half, &large, &out, format, existing).unwrap_err().to_string();
        let file = if format == Format::HuggingFace { out.join("model.safetensors") } else { out.clone() };
        let message = "fc.weight[2]: expected a number that 16 bits can hold, up to 65504, found 100000";
        assert_eq!(refused(Existing::Keep), format!("{}: {message}", file.display()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{format}");
        write_as(&model(), &out, format, Existing::Keep).unwrap();
        let former = contents(&out);
        refused(Existing::Overwrite);
        assert!(contents(&out) == former, "{format}");
        if out.is_dir() { fs::remove_dir_all(&out).unwrap() } else { fs::remove_file(&out).unwrap() }
    }
}

/// Of a file, or of all files in a folder.
fn contents(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files: Vec<PathBuf> = match path.is_dir() {
        true => fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect(),
        false => vec![path.to_owned()],
    };
    files.into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}

#[test]
fn a_folder_that_cannot_take_every_file_takes_none() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("model.safetensors");
    fs::create_dir(&taken).unwrap();
    let error = write_as(&model(), folder.path(), Format::HuggingFace, Existing::Overwrite).unwrap_err().to_string();
    assert!(error.ends_with("model.safetensors: expected a file, found a folder"), "{error}");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [taken]);
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_what_is_no_file_is_refused() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("file"), "former").unwrap();
    symlink(path("file"), path("link")).unwrap();
    write_as(&model(), &path("link"), Format::Safetensors, Existing::Overwrite).unwrap();
    assert!(path("link").is_symlink());
    assert_eq!(read::<Model>(&path("file")).unwrap(), model());

    symlink(path("nothing"), path("astray")).unwrap();
    symlink("/dev/null", path("device")).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
    let refused = |name: &str, format| {
        let error = write_as(&model(), &path(name), format, Existing::Overwrite).unwrap_err().to_string();
        error.strip_prefix(&format!("{}: expected ", path(name).display())).unwrap().to_owned()
    };
    assert_eq!(refused("astray", Format::Onnx), "a file, found a link that leads nowhere");
    assert_eq!(refused("astray", Format::HuggingFace), "a folder, found a link that leads nowhere");
    assert_eq!(refused("device", Format::Onnx), "a file, found a device");
    assert_eq!(refused("socket", Format::Safetensors), "a file, found a socket");
    assert!(!path("nothing").exists());
    drop(socket);
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
