//! `fer explain`: pictures in, heat maps over their faces out.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use fer_artifact::visible;
use fer_eval::overlay;
use fer_imgproc::resize;
use fer_predict::{Crop, Face, Recognizer, Size};

use super::pictures::{Canvas, Copies, PictureArgs, Seen, by_picture};
use crate::exit_status::ExitStatus;
use crate::output::print;

/// Side of a face on the sheet, the white around it, and a line of letters, in pixels.
const SIDE: usize = 192;
const GAP: usize = 8;
const CAPTION: usize = 20;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer explain holiday.jpg
  fer explain crops --no-detect --class happy --class sad --out why
  fer explain holiday.jpg --class all --model runs/mine
Writes DIR/<path>.explained.png for each picture with a face: one line a face, first the network's input, then one heat
map a class. Red to yellow: the place speaks for the class, yellow the most. Each map is scaled to its own maximum; the
percentage is the probability of the class.")]
pub(super) struct ExplainArgs {
    #[command(flatten)]
    pictures: PictureArgs,
    /// Explain this class, or `all` classes, in place of the predicted class; may be repeated.
    #[arg(long = "class", value_name = "NAME")]
    classes: Vec<String>,
    /// Write the heat maps into this folder.
    #[arg(long, value_name = "DIR", default_value = "explained")]
    out: PathBuf,
}

impl ExplainArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let viewer = self.pictures.viewer()?;
        let recognizer = &viewer.recognizer;
        let asked = asked(&self.classes, recognizer.classes())?;
        let copies = viewer.copies(&self.out, "--out")?;
        viewer.each(Some(&self.out), |seen| explain(recognizer, seen, &asked, &copies))
    }
}

/// The classes of these names, in the order of the names; none for the one that a face is taken for.
fn asked(names: &[String], classes: &[String]) -> Result<Vec<usize>> {
    let mut asked = vec![];
    for name in names {
        match classes.iter().position(|class| class == name) {
            Some(class) => asked.push(class),
            None if name == "all" => asked.extend(0..classes.len()),
            None => {
                bail!("--class: expected `all` or one of {}, found `{name}`", visible(&classes.join(", ")))
            }
        }
    }
    Ok(asked)
}

/// A class of a face: how probable it is and where it shows.
struct Explained {
    class: usize,
    probability: f64,
    heat: Vec<f32>,
}

fn explain(recognizer: &Recognizer, seen: &[Seen<'_>], asked: &[usize], copies: &Copies) -> Result<()> {
    let crops: Vec<&Crop> = seen.iter().flat_map(Seen::crops).collect();
    let faces = recognizer.judge(&crops)?;
    let mut explained: Vec<Vec<Explained>> = crops.iter().map(|_| vec![]).collect();
    for turn in 0..asked.len().max(1) {
        let class = |face: &Face| asked.get(turn).copied().unwrap_or_else(|| face.top());
        let classes: Vec<usize> = faces.iter().map(class).collect();
        for (index, heat) in recognizer.heat_maps(&crops, &classes)?.into_iter().enumerate() {
            let class = classes[index];
            explained[index].push(Explained { class, probability: faces[index].probabilities[class], heat });
        }
    }
    for (seen, faces) in by_picture(seen, &explained) {
        let name = seen.path.to_string_lossy();
        let said = match &seen.outcome {
            Err(problem) => problem.clone(),
            Ok(crops) if crops.is_empty() => "no face".to_owned(),
            Ok(crops) => {
                let target = copies.make(seen.path, ".explained.png")?;
                sheet(crops, faces, recognizer)?.write(&target)?;
                let faces: Vec<String> = faces.iter().map(|face| words(face, recognizer.classes())).collect();
                format!("{}, in {}", faces.join("; "), visible(&target.to_string_lossy()))
            }
        };
        print(format!("{}: {said}\n", visible(&name)))?;
    }
    Ok(())
}

/// What is said of a face: `happy 97 %, sad 2 %`.
fn words(face: &[Explained], classes: &[String]) -> String {
    face.iter().map(|it| it.caption(classes)).collect::<Vec<_>>().join(", ")
}

impl Explained {
    fn caption(&self, classes: &[String]) -> String {
        format!("{} {:.0} %", visible(&classes[self.class]), 100.0 * self.probability)
    }
}

/// A line a face: the crop, and beside it the same under each of its heat maps.
fn sheet(crops: &[Crop], faces: &[Vec<Explained>], recognizer: &Recognizer) -> Result<Canvas> {
    let columns = 1 + faces[0].len();
    let line = SIDE + CAPTION + GAP;
    let mut canvas = Canvas::blank(GAP + faces.len() * line, GAP + columns * (SIDE + GAP));
    let side = Size::new(SIDE, SIDE)?;
    let enlarge = |pixels: &[u8]| resize(pixels, recognizer.size(), side);
    for (row, (crop, face)) in crops.iter().zip(faces).enumerate() {
        let top = GAP + row * line;
        let gray = enlarge(crop.pixels());
        let nothing = vec![0.0; gray.len()];
        canvas.paste(GAP, top, SIDE, &overlay(&gray, &nothing));
        for (column, explained) in face.iter().enumerate() {
            let left = GAP + (1 + column) * (SIDE + GAP);
            let levels: Vec<u8> = explained.heat.iter().map(|heat| (255.0 * heat).round() as u8).collect();
            let heat: Vec<f32> = enlarge(&levels).iter().map(|&level| f32::from(level) / 255.0).collect();
            canvas.paste(left, top, SIDE, &overlay(&gray, &heat));
            canvas.text(left, top + SIDE, CAPTION, &explained.caption(recognizer.classes()));
        }
    }
    Ok(canvas)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_asked_for_by_name() {
        let classes = ["calm", "glad", "grim"].map(str::to_owned);
        let asked = |names: &[&str]| asked(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>(), &classes);
        assert!(asked(&[]).unwrap().is_empty());
        assert_eq!(asked(&["grim", "calm"]).unwrap(), [2, 0]);
        assert_eq!(asked(&["all"]).unwrap(), [0, 1, 2]);
        let message = asked(&["all", "sad"]).unwrap_err().to_string();
        assert_eq!(message, "--class: expected `all` or one of calm, glad, grim, found `sad`");
    }
}
