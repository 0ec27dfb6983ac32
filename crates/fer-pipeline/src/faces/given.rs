//! Faces that are known already, as `fer predict --json` prints them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use fer_faces::Face;
use fer_imgproc::Shown;
use serde::Deserialize;

use crate::error::StageError;

/// The largest face of each row or picture.
pub(super) struct Given {
    rows: BTreeMap<u32, Face>,
    /// By the last part of the picture's path.
    pictures: BTreeMap<String, Vec<(PathBuf, Face)>>,
}

/// What counts of a line.
#[derive(Deserialize)]
struct Line {
    file: PathBuf,
    row: Option<u32>,
    r#box: Option<Rectangle>,
    landmarks: Option<[[f64; 2]; 5]>,
}

#[derive(Deserialize)]
struct Rectangle {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Line {
    /// The face, where the line has one.
    fn face(&self) -> Option<Face> {
        let (Rectangle { x, y, width, height }, landmarks) = (self.r#box.as_ref()?, self.landmarks?);
        Some(Face { x: *x, y: *y, width: *width, height: *height, landmarks, score: 1.0 })
    }
}

impl Given {
    pub(super) fn read(path: &Path) -> Result<Self, StageError> {
        let io = |source| fer_artifact::Error::Io { path: path.to_owned(), action: "read the faces", source };
        let (mut rows, mut pictures) = (BTreeMap::new(), BTreeMap::<String, Vec<_>>::new());
        let file = BufReader::new(File::open(path).map_err(io)?);
        for (line, number) in file.lines().zip(1_u64..) {
            let text = line.map_err(io)?;
            let line: Line = serde_json::from_str(&text).map_err(|error| {
                format!(
                    "{}, line {number}: expected a line of `fer predict --json` with `file`, `box` and `landmarks`: {error}",
                    path.display()
                )
            })?;
            let Some(face) = line.face() else { continue };
            match line.row {
                Some(row) => keep_larger(rows.entry(row).or_insert(face), face),
                None => {
                    let of_name = pictures.entry(name(&line.file)).or_default();
                    match of_name.iter_mut().find(|(path, _)| *path == line.file) {
                        Some((_, known)) => keep_larger(known, face),
                        None => of_name.push((line.file, face)),
                    }
                }
            }
        }
        Ok(Self { rows, pictures })
    }

    /// The face of an image, if one is given: of its picture, or else of its row.
    pub(super) fn face(&self, shown: &Shown<'_>) -> Option<Face> {
        let Some(origin) = shown.origin.map(Path::new) else { return self.rows.get(&shown.row).copied() };
        let mut of_name = self.pictures.get(&name(origin))?.iter();
        of_name.find(|(path, _)| path.ends_with(origin)).map(|(_, face)| *face)
    }
}

fn keep_larger(known: &mut Face, other: Face) {
    if other.width > known.width {
        *known = other;
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
