use std::path::Path;

use anyhow::Result;
use fer_imgproc::write_png;
use fer_predict::{Picture, Place, Size};

use super::font::{HEIGHT, WIDTH, glyph};

/// Yellow: it stands out from skin, sky, leaves and black and white.
const COLOUR: [u8; 3] = [255, 214, 0];
const INK: [u8; 3] = [0, 0, 0];
/// A letter is drawn one time larger for each so many pixels of the box's side.
const SIDE_PER_SCALE: usize = 48;
/// Rows of a line of text in the smallest letters, with its margins.
pub(crate) const CAPTION: usize = HEIGHT + 4;

/// A picture that is drawn on; what lies beyond its edges is left out.
pub(crate) struct Canvas {
    rgb: Vec<u8>,
    height: usize,
    width: usize,
}

impl Canvas {
    /// White.
    pub(crate) fn blank(height: usize, width: usize) -> Self {
        Self { rgb: vec![255; 3 * height * width], height, width }
    }

    pub(crate) fn of(picture: Picture) -> Self {
        let (height, width) = (picture.size().height(), picture.size().width());
        Self { rgb: picture.into_rgb(), height, width }
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        Ok(write_png(path, &self.rgb, Size::new(self.height, self.width)?)?)
    }

    /// A frame around a face, and a label above it, or below if there is no room above.
    pub(crate) fn face(&mut self, place: &Place, label: &str) {
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
        self.text(left + scale, top + scale, scale, label);
    }

    /// A line of black letters, the first one's upper left corner at `x`, `y`, each of its pixels `scale` wide and high.
    pub(crate) fn text(&mut self, x: usize, y: usize, scale: usize, text: &str) {
        for (index, letter) in text.chars().enumerate() {
            self.letter(x + index * (WIDTH + 1) * scale, y, scale, letter);
        }
    }

    /// A picture of `width` pixels a row, RGB, with its upper left corner at `x`, `y`.
    pub(crate) fn paste(&mut self, x: usize, y: usize, width: usize, rgb: &[u8]) {
        let seen = 3 * width.min(self.width.saturating_sub(x));
        for (row, pixels) in rgb.chunks(3 * width).enumerate().take(self.height.saturating_sub(y)) {
            let at = 3 * ((y + row) * self.width + x);
            self.rgb[at..at + seen].copy_from_slice(&pixels[..seen]);
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
    fn a_label_without_room_above_stands_below() {
        let mut canvas = Canvas { rgb: vec![9; 3 * 60 * 60], height: 60, width: 60 };
        canvas.face(&Place { x: 30, y: 3, width: 20, height: 20, score: 0.9, landmarks: [[0.0; 2]; 5] }, "I");
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

    #[test]
    fn what_is_pasted_beyond_the_edge_is_left_out() {
        let mut canvas = Canvas::blank(3, 3);
        canvas.paste(2, 1, 2, &[7; 3 * 2 * 4]);
        let at = |x: usize, y: usize| canvas.rgb[3 * (3 * y + x)];
        assert_eq!([at(2, 0), at(2, 1), at(2, 2), at(1, 1), at(0, 2)], [255, 7, 7, 255, 255]);
    }
}
