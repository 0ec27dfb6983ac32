//! Links in the places of the program's own folders. Another user who prepared a run folder may have put them there to have the
//! program write or remove something elsewhere: they are refused, not followed. Links of the user who runs the program lead to more
//! room, or to wherever they are meant to lead.

use std::fs;
use std::io::{Error as IoError, ErrorKind};
use std::path::{Path, PathBuf};

use fer_artifact::is_link_of_others;

use crate::run_folder::checkpoints::CHECKPOINTS;
use crate::run_folder::folder::{CELLS, CLAIMS, JOBS, io};
use crate::run_folder::live::live_folder;
use crate::run_folder::store::STORE;
use crate::{Error, StageName};

/// Fails if a folder of these stages, or of the run's own, is a link of another user's.
pub(crate) fn refuse(run_dir: &Path, stages: &[StageName]) -> Result<(), Error> {
    let store = run_dir.join(STORE);
    let cells = run_dir.join(CELLS);
    for folder in [&run_dir.join(JOBS), &cells, &cells.join(CLAIMS)] {
        check(folder)?;
    }
    for folder in std::iter::once(store.clone()).chain(stages.iter().map(|stage| run_dir.join(stage.as_str()))) {
        check(&folder)?;
    }
    for stage in stages {
        let (own, kept) = (run_dir.join(stage.as_str()), store.join(stage.as_str()));
        let checkpoints = own.join(CHECKPOINTS);
        for folder in [live_folder(&own), checkpoints.clone(), kept.clone()] {
            check(&folder)?;
        }
        for folder in below(&checkpoints).into_iter().chain(below(&kept)) {
            check(&folder)?;
        }
    }
    Ok(())
}

fn below(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Fails for somebody else's link in the place of a folder. What is not there is made later, and what is a file is in nobody's way.
fn check(folder: &Path) -> Result<(), Error> {
    match is_link_of_others(folder) {
        false => Ok(()),
        true => {
            let found = IoError::new(
                ErrorKind::InvalidInput,
                "expected a folder of the program's own, found a link of another user's",
            );
            Err(io(folder, "use it")(found))
        }
    }
}
