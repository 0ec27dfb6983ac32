use std::path::Path;

use fer_artifact::with_causes;
use fer_imgproc::Beside;
use fer_predict::{Crop, Found, Picture, PictureProblem, Recognizer};

/// What was seen in a file, or in a row of one: the faces, or why it could not be read.
pub(crate) struct Seen<'a> {
    pub(crate) path: &'a Path,
    /// The row of a CSV file, from 0.
    pub(crate) row: Option<u32>,
    pub(crate) outcome: Result<Vec<Crop>, String>,
}

impl<'a> Seen<'a> {
    /// Decodes a file and cuts out its faces; none if the picture has to be alone.
    pub(super) fn of(found: &'a Found, recognizer: &Recognizer, beside: Beside) -> Option<Self> {
        let outcome = match found {
            Found::File(path) => faces(Picture::open_beside(path, beside), recognizer)?,
            Found::Nothing(_, problem) => Err(problem.clone()),
        };
        Some(Self { path: found.path(), row: None, outcome })
    }

    pub(crate) fn crops(&self) -> &[Crop] {
        self.outcome.as_deref().unwrap_or_default()
    }
}

/// The faces of a picture, if it is one that could be decoded now.
pub(super) fn faces(
    picture: Result<Option<Picture>, PictureProblem>,
    recognizer: &Recognizer,
) -> Option<Result<Vec<Crop>, String>> {
    match picture {
        Ok(picture) => picture.map(|picture| Ok(recognizer.crops(picture))),
        Err(problem) => Some(Err(with_causes(&problem))),
    }
}
