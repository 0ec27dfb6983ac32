//! What a header, a record or a name may ask for: each bound, and one beyond.

use fer_artifact::{LONGEST_NAME, Model, RECORD, TABLE, no_class_name, read, read_regular, read_regular_text};
use serde_json::json;

use crate::raw;

#[test]
fn a_file_is_read_up_to_its_bound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    std::fs::write(&path, "12345").unwrap();
    assert_eq!(read_regular(&path, 5).unwrap(), b"12345");
    assert_eq!(read_regular(&path, 4).unwrap_err().to_string(), "expected at most 4 bytes, found more");
    assert_eq!(read_regular_text(&path, 5).unwrap(), "12345");
    std::fs::write(&path, [0xFF]).unwrap();
    assert_eq!(read_regular_text(&path, 5).unwrap_err().to_string(), "expected text in UTF-8, found other bytes");
    let missing = read_regular(&folder.path().join("b"), 5).unwrap_err();
    assert_eq!(missing.kind(), std::io::ErrorKind::NotFound);
    // Of holes, which take no room on the disk.
    let file = std::fs::File::create(&path).unwrap();
    for most in [RECORD, TABLE] {
        file.set_len(most).unwrap();
        assert_eq!(read_regular(&path, most).unwrap().len() as u64, most);
        file.set_len(most + 1).unwrap();
        let told = format!("expected at most {most} bytes, found more");
        assert_eq!(read_regular(&path, most).unwrap_err().to_string(), told);
    }
}

#[test]
fn a_header_has_so_many_values_and_no_more() {
    // One, and one for each `{`, `[` and `,` outside of text: 1 + 1 + 2 + 4, and the commas of the last list.
    let text = |values: usize| {
        let params = format!("[{}0]", "0,".repeat(values - 8));
        format!(r#"{{"kind":"model","schema":1,"classes":["a"],"network":null,"params":{params}}}"#)
    };
    let most = 1 << 19;
    // The bytes within text do not count: the text is a value of the outer header.
    assert!(read::<Model>(&raw::file(&text(most), &[]).path()).is_ok());
    let refusal = raw::file(&text(most + 1), &[]).refusal::<Model>();
    assert!(refusal.contains("expected a header of at most 524288 values, found 524289"), "{refusal}");
    let tensors = format!(r#"{{"a":[{}0]}}"#, "0,".repeat(most + 1));
    let bytes = [&(tensors.len() as u64).to_le_bytes()[..], tensors.as_bytes()].concat();
    let refusal = raw::RawFile::of(&bytes).refusal::<Model>();
    assert!(refusal.contains("expected a header of at most 524288 values"), "{refusal}");
}

#[test]
fn a_name_of_a_class_is_short_and_shows_all_of_itself() {
    assert_eq!(no_class_name(&"é".repeat(LONGEST_NAME)), None);
    let told = no_class_name(&"é".repeat(LONGEST_NAME + 1)).unwrap();
    assert_eq!(told, "expected names of classes of at most 200 characters, found one of 201");
    for name in ["a\0", "a\nb", "\u{1b}[31m", "\u{202E}a", "\u{7f}"] {
        let header = json!({"kind": "model", "schema": 1, "classes": [name], "network": null}).to_string();
        let refusal = raw::file(&header, &[]).refusal::<Model>();
        assert!(refusal.contains("expected a name without control characters, found `"), "{refusal}");
        assert!(!refusal.contains(name), "{refusal:?}");
    }
}

#[cfg(unix)]
mod owned {
    use std::io::Write;
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, lchown, symlink};
    use std::path::Path;
    use std::process::Command;

    use fer_artifact::{
        are_folders, check_place, is_link_of_others, make_folders, open_lock, open_log, write_atomic, write_owned,
    };

    /// A user who runs no test.
    const OTHER: u32 = 54_321;

    #[test]
    fn what_is_no_file_is_not_replaced_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, link) = (folder.path().join("pipe"), folder.path().join("link"));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        symlink(&pipe, &link).unwrap();
        for path in [&pipe, &link] {
            let error = write_atomic(path, |out| out.write_all(b"bytes")).unwrap_err();
            let told = std::error::Error::source(&error).unwrap().to_string();
            assert_eq!(told, "expected a file, found a pipe");
            assert_eq!(check_place(path).unwrap_err().to_string(), told);
        }
        assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo() && link.is_symlink());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_is_opened_is_no_link_and_keeps_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (own, other) = (folder.path().join("own"), folder.path().join("other"));
        std::fs::write(&other, "other").unwrap();
        drop(open_lock(&own).unwrap());
        // Bits to read lie one above those to write, and none of them is without.
        let mode = std::fs::metadata(&own).unwrap().permissions().mode() & 0o077;
        assert_eq!((mode & 0o044) >> 1, mode & 0o022, "{mode:o}");
        std::fs::write(&own, "own").unwrap();
        drop(open_lock(&own).unwrap());
        open_log(&own).unwrap().write_all(b", and more").unwrap();
        assert_eq!(std::fs::read_to_string(&own).unwrap(), "own, and more");
        write_owned(&own, b"new").unwrap();
        assert_eq!(std::fs::read_to_string(&own).unwrap(), "new");
        std::fs::remove_file(&own).unwrap();
        std::fs::hard_link(&other, &own).unwrap();
        assert_eq!(
            open_log(&own).unwrap_err().to_string(),
            "expected a file of one name, found one of 2 names (hard links)"
        );
        write_owned(&own, b"new").unwrap();
        assert_eq!(std::fs::read_to_string(&own).unwrap(), "new");
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "other");
        for target in [other.clone(), folder.path().join("nowhere")] {
            std::fs::remove_file(&own).unwrap();
            symlink(target, &own).unwrap();
            let told = "expected a file, found a link";
            assert_eq!(open_lock(&own).unwrap_err().to_string(), told);
            assert_eq!(open_log(&own).unwrap_err().to_string(), told);
            assert_eq!(write_owned(&own, b"new").unwrap_err().to_string(), told);
        }
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "other");
        assert!(!folder.path().join("nowhere").exists());
    }

    #[test]
    fn folders_are_made_through_no_link_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        assert!(make_folders(&root, "a/b".as_ref()).unwrap().is_dir() && are_folders(&root, "a/b".as_ref()));
        make_folders(&root, "a/b".as_ref()).unwrap();
        symlink(folder.path(), root.join("a/link")).unwrap();
        assert!(!is_link_of_others(&root.join("a/link")) && are_folders(&root, "a/link".as_ref()));
        assert!(make_folders(&root, "a/link/own".as_ref()).is_ok() && folder.path().join("own").is_dir());
        symlink("nowhere", root.join("a/lost")).unwrap();
        std::fs::write(root.join("a/file"), "").unwrap();
        for (name, found) in [("lost", "a link that leads nowhere"), ("file", "a file")] {
            let told = format!("expected `{}` to be a folder, found {found}", root.join("a").join(name).display());
            assert_eq!(make_folders(&root, &Path::new("a").join(name)).unwrap_err().to_string(), told);
        }
        for below in ["../c", "a/../../c", "/c"] {
            let other = if below == "/c" { "/" } else { ".." };
            let told = format!("expected names of folders in `{below}`, found `{other}`");
            assert_eq!(make_folders(&root, below.as_ref()).unwrap_err().to_string(), told);
        }
        if lchown(root.join("a/link"), Some(OTHER), None).is_err() {
            #[expect(clippy::print_stderr, reason = "whoever runs the tests is told")]
            {
                eprintln!("left out: only root can give a link to another user");
            }
            return;
        }
        let error = make_folders(&root, "a/link/c".as_ref()).unwrap_err().to_string();
        assert!(
            error.starts_with("expected `")
                && error.ends_with("a/link` to be a folder, found a link of another user's"),
            "{error}"
        );
        assert!(!folder.path().join("c").exists() && !are_folders(&root, "a/link".as_ref()));
        // The root is the user's own word.
        symlink(&root, folder.path().join("same")).unwrap();
        assert!(are_folders(&folder.path().join("same"), "a/b".as_ref()));
    }
}
