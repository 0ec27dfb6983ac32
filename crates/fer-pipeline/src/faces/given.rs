//! Faces that are known already, as `fer predict --json` prints them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use fer_artifact::{Size, open_regular};
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
        let file = BufReader::new(open_regular(path).map_err(io)?);
        for (line, number) in file.lines().zip(1_u64..) {
            let text = line.map_err(io)?;
            if text.trim().is_empty() {
                continue;
            }
            let line: Line = serde_json::from_str(&text).map_err(|error| {
                format!(
                    "{}, line {number}: expected a line of `fer predict --json` with `file`, `box` and `landmarks`: {error}",
                    path.display()
                )
            })?;
            let Some(face) = line.face() else { continue };
            check(&face).map_err(|reason| format!("{}, line {number}: {reason}", path.display()))?;
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
    ///
    /// # Errors
    /// A face that lies far from the image, and one of two pictures that may be meant.
    pub(super) fn face(&self, shown: &Shown<'_>) -> Result<Option<Face>, String> {
        let Some(origin) = shown.origin.map(Path::new) else {
            return self.rows.get(&shown.row).map(|face| near(face, shown.size)).transpose();
        };
        let of_name = self.pictures.get(&name(origin)).map_or(&[][..], Vec::as_slice);
        let meant: Vec<_> = of_name.iter().filter(|(path, _)| path.ends_with(origin)).collect();
        match meant[..] {
            [] => Ok(None),
            [(_, face)] => near(face, shown.size).map(Some),
            [(one, _), (other, _), ..] => Err(format!(
                "expected the faces of one picture of this name, found those of {} and {}",
                one.display(),
                other.display()
            )),
        }
    }
}

/// That a face has a size and lies somewhere.
fn check(face: &Face) -> Result<(), String> {
    let places = [face.x, face.y, face.width, face.height];
    let is_finite = places.iter().chain(face.landmarks.iter().flatten()).all(|place| place.is_finite());
    match is_finite && face.width > 0.0 && face.height > 0.0 {
        true => Ok(()),
        false => Err(format!("expected a box with a width and a height, found {} × {}", face.width, face.height)),
    }
}

/// The face, if it may be one of an image of this size: what lies far outside, or is far larger, belongs to another one.
fn near(face: &Face, size: Size) -> Result<Face, String> {
    let sides = [size.width() as f64, size.height() as f64];
    let is_near = |place: &[f64; 2]| (0..2).all(|axis| (-sides[axis]..=2.0 * sides[axis]).contains(&place[axis]));
    let longest = 2.0 * size.longer_side() as f64;
    match face.side() <= longest && face.landmarks.iter().all(is_near) {
        true => Ok(*face),
        false => Err(format!(
            "expected a face in an image of {size}, found a box of {} × {} with landmarks at {:?}; are its pixels those of \
             the image?",
            face.width, face.height, face.landmarks
        )),
    }
}

/// Of two faces the larger one.
fn keep_larger(known: &mut Face, other: Face) {
    if other.side() > known.side() {
        *known = other;
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
