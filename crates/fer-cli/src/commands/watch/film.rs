use std::path::Path;

use fer_artifact::{visible, with_causes};
use fer_predict::Picture;
use fer_video::{Encoder, Error, Facts, Input, Selection, TrackedFace};

use crate::commands::pictures::{Canvas, drawn_names};
use crate::terminal::to_stderr;

/// Draws boxes and labels into a copy of the video. One that cannot be written on is named, and holds nothing else up.
pub(super) struct Film<'a> {
    encoder: Option<Encoder>,
    /// Whether to stop, which is asked where much is to be written at once.
    stop: &'a dyn Fn() -> bool,
    /// What stands for each class.
    names: Vec<String>,
}

impl<'a> Film<'a> {
    pub(super) fn start(
        path: &Path,
        input: &Input,
        facts: &Facts,
        selection: &Selection,
        classes: &[String],
        stop: &'a dyn Fn() -> bool,
    ) -> Result<Self, Error> {
        let encoder = Encoder::start(path, input, facts, selection)?;
        Ok(Self { encoder: Some(encoder), stop, names: drawn_names(classes) })
    }

    pub(super) fn frame(&mut self, picture: Picture, time: f64, faces: &[TrackedFace]) {
        let Some(encoder) = &mut self.encoder else { return };
        let mut canvas = Canvas::of(picture);
        for face in faces {
            let class = face.top();
            let number = face.number.unwrap_or_default();
            canvas.face(&face.place, &format!("{number} {} {:.0} %", self.names[class], 100.0 * face.smoothed[class]));
        }
        if let Err(error) = encoder.push(time, canvas.into_rgb(), self.stop) {
            self.fail(&error);
        }
    }

    /// Whether the video was written.
    pub(super) fn finish(mut self) -> bool {
        let Some(encoder) = self.encoder.take() else { return false };
        match encoder.finish() {
            Ok(None) => true,
            Ok(Some(reason)) => {
                to_stderr(&format!("warning: the annotated video has no sound: {}", visible(&reason)));
                true
            }
            Err(error) => {
                self.fail(&error);
                false
            }
        }
    }

    fn fail(&mut self, error: &Error) {
        to_stderr(&format!("error: no annotated video: {}", with_causes(error)));
        self.encoder = None;
    }
}
