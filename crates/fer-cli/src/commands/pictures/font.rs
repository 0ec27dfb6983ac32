//! Letters: Noto Sans, which is part of the program.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};
use fer_artifact::visible;

use crate::terminal::to_stderr;

/// What is drawn for each class. One whose letters the font lacks is drawn as its number, and that is said.
pub(crate) fn drawn_names(classes: &[String]) -> Vec<String> {
    let letters = Letters::new(20);
    let name = |(number, class): (usize, &String)| match letters.have(class) {
        true => class.clone(),
        false => {
            to_stderr(&format!(
                "annotated pictures call class `{}` #{number}: it has letters that the font lacks",
                visible(class)
            ));
            format!("#{number}")
        }
    };
    classes.iter().enumerate().map(name).collect()
}

/// The font at one height.
pub(crate) struct Letters {
    font: FontRef<'static>,
    height: f32,
}

impl Letters {
    /// Letters whose lines are so many pixels high.
    pub(crate) fn new(height: usize) -> Self {
        let font = FontRef::try_from_slice(notosans::REGULAR_TTF).expect("the font in the program is whole");
        Self { font, height: height as f32 }
    }

    /// Whether the font has all letters of a text.
    pub(crate) fn have(&self, text: &str) -> bool {
        text.chars().all(|letter| self.font.glyph_id(letter).0 != 0)
    }

    /// Pixels that a line of text takes.
    pub(crate) fn width(&self, text: &str) -> usize {
        self.glyphs(text).1.ceil() as usize
    }

    /// Calls `dot` for each pixel of a line of text that has ink: column and row from the line's upper left corner, and how
    /// much of the pixel is covered, 0 to 1.
    pub(crate) fn draw(&self, text: &str, mut dot: impl FnMut(usize, usize, f32)) {
        for glyph in self.glyphs(text).0 {
            let Some(outline) = self.font.outline_glyph(glyph) else { continue };
            let corner = outline.px_bounds().min;
            outline.draw(|x, y, ink| {
                let (x, y) = (corner.x + x as f32, corner.y + y as f32);
                if x >= 0.0 && y >= 0.0 {
                    dot(x as usize, y as usize, ink.clamp(0.0, 1.0));
                }
            });
        }
    }

    /// The letters in their places, and where the next one would stand.
    fn glyphs(&self, text: &str) -> (Vec<Glyph>, f32) {
        let scale = PxScale::from(self.height);
        let font = self.font.as_scaled(scale);
        let (mut x, mut before, mut glyphs) = (0.0, None, vec![]);
        for letter in text.chars() {
            let id = self.font.glyph_id(letter);
            x += before.map_or(0.0, |before| font.kern(before, id));
            glyphs.push(id.with_scale_and_position(scale, point(x, font.ascent())));
            x += font.h_advance(id);
            before = Some(id);
        }
        (glyphs, x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_accents_and_lie_in_their_line() {
        let letters = Letters::new(20);
        assert!(letters.have("très content, überrascht, радость") && !letters.have("高兴"));
        let ink = |text: &str| {
            let mut places = vec![];
            letters.draw(text, |x, y, ink| {
                if ink > 0.5 {
                    places.push((x, y))
                }
            });
            places
        };
        assert!(ink("è").iter().any(|place| !ink("e").contains(place)), "an accent");
        let all = ink("ÉÂgjp");
        assert!(all.iter().all(|&(x, y)| x < letters.width("ÉÂgjp") && y < 20), "{all:?}");
        assert!(letters.width("iiii") < letters.width("MMMM"));
    }
}
