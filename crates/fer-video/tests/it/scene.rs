//! Frames in which faces are where a test puts them: a photograph's, its mirror image, and drawn ones.

use std::path::Path;

use fer_artifact::{Seed, Size};
use fer_predict::Picture;

pub(crate) const WIDTH: usize = 480;
pub(crate) const HEIGHT: usize = 240;

/// A face's picture.
pub(crate) struct Sprite {
    rgb: Vec<u8>,
    width: usize,
}

/// The astronaut's face, of 130×150 pixels.
pub(crate) fn astronaut() -> Sprite {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pictures/astronaut.jpg");
    let picture = Picture::open(&path).unwrap().part(95, 45, Size::new(150, 130).unwrap());
    Sprite { rgb: picture.into_rgb(), width: 130 }
}

/// A drawn face of `fer-synth`, three times as large: of 144×144 pixels.
pub(crate) fn drawn(row: usize) -> Sprite {
    let pixels = fer_synth::synthesize(70, Seed::new(3))[row].pixels.clone();
    let side = 3 * 48;
    let gray = (0..side * side).map(|at| pixels[at / side / 3 * 48 + at % side / 3]);
    Sprite { rgb: gray.flat_map(|gray| [gray; 3]).collect(), width: side }
}

impl Sprite {
    pub(crate) fn mirrored(&self) -> Self {
        let rows = self.rgb.chunks(3 * self.width);
        let mirrored = |row: &[u8]| row.chunks(3).rev().flatten().copied().collect::<Vec<_>>();
        Self { rgb: rows.flat_map(mirrored).collect(), width: self.width }
    }
}

/// A frame: stripes, and faces with their upper left corners at these places, the last in front.
pub(crate) fn frame(faces: &[(&Sprite, f64, f64)]) -> Picture {
    let stripes = |at: usize| [90 + (at % WIDTH / 16 % 2 * 20) as u8, 120, 140];
    let mut rgb: Vec<u8> = (0..WIDTH * HEIGHT).flat_map(stripes).collect();
    for (sprite, left, top) in faces {
        for (row, pixels) in sprite.rgb.chunks(3 * sprite.width).enumerate() {
            for (column, pixel) in pixels.chunks(3).enumerate() {
                let (x, y) = (left.round() as i64 + column as i64, top.round() as i64 + row as i64);
                if (0..WIDTH as i64).contains(&x) && (0..HEIGHT as i64).contains(&y) {
                    let at = 3 * (y as usize * WIDTH + x as usize);
                    rgb[at..at + 3].copy_from_slice(pixel);
                }
            }
        }
    }
    Picture::from_rgb(rgb, Size::new(HEIGHT, WIDTH).unwrap()).unwrap()
}
