use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fer_imgproc::Picture;

use crate::commands::pictures::{Canvas, Place, Seen, target, top};

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
    /// than time is saved. One without faces is not written.
    pub(super) fn annotate(&self, seen: &Seen<'_>, probabilities: &[Vec<f64>], classes: &[String]) -> Result<()> {
        let places: Vec<&Place> = seen.crops().iter().filter_map(|crop| crop.place.as_ref()).collect();
        if places.is_empty() {
            return Ok(());
        }
        let picture = Picture::open(seen.path).with_context(|| seen.path.display().to_string())?;
        let mut canvas = Canvas::of(picture);
        for (place, probabilities) in places.into_iter().zip(probabilities) {
            let class = top(probabilities);
            canvas.face(place, &format!("{} {:.0}%", classes[class], 100.0 * probabilities[class]));
        }
        canvas.write(&target(&self.folder, seen.path, ".faces.png"))
    }
}
