use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fer_predict::{Face, Picture};

use crate::commands::pictures::{Canvas, Seen, target};

/// Draws boxes and labels into copies of pictures.
pub(super) struct Annotator {
    folder: PathBuf,
}

impl Annotator {
    pub(super) fn new(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("{}: cannot make the folder", folder.display()))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Writes a picture with its faces, once more decoded: to keep it until its faces are judged would take more memory
    /// than time is saved. One without faces is not written, nor is a row of a CSV file.
    pub(super) fn annotate(&self, seen: &Seen<'_>, faces: &[Face], classes: &[String]) -> Result<()> {
        if faces.is_empty() || seen.row.is_some() {
            return Ok(());
        }
        let picture = Picture::open(seen.path).with_context(|| seen.path.display().to_string())?;
        let mut canvas = Canvas::of(picture);
        for face in faces {
            let Some(place) = &face.place else { continue };
            let class = face.top();
            canvas.face(place, &format!("{} {:.0}%", classes[class], 100.0 * face.probabilities[class]));
        }
        canvas.write(&target(&self.folder, seen.path, ".faces.png"))
    }
}
