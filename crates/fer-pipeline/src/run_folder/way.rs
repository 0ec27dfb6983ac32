use std::path::{Component, Path, PathBuf, absolute};

use fer_artifact::tidy;

/// The path that leads from one folder to another, through no link: it holds as long as both are moved together.
pub(crate) fn way(from: &Path, to: &Path) -> PathBuf {
    let (from, to) = (real(from), real(to));
    let [from_parts, to_parts] = [&from, &to].map(|path| path.components().collect::<Vec<_>>());
    let common = from_parts.iter().zip(&to_parts).take_while(|(one, other)| one == other).count();
    if common == 0 {
        return to;
    }
    let up = from_parts[common..].iter().map(|_| Component::ParentDir);
    tidy(&up.chain(to_parts[common..].iter().copied()).collect::<PathBuf>())
}

/// The folder's place in the file system; of one that is not there, as far as its name tells.
fn real(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().or_else(|_| absolute(path)).map_or_else(|_| tidy(path), |path| tidy(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_leads_up_and_down() {
        let folder = tempfile::tempdir().unwrap();
        let path = |relative: &str| folder.path().join(relative);
        std::fs::create_dir_all(path("a/runs/x")).unwrap();
        assert_eq!(way(&path("a/runs/x"), &path("a")), Path::new("../.."));
        assert_eq!(way(&path("a/runs/x"), &path("b/c")), Path::new("../../../b/c"));
        assert_eq!(way(&path("a"), &path("a/runs")), Path::new("runs"));
        assert_eq!(way(&path("a"), &path("a")), Path::new("."));
    }

    #[cfg(unix)]
    #[test]
    fn a_way_passes_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let path = |relative: &str| folder.path().join(relative);
        std::fs::create_dir_all(path("disk/runs")).unwrap();
        std::fs::create_dir_all(path("home/project")).unwrap();
        std::os::unix::fs::symlink(path("disk/runs"), path("home/project/runs")).unwrap();
        std::fs::create_dir(path("home/project/runs/x")).unwrap();
        let way = way(&path("home/project/runs/x"), &path("home/project"));
        assert_eq!(way, Path::new("../../../home/project"));
        let back = tidy(&path("home/project/runs/x").join(way));
        assert_eq!(back.canonicalize().unwrap(), path("home/project").canonicalize().unwrap());
    }
}
