use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use fer_artifact::{visible, with_causes};
use fer_predict::{Face, Picture};

use crate::commands::pictures::{Canvas, Copies, Seen, Viewer, drawn_names};
use crate::terminal::to_stderr;

/// Draws boxes and labels into copies of pictures.
pub(super) struct Annotator {
    copies: Copies,
    /// What stands for each class.
    names: Vec<String>,
    /// Copies that could not be written.
    failed: AtomicUsize,
}

impl Annotator {
    /// Into this folder. A class whose letters the font lacks is drawn as its number, and that is said.
    pub(super) fn new(folder: &Path, viewer: &Viewer) -> Result<Self> {
        let names = drawn_names(viewer.recognizer.classes());
        Ok(Self { copies: viewer.copies(folder, "--annotate")?, names, failed: AtomicUsize::new(0) })
    }

    /// Writes a picture with its faces, once more decoded: to keep it until its faces are judged would take more memory
    /// than time is saved. One without faces is not written, nor is a row of a CSV file. A copy that cannot be written is
    /// named; the others are not held up.
    pub(super) fn annotate(&self, seen: &Seen<'_>, faces: &[Face]) {
        if faces.is_empty() || seen.row.is_some() {
            return;
        }
        if let Err(error) = self.write(seen.path, faces) {
            let path = seen.path.to_string_lossy();
            to_stderr(&format!("error: {}: no annotated copy: {}", visible(&path), with_causes(error.as_ref())));
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Copies that could not be written.
    pub(super) fn failed(&self) -> usize {
        self.failed.load(Ordering::Relaxed)
    }

    fn write(&self, path: &Path, faces: &[Face]) -> Result<()> {
        let mut canvas = Canvas::of(Picture::open(path).context("the picture cannot be read again")?);
        for face in faces {
            let Some(place) = &face.place else { continue };
            let class = face.top();
            canvas.face(place, &format!("{} {:.0} %", self.names[class], 100.0 * face.probabilities[class]));
        }
        canvas.write(&self.copies.make(path, ".faces.png")?)
    }
}
