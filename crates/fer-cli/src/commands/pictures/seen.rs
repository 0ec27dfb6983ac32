use std::path::Path;

use fer_artifact::with_causes;
use fer_predict::{Crop, Found, Picture, Recognizer};

/// What was seen in a file, or in a row of one: the faces, or why it could not be read.
pub(crate) struct Seen<'a> {
    pub(crate) path: &'a Path,
    /// The row of a CSV file, from 0.
    pub(crate) row: Option<u32>,
    pub(crate) outcome: Result<Vec<Crop>, String>,
}

impl<'a> Seen<'a> {
    /// Decodes a file and cuts out its faces.
    pub(super) fn of(found: &'a Found, recognizer: &Recognizer) -> Self {
        let outcome = match found {
            Found::File(path) => match Picture::open(path) {
                Ok(picture) => Ok(recognizer.crops(picture)),
                Err(problem) => Err(with_causes(&problem)),
            },
            Found::Nothing(_, problem) => Err(problem.clone()),
        };
        Self { path: found.path(), row: None, outcome }
    }

    pub(crate) fn crops(&self) -> &[Crop] {
        self.outcome.as_deref().unwrap_or_default()
    }
}
