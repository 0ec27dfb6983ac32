//! Where the pipeline file of a run stands, to which the paths in its configuration are relative.

use std::path::{Component, Path, PathBuf, absolute};

use fer_artifact::{RECORD, read_regular_text, tidy, write_atomic};

use crate::Error;
use crate::error::Place;
use crate::run_folder::folder::{CONFIG_FILE, is_run};

/// Holds the path from the run folder to the folder of its pipeline file.
pub(crate) const ORIGIN_FILE: &str = ".origin";

/// A pipeline file, and what its paths mean.
pub(crate) struct Origin {
    pub(crate) file: PathBuf,
    /// The folder that its paths are relative to.
    pub(crate) base: PathBuf,
    /// The run folder, of a configuration that stands in one.
    pub(crate) run_dir: Option<PathBuf>,
}

impl Origin {
    /// Of a pipeline file, of a run folder, or of the configuration in one.
    pub(crate) fn of(path: &Path) -> Result<Self, Error> {
        let folder = path.parent().unwrap_or(Path::new(""));
        if path.is_dir() {
            let base = base(path).ok_or_else(|| refusal(path))?;
            return Ok(Self { file: path.join(CONFIG_FILE), base, run_dir: Some(path.to_owned()) });
        }
        let is_configuration = path.file_name().is_some_and(|name| name == CONFIG_FILE);
        let (base, run_dir) = match base(folder).filter(|_| is_configuration) {
            Some(base) => (base, Some(tidy(folder))),
            None => (folder.to_owned(), None),
        };
        Ok(Self { file: path.to_owned(), base, run_dir })
    }
}

/// The folder of the pipeline file that a run folder was last started with, if it says so.
pub(crate) fn base(run_dir: &Path) -> Option<PathBuf> {
    let way = read_regular_text(&run_dir.join(ORIGIN_FILE), RECORD).ok()?;
    Some(tidy(&run_dir.join(way.strip_suffix('\n')?)))
}

/// Has the run folder say where its pipeline file stands, unless it does.
pub(crate) fn note_base(run_dir: &Path, base: &Path) -> Result<(), Error> {
    let (path, way) = (run_dir.join(ORIGIN_FILE), way(run_dir, base));
    let text = format!("{}\n", way.to_string_lossy());
    if read_regular_text(&path, RECORD).ok().as_deref() != Some(&text) {
        write_atomic(&path, |out| out.write_all(text.as_bytes()))?;
    }
    Ok(())
}

fn refusal(folder: &Path) -> Error {
    let message = match is_run(folder) {
        true => {
            "this run does not say where its pipeline file stands, as earlier versions' runs do not; run that file once"
                .to_owned()
        }
        false => {
            let folder = folder.display();
            format!(
                "expected a pipeline file or a run folder, found a folder; `fer init {folder}` writes a pipeline file for \
                 faces in it"
            )
        }
    };
    Error::invalid(Place::File(folder.to_owned()), message)
}

/// The path that leads from one folder to another, through no link: it holds as long as both are moved together.
fn way(from: &Path, to: &Path) -> PathBuf {
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
