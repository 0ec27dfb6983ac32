use std::path::Path;

use fer_artifact::with_causes;
use fer_data::{Cell, TableFile};
use fer_video::TrackedFace;

use super::columns::{Moment, columns, of_face, of_problem};
use crate::terminal::to_stderr;

/// The table of `--parquet`. One that cannot be written on is named, and holds nothing else up.
pub(super) struct Table {
    file: Option<TableFile>,
    classes: Vec<String>,
}

impl Table {
    pub(super) fn begin(path: &Path, classes: &[String]) -> Self {
        Self { file: Some(TableFile::begin(path, &columns(classes))), classes: classes.to_vec() }
    }

    /// A frame's faces; one without says so.
    pub(super) fn frame(&mut self, moment: Moment, faces: &[TrackedFace]) {
        if faces.is_empty() {
            return self.problem(Some(moment), "no face");
        }
        let Self { file, classes } = self;
        faces.iter().for_each(|face| push(file, &of_face(moment, face, classes)));
    }

    /// What went wrong at a frame.
    pub(super) fn problem(&mut self, moment: Option<Moment>, problem: &str) {
        push(&mut self.file, &of_problem(moment, problem, &self.classes));
    }

    /// Whether the table was written.
    pub(super) fn finish(self) -> bool {
        self.file.is_some_and(|file| file.finish().map_err(|error| tell(&error)).is_ok())
    }
}

fn push(file: &mut Option<TableFile>, cells: &[Cell<'_>]) {
    if let Some(Err(error)) = file.as_mut().map(|file| file.push(cells)) {
        tell(&error);
        *file = None;
    }
}

fn tell(error: &fer_data::Error) {
    to_stderr(&format!("error: no table: {}", with_causes(error)));
}
