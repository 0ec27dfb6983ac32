use std::path::Path;

use anyhow::Result;
use fer_imgproc::write_png;
use fer_predict::{Picture, Place, Size};

use super::font::Letters;

/// Yellow: it stands out from skin, sky, leaves and black and white.
const COLOUR: [u8; 3] = [255, 214, 0];
const INK: [u8; 3] = [0, 0, 0];
/// Lines and letters grow with the picture: a letter's line is a so manieth of the picture's shorter side high, a line
/// around a face a so manieth thick.
const LETTERS: usize = 28;
const LINES: usize = 240;
/// The smallest letters that can be read.
const SMALLEST: usize = 11;

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

    /// Red, green and blue of its pixels, row by row.
    #[cfg(feature = "faces")]
    pub(crate) fn into_rgb(self) -> Vec<u8> {
        self.rgb
    }

    /// A frame around a face, and a label above it; below where there is no room above, and within the frame where there is
    /// none below either.
    pub(crate) fn face(&mut self, place: &Place, label: &str) {
        let &Place { x, y, width, height, .. } = place;
        let shorter = self.width.min(self.height);
        let line = (shorter / LINES + 1).min(width).min(height);
        for (x, y, width, height) in [
            (x, y, width, line),
            (x, y + height - line, width, line),
            (x, y, line, height),
            (x + width - line, y, line, height),
        ] {
            self.fill(x, y, width, height, COLOUR);
        }
        let (size, label_width) = self.fitting(label, shorter / LETTERS);
        let label_height = size + 2 * line;
        let above = y.checked_sub(label_height);
        let top = above.unwrap_or(if y + height + label_height <= self.height { y + height } else { y });
        let left = x.min(self.width.saturating_sub(label_width + 2 * line));
        self.fill(left, top, label_width + 2 * line, label_height, COLOUR);
        self.text(left + line, top + line, size, label);
    }

    /// The height of letters, at most `wanted`, with which a text fits into the picture's width, and the text's width.
    fn fitting(&self, text: &str, wanted: usize) -> (usize, usize) {
        let mut size = wanted.max(SMALLEST);
        loop {
            let width = Letters::new(size).width(text);
            if width < self.width || size <= SMALLEST / 2 {
                return (size, width);
            }
            size -= 1;
        }
    }

    /// A line of black text of this height, with its upper left corner at `x`, `y`.
    pub(crate) fn text(&mut self, x: usize, y: usize, height: usize, text: &str) {
        let (rows, columns) = (self.height, self.width);
        Letters::new(height).draw(text, |column, row, ink| {
            let (column, row) = (x + column, y + row);
            if column < columns && row < rows {
                let at = 3 * (row * columns + column);
                for (pixel, to) in self.rgb[at..at + 3].iter_mut().zip(INK) {
                    *pixel = (f32::from(*pixel) * (1.0 - ink) + f32::from(to) * ink).round() as u8;
                }
            }
        });
    }

    /// A picture of `width` pixels a row, RGB, with its upper left corner at `x`, `y`.
    pub(crate) fn paste(&mut self, x: usize, y: usize, width: usize, rgb: &[u8]) {
        let seen = 3 * width.min(self.width.saturating_sub(x));
        for (row, pixels) in rgb.chunks(3 * width).enumerate().take(self.height.saturating_sub(y)) {
            let at = 3 * ((y + row) * self.width + x);
            self.rgb[at..at + seen].copy_from_slice(&pixels[..seen]);
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

    fn drawn(height: usize, width: usize, [x, y, side]: [usize; 3], label: &str) -> Canvas {
        let mut canvas = Canvas { rgb: vec![9; 3 * height * width], height, width };
        canvas.face(&Place { x, y, width: side, height: side, score: 0.9, landmarks: [[0.0; 2]; 5] }, label);
        canvas
    }

    /// Rows and columns of a picture that hold the label's ground or ink beyond the frame.
    fn marked(canvas: &Canvas, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> usize {
        let at = |row: usize, column: usize| &canvas.rgb[3 * (canvas.width * row + column)..][..3];
        rows.flat_map(|row| columns.clone().map(move |column| (row, column)))
            .filter(|&(row, column)| at(row, column) != [9; 3])
            .count()
    }

    #[test]
    fn a_label_stands_above_or_below_or_within_and_never_beyond_the_picture() {
        let above = drawn(200, 200, [50, 60, 80], "glad 97 %");
        assert!(marked(&above, 40..60, 50..100) > 300 && marked(&above, 140..200, 0..200) == 0);
        let below = drawn(200, 200, [50, 3, 80], "glad 97 %");
        assert!(marked(&below, 83..103, 50..100) > 300 && marked(&below, 0..3, 0..200) == 0);
        let within = drawn(100, 100, [0, 0, 100], "glad 97 %");
        assert!(marked(&within, 2..12, 2..40) > 200 && marked(&within, 60..98, 5..95) == 0);
        let right = drawn(200, 200, [180, 60, 20], "glad 97 %");
        assert!(marked(&right, 45..60, 195..200) > 40, "moved to the left as far as it must be");
        let narrow = drawn(100, 60, [5, 40, 50], "a name that is longer than the picture");
        assert!(marked(&narrow, 20..40, 0..60) > 100);
    }

    #[test]
    fn a_frame_is_as_thick_as_the_picture_is_large() {
        let thin = drawn(200, 200, [50, 60, 80], "");
        assert_eq!(marked(&thin, 100..101, 40..140), 2);
        let thick = drawn(1000, 1000, [50, 60, 80], "");
        assert_eq!(marked(&thick, 100..101, 40..140), 10);
    }

    #[test]
    fn what_is_pasted_beyond_the_edge_is_left_out() {
        let mut canvas = Canvas::blank(3, 3);
        canvas.paste(2, 1, 2, &[7; 3 * 2 * 4]);
        let at = |x: usize, y: usize| canvas.rgb[3 * (3 * y + x)];
        assert_eq!([at(2, 0), at(2, 1), at(2, 2), at(1, 1), at(0, 2)], [255, 7, 7, 255, 255]);
    }
}
