//! Paths as people read them.

use std::path::{Component, Path, PathBuf};

/// The path without `.`, and without `folder/..` where that names the same place: after a link `..` leads elsewhere
/// and stays.
///
/// ```
/// use std::path::Path;
/// use fer_artifact::tidy;
/// assert_eq!(tidy(Path::new("pipelines/../runs/./seed")), Path::new("runs/seed"));
/// assert_eq!(tidy(Path::new("../data")), Path::new("../data"));
/// assert_eq!(tidy(Path::new("runs/..")), Path::new("."));
/// ```
pub fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if ends_in_a_folder(&tidy) => drop(tidy.pop()),
            other => tidy.push(other),
        }
    }
    if tidy.as_os_str().is_empty() { PathBuf::from(".") } else { tidy }
}

/// The folder in which a path lies: that of `list.csv` is the current one, not the empty one.
///
/// ```
/// use std::path::Path;
/// use fer_artifact::folder_of;
/// assert_eq!(folder_of(Path::new("data/list.csv")), Path::new("data"));
/// assert_eq!(folder_of(Path::new("list.csv")), Path::new("."));
/// ```
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn ends_in_a_folder(path: &Path) -> bool {
    matches!(path.components().next_back(), Some(Component::Normal(_))) && !path.is_symlink()
}
