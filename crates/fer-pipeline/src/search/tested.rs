//! Which trials were scored on test, in whatever shape the search had then.

use std::fs::{self, DirEntry};
use std::io::ErrorKind;
use std::path::Path;

use fer_artifact::names::METRICS;

use super::unit::trial_of;
use crate::Error;
use crate::run_folder::folder::io;

/// The trials whose scores lie in a run folder among these, once for each such folder: a search that grew, or was made
/// smaller, may have left scores of a trial that it no longer draws, or no longer trains for as long.
///
/// # Errors
/// A folder that cannot be read.
pub(super) fn tested(cells: &Path) -> Result<Vec<usize>, Error> {
    let mut tested = vec![];
    for folder in entries(cells)? {
        let trial = folder.file_name().to_str().and_then(trial_of);
        if let Some(trial) = trial
            && entries(&folder.path())?.iter().any(|stage| stage.path().join(METRICS).is_file())
        {
            tested.push(trial);
        }
    }
    tested.sort_unstable();
    Ok(tested)
}

/// What lies in a folder; nothing in one that is not there.
fn entries(folder: &Path) -> Result<Vec<DirEntry>, Error> {
    match fs::read_dir(folder).and_then(Iterator::collect) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(vec![]),
        other => other.map_err(io(folder, "read the folder")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_of_a_trial_counts() {
        let folder = tempfile::tempdir().unwrap();
        assert!(tested(&folder.path().join("cells")).unwrap().is_empty());
        let scored = [
            "trial-0011",
            "trial-0002-epochs-0006",
            "trial-0002-epochs-0018",
            "trial-0003-epochs-0018-seed-7",
            "trial-0005-seed-7",
            "trial-10000",
            "seed=1",
        ];
        for name in scored {
            fs::create_dir_all(folder.path().join(name).join("evaluate")).unwrap();
            fs::write(folder.path().join(name).join("evaluate").join(METRICS), "{}").unwrap();
        }
        fs::create_dir_all(folder.path().join("trial-0006/evaluate")).unwrap();
        fs::write(folder.path().join("trial-0004"), "no folder").unwrap();
        assert_eq!(tested(folder.path()).unwrap(), [2, 2, 3, 5, 11, 10000]);
    }
}
