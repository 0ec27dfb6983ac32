#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod canvas;
mod csv;
mod dice;
mod expression;
mod face;
mod features;
mod hair;
mod head;
mod mouth;
mod person;
mod portrait;
mod scene;

pub use csv::{CsvEncoding, write_faces};

use fer_artifact::{FER2013_CLASSES, Seed, Split};
use rayon::prelude::*;

use crate::canvas::Canvas;
use crate::dice::Dice;
use crate::expression::Actions;
use crate::face::Face;
use crate::person::{Light, Person, Pose};

const CLASSES: usize = FER2013_CLASSES.len();
/// Faces that are drawn before the first of them is handed on.
const AT_A_TIME: usize = 4096;

/// One drawn face.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntheticFace {
    /// Gray values, U8 `[48, 48]`, row by row from the top; 0 black, 255 white.
    pub pixels: Vec<u8>,
    /// Index into [`FER2013_CLASSES`].
    pub label: u8,
    /// Part of the data: `Training`, `PublicTest` or `PrivateTest` in Kaggle's words.
    pub split: Split,
}

/// Draws `rows` faces.
///
/// Face `k` depends on `(seed, k)` alone: not on `rows`, not on the number of threads. Each seven rows hold every
/// class once, in a random order; of each ten such blocks, the first eight are train, the ninth is validation, the
/// last test. A multiple of 70 rows is therefore exactly balanced in each part.
///
/// ```
/// use fer_artifact::{Seed, Split};
/// let faces = fer_synth::synthesize(70, Seed::new(42));
/// assert_eq!(faces[0].pixels.len(), 48 * 48);
/// assert_eq!(faces.iter().filter(|face| face.split == Split::Train).count(), 56);
/// ```
pub fn synthesize(rows: usize, seed: Seed) -> Vec<SyntheticFace> {
    faces(rows, seed).collect()
}

/// The same faces one after the other, some of them drawn at a time: memory does not grow with their number.
pub fn faces(rows: usize, seed: Seed) -> impl Iterator<Item = SyntheticFace> {
    let (faces, order) = (seed.stream("synth"), seed.stream("synth/labels"));
    (0..rows).step_by(AT_A_TIME).flat_map(move |start| {
        let rows = start..rows.min(start + AT_A_TIME);
        rows.into_par_iter().map(|row| draw(row, faces, order)).collect::<Vec<_>>()
    })
}

fn draw(row: usize, faces: Seed, order: Seed) -> SyntheticFace {
    let block = row / CLASSES;
    let mut labels: [u8; CLASSES] = std::array::from_fn(|label| label as u8);
    Dice::new(order, block).shuffle(&mut labels);
    let label = labels[row % CLASSES];
    let split = match block % 10 {
        8 => Split::Validation,
        9 => Split::Test,
        _ => Split::Train,
    };
    SyntheticFace { pixels: picture(label, &mut Dice::new(faces, row)), label, split }
}

fn picture(label: u8, dice: &mut Dice) -> Vec<u8> {
    let person = Person::draw(dice);
    let actions = Actions::of_class(label, dice);
    let pose = Pose::draw(dice);
    let light = Light::draw(dice);
    let mut canvas: Canvas = scene::background(dice);
    portrait::draw(&Face { person: &person, actions: &actions, pose: &pose, light: &light }, &mut canvas);
    scene::occlude(&mut canvas, person.skin, dice);
    scene::develop(canvas.finish(), dice)
}
