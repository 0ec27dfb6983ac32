use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use fer_data::{Picture, write_png};

use super::font::{HEIGHT, WIDTH, glyph};
use super::look::{Place, Seen};
use super::top;

/// Yellow: it stands out from skin, sky, leaves and black and white.
const COLOUR: [u8; 3] = [255, 214, 0];
const INK: [u8; 3] = [0, 0, 0];
/// A letter is drawn one time larger for each so many pixels of the box's side.
const SIDE_PER_SCALE: usize = 48;

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
            let (class, probability) = top(classes, probabilities);
            canvas.face(place, &format!("{class} {:.0}%", 100.0 * probability));
        }
        write_png(&self.target(seen.path), &canvas.rgb, (canvas.height, canvas.width))?;
        Ok(())
    }

    /// `DIR/<path>.faces.png`, which is no picture's own name, without what leads out of the folder.
    fn target(&self, path: &Path) -> PathBuf {
        let inside = path.components().filter(|component| matches!(component, Component::Normal(_)));
        let mut target = self.folder.join(inside.collect::<PathBuf>()).into_os_string();
        target.push(".faces.png");
        target.into()
    }
}

/// A picture that is drawn on; what lies beyond its edges is left out.
struct Canvas {
    rgb: Vec<u8>,
    height: usize,
    width: usize,
}

impl Canvas {
    fn of(picture: Picture) -> Self {
        let (height, width) = picture.size();
        Self { rgb: picture.into_rgb(), height, width }
    }

    /// A frame around a face, and a label above it, or below if there is no room above.
    fn face(&mut self, place: &Place, label: &str) {
        let &Place { x, y, width, height, .. } = place;
        let scale = (width.max(height) / SIDE_PER_SCALE).clamp(1, 20);
        let line = (scale + 1).min(width).min(height);
        for (x, y, width, height) in [
            (x, y, width, line),
            (x, y + height - line, width, line),
            (x, y, line, height),
            (x + width - line, y, line, height),
        ] {
            self.fill(x, y, width, height, COLOUR);
        }
        let (label_height, label_width) = ((HEIGHT + 2) * scale, (label.chars().count() * (WIDTH + 1) + 1) * scale);
        let top = y.checked_sub(label_height).unwrap_or(y + height);
        let left = x.min(self.width.saturating_sub(label_width));
        self.fill(left, top, label_width, label_height, COLOUR);
        for (index, letter) in label.chars().enumerate() {
            self.letter(left + (index * (WIDTH + 1) + 1) * scale, top + scale, scale, letter);
        }
    }

    fn letter(&mut self, x: usize, y: usize, scale: usize, letter: char) {
        for (row, bits) in glyph(letter).into_iter().enumerate() {
            for column in (0..WIDTH).filter(|column| bits >> (WIDTH - 1 - column) & 1 == 1) {
                self.fill(x + column * scale, y + row * scale, scale, scale, INK);
            }
        }
    }

    fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, colour: [u8; 3]) {
        let (right, bottom) = ((x + width).min(self.width), (y + height).min(self.height));
        for row in y..bottom {
            for column in x..right {
                let at = 3 * (row * self.width + column);
                self.rgb[at..at + 3].copy_from_slice(&colour);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotated_picture_stays_in_the_folder_and_takes_no_pictures_name() {
        let annotator = Annotator { folder: "out".into() };
        let target = |path: &str| annotator.target(path.as_ref());
        assert_eq!(target("a.jpg"), Path::new("out/a.jpg.faces.png"));
        assert_eq!(target("../photographs/./a.png"), Path::new("out/photographs/a.png.faces.png"));
        assert_eq!(target("/home/me/a"), Path::new("out/home/me/a.faces.png"));
    }

    #[test]
    fn a_label_without_room_above_stands_below() {
        let mut canvas = Canvas { rgb: vec![9; 3 * 60 * 60], height: 60, width: 60 };
        canvas.face(&Place { x: 30, y: 3, width: 20, height: 20, score: 9.0 }, "I");
        let at = |x: usize, y: usize| &canvas.rgb[3 * (60 * y + x)..][..3];
        assert_eq!(at(30, 3), COLOUR);
        assert_eq!(at(31, 4), COLOUR, "two pixels wide");
        assert_eq!(at(32, 5), [9; 3]);
        assert_eq!(at(49, 22), COLOUR);
        assert_eq!(at(50, 22), [9; 3]);
        assert_eq!(at(30, 23), COLOUR, "the label's ground");
        assert_eq!(at(33, 26), INK, "the stroke of the I");
        assert_eq!(at(31, 27), COLOUR);
    }
}
