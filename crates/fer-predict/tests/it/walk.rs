use std::path::Path;

use fer_predict::{Found, Walk};

fn put(folder: &Path, name: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, "").unwrap();
}

/// What a walk finds, as paths in the folder; with the problem behind those that are passed over.
fn walked(folder: &Path, given: &[&str], except: Option<&str>) -> Vec<String> {
    let given: Vec<_> = given.iter().map(|name| folder.join(name)).collect();
    let except = except.map(|name| folder.join(name));
    let name = |path: &Path| path.strip_prefix(folder).unwrap().display().to_string();
    let shown = |found: Found| match &found {
        Found::File(path) => name(path),
        Found::Nothing(path, problem) => format!("{}: {problem}", name(path)),
    };
    Walk::new(&given, except.as_deref()).map(shown).collect()
}

#[test]
fn paths_keep_their_order_and_folders_are_walked_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b/2.png", "b/10.png", "b/a/1.png", "a.png", ".hidden/x.png", "b/.x.png"] {
        put(folder.path(), name);
    }
    assert_eq!(walked(folder.path(), &["b", "a.png"], None), ["b/10.png", "b/2.png", "b/a/1.png", "a.png"]);
    assert_eq!(walked(folder.path(), &["b/.x.png"], None), ["b/.x.png"], "what is given is not left out");
}

#[test]
fn what_cannot_be_walked_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    assert_eq!(walked(folder.path(), &["empty", "nowhere"], None), ["empty: an empty folder", "nowhere"]);
}

#[test]
fn our_own_output_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "in/a.png");
    put(folder.path(), "in/out/a.png");
    assert_eq!(walked(folder.path(), &["in"], Some("in/out")), ["in/a.png"]);
    assert_eq!(walked(folder.path(), &["in"], Some("in/not-yet")), ["in/a.png", "in/out/a.png"]);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_is_followed_where_it_is_given_and_no_circle_is_walked() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "in/a.png");
    std::os::unix::fs::symlink(folder.path().join("in"), folder.path().join("in/again")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("in"), folder.path().join("link")).unwrap();
    let again = "in/again: a link to a folder, which is not followed";
    assert_eq!(walked(folder.path(), &["in"], None), ["in/a.png", again]);
    assert_eq!(walked(folder.path(), &["link"], None)[0], "link/a.png");
}
