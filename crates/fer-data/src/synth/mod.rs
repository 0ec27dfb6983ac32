//! Synthetic faces.

mod canvas;
mod dice;
mod expression;
mod face;
mod features;
mod person;
mod scene;

use std::io::{self, Write};

use fer_artifact::{Seed, Split};
use rayon::prelude::*;

use canvas::SIDE;
use dice::Dice;

const CLASSES: usize = 7;

/// One drawn face.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntheticFace {
    /// Gray values, U8 `[48, 48]`, row by row.
    pub pixels: Vec<u8>,
    /// Index into FER2013's classes.
    pub label: u8,
    /// Part of the data.
    pub split: Split,
}

/// Draws `rows` faces.
pub fn synthesize(rows: usize, seed: Seed) -> Vec<SyntheticFace> {
    let (faces, order) = (seed.stream("synth"), seed.stream("synth/labels"));
    (0..rows).into_par_iter().map(|row| draw(row, faces, order)).collect()
}

fn draw(row: usize, faces: Seed, order: Seed) -> SyntheticFace {
    let block = row / CLASSES;
    let mut labels = [0, 1, 2, 3, 4, 5, 6];
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
    let person = person::Person::draw(dice);
    let actions = expression::Actions::of_class(label, dice);
    let pose = person::Pose::draw(dice);
    let light = person::Light::draw(dice);
    let mut canvas = scene::background(dice);
    face::Face { person: &person, actions: &actions, pose: &pose, light: &light }.draw(&mut canvas);
    scene::occlude(&mut canvas, person.skin, dice);
    scene::develop(canvas.finish(), dice)
}

/// Writes Kaggle's format.
pub fn write_csv(faces: &[SyntheticFace], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "emotion,pixels,Usage")?;
    let mut line = String::new();
    for face in faces {
        use std::fmt::Write as _;
        line.clear();
        let _ = write!(line, "{},", face.label);
        for (i, pixel) in face.pixels.iter().enumerate() {
            let _ = write!(line, "{}{pixel}", if i == 0 { "" } else { " " });
        }
        let usage = match face.split {
            Split::Train => "Training",
            Split::Validation => "PublicTest",
            Split::Test => "PrivateTest",
        };
        writeln!(out, "{line},{usage}")?;
    }
    Ok(())
}
