//! Draws contact sheets.

use anyhow::{Result, bail};
use fer_eval::{Sheet, SheetLine, SheetTile};

use crate::commands::pictures::{Canvas, Letters};

/// Faces in a row, and the side that small ones are enlarged to.
const ACROSS: usize = 12;
const SIDE: usize = 96;
/// Free space between faces and around all.
const GAP: usize = 10;
const MARGIN: usize = 20;
/// Heights of letters.
const TITLE: usize = 24;
const NAME: usize = 18;
const CAPTION: usize = 13;
/// Most pixels of a sheet, and its longest side: viewers take no larger ones.
const MOST_PIXELS: usize = 100_000_000;
const LONGEST: usize = 30_000;

/// All sheets, one below the other, as one picture.
pub(super) fn draw(sheets: &[Sheet]) -> Result<Canvas> {
    let layout = Layout::of(sheets);
    let height = 2 * MARGIN + sheets.iter().map(|sheet| layout.height(sheet)).sum::<usize>();
    let width = 2 * MARGIN + layout.across * (layout.cell + GAP) - GAP;
    let width = width.max(MARGIN + Letters::new(TITLE).width("What the network is trained on"));
    if height.max(width) > LONGEST || height.saturating_mul(width) > MOST_PIXELS {
        bail!(
            "expected a sheet of at most {LONGEST} pixels a side and {MOST_PIXELS} in all, found {height}×{width}; show fewer faces: \
             --class, --of-each"
        )
    }
    let mut canvas = Canvas::blank(height, width);
    let mut top = MARGIN;
    for sheet in sheets {
        canvas.text(MARGIN, top, TITLE, &sheet.title);
        top += TITLE + GAP;
        for line in &sheet.lines {
            canvas.text(MARGIN, top, NAME, &drawable(&line.name));
            top = layout.draw(&mut canvas, top + NAME + GAP / 2, line);
        }
        top += MARGIN;
    }
    Ok(canvas)
}

struct Layout {
    /// Faces in a row.
    across: usize,
    /// Width and height of the room for a face.
    cell: usize,
    tall: usize,
    /// Lines of letters below a face.
    captions: usize,
}

impl Layout {
    fn of(sheets: &[Sheet]) -> Self {
        let lines = || sheets.iter().flat_map(|sheet| &sheet.lines);
        let tiles = || lines().flat_map(|line| &line.tiles);
        let most = |of: &dyn Fn(&SheetTile) -> usize| tiles().map(of).max().unwrap_or(SIDE);
        Self {
            across: lines().map(|line| line.tiles.len()).max().unwrap_or(1).clamp(1, ACROSS),
            cell: most(&|tile| tile.size.width() * scale(tile)),
            tall: most(&|tile| tile.size.height() * scale(tile)),
            captions: if tiles().any(|tile| tile.origin.is_some()) { 2 } else { 1 },
        }
    }

    fn height(&self, sheet: &Sheet) -> usize {
        let rows = |line: &SheetLine| line.tiles.len().div_ceil(self.across);
        let lines = sheet.lines.iter().map(|line| NAME + GAP / 2 + rows(line) * self.row());
        TITLE + GAP + MARGIN + lines.sum::<usize>()
    }

    /// The height of a row of faces.
    fn row(&self) -> usize {
        self.tall + self.captions * CAPTION + GAP
    }

    /// Draws the faces of a line; returns where the next line begins.
    fn draw(&self, canvas: &mut Canvas, top: usize, line: &SheetLine) -> usize {
        for (place, tile) in line.tiles.iter().enumerate() {
            let (x, y) = (MARGIN + place % self.across * (self.cell + GAP), top + place / self.across * self.row());
            let (width, rgb) = enlarged(tile);
            canvas.paste(x, y, width, &rgb);
            let captions = [Some(tile.caption.as_str()), tile.origin.as_deref()];
            for (below, caption) in captions.into_iter().flatten().enumerate() {
                canvas.text(x, y + self.tall + below * CAPTION, CAPTION, &end_of(&drawable(caption), self.cell));
            }
        }
        top + line.tiles.len().div_ceil(self.across) * self.row()
    }
}

/// By what a face is enlarged, in whole pixels.
fn scale(tile: &SheetTile) -> usize {
    (SIDE / tile.size.height().max(tile.size.width())).max(1)
}

/// Width and pixels of an enlarged face, RGB.
fn enlarged(tile: &SheetTile) -> (usize, Vec<u8>) {
    let (scale, width) = (scale(tile), tile.size.width());
    let rows = tile.pixels.chunks(width).flat_map(|row| std::iter::repeat_n(row, scale));
    let levels = rows.flat_map(|row| row.iter().flat_map(|&level| std::iter::repeat_n([level; 3], scale)));
    (width * scale, levels.flatten().collect())
}

/// The text with a box for each letter that the font lacks.
fn drawable(text: &str) -> String {
    let letters = Letters::new(CAPTION);
    text.chars().map(|letter| if letters.have(letter.encode_utf8(&mut [0; 4])) { letter } else { '□' }).collect()
}

/// As much of the end of a text as fits into a width: of a path, the end tells most.
fn end_of(text: &str, width: usize) -> String {
    let letters = Letters::new(CAPTION);
    if letters.width(text) <= width {
        return text.to_owned();
    }
    let starts = text.char_indices().map(|(start, _)| format!("…{}", &text[start..])).skip(1);
    starts.into_iter().find(|end| letters.width(end) <= width).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use fer_artifact::{Size, Split};

    use super::*;

    fn tile(pixels: [u8; 4]) -> SheetTile {
        let size = Size::new(2, 2).unwrap();
        SheetTile { row: 0, caption: "row 0".into(), origin: None, size, pixels: pixels.to_vec() }
    }

    #[test]
    fn a_face_is_enlarged_by_whole_pixels() {
        let (width, rgb) = enlarged(&tile([0, 50, 100, 150]));
        assert_eq!((width, rgb.len()), (96, 96 * 96 * 3));
        let at = |x: usize, y: usize| rgb[3 * (96 * y + x)];
        assert_eq!([at(0, 0), at(47, 47), at(48, 47), at(47, 48), at(95, 95)], [0, 0, 50, 100, 150]);
    }

    #[test]
    fn a_caption_keeps_its_end() {
        assert_eq!(end_of("a.png", 96), "a.png");
        let end = end_of("somewhere/deep/below/the/source/face-00017.png", 96);
        assert!(end.starts_with('…') && end.ends_with("17.png") && Letters::new(CAPTION).width(&end) <= 96, "{end}");
    }

    #[test]
    fn too_many_faces_are_refused() {
        let line = SheetLine { name: "sad".into(), tiles: vec![tile([1; 4]); 4000] };
        let sheet = Sheet { title: "Faces".into(), note: String::new(), split: Split::Train, lines: vec![line] };
        assert!(draw(std::slice::from_ref(&sheet)).is_err());
        let size = Size::new(2000, 2000).unwrap();
        let large = SheetTile { row: 0, caption: String::new(), origin: None, size, pixels: vec![] };
        let line = SheetLine { name: "sad".into(), tiles: vec![large; 60] };
        assert!(draw(&[Sheet { lines: vec![line], ..sheet.clone() }]).is_err(), "five rows of twelve");
        let few = Sheet { lines: vec![SheetLine { name: "sad".into(), tiles: vec![tile([1; 4]); 3] }], ..sheet };
        assert!(draw(&[few]).is_ok());
    }
}
