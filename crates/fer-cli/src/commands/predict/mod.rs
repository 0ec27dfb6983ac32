//! `fer predict`: pictures in, a row for each face out. Files are treated some at a time and forgotten, so that memory
//! does not grow with their number.

mod annotate;
mod ensemble;
mod font;
mod look;
mod rows;
mod walk;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use rayon::prelude::*;

use super::ThreadArgs;
use crate::terminal::to_stderr;
use annotate::Annotator;
use ensemble::{DEFAULT_MODEL, Ensemble};
use look::{Look, Seen};
use rows::{Finding, Form, Rows};
use walk::{Found, Walk};

/// Files at a time. Crops go through the network in large batches; photographs take long enough each for a person to
/// wait for the first row.
const CROPS: usize = 256;
const PHOTOGRAPHS: usize = 32;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer predict holiday.jpg --model runs/sample/train/model.safetensors
  fer predict photographs --model model.safetensors --json > faces.jsonl
  fer predict photographs --model model.safetensors --annotate annotated
  fer predict crops --no-detect --model model.safetensors --csv > faces.csv
Pictures are png, jpg, webp, bmp or gif (its first frame). What cannot be read, or has no face, gets a row that says so;
the exit code is 1 only if nothing could be read.")]
pub(super) struct PredictArgs {
    /// Pictures, and folders of them at any depth.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A model, as train leaves it; of several, the probabilities are averaged.
    #[arg(long = "model", value_name = "MODEL", required = DEFAULT_MODEL.is_none())]
    models: Vec<PathBuf>,
    /// Take every picture for a face that is cropped already.
    #[arg(long)]
    no_detect: bool,
    /// Side of the smallest face to look for, in pixels; by default a 32nd of the picture's longer side.
    #[arg(long, value_name = "PIXELS", conflicts_with = "no_detect", value_parser = clap::value_parser!(u16).range(20..))]
    min_face: Option<u16>,
    /// Draw the faces and what they express into copies of the pictures, `DIR/<path>.faces.png`.
    #[arg(long, value_name = "DIR", conflicts_with = "no_detect")]
    annotate: Option<PathBuf>,
    #[command(flatten)]
    threads: ThreadArgs,
    /// Print JSON, a line each.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV.
    #[arg(long)]
    csv: bool,
}

impl PredictArgs {
    pub(super) fn run(self) -> Result<ExitCode> {
        self.threads.apply()?;
        let look = if self.no_detect { Look::Whole } else { Look::for_faces(self.min_face)? };
        let ensemble = Ensemble::read(&self.models)?;
        let form = match (self.json, self.csv) {
            (true, _) => Form::Json,
            (_, true) => Form::Csv,
            _ => Form::Table,
        };
        let mut rows = Rows::new(form, ensemble.classes())?;
        let annotator = self.annotate.as_deref().map(Annotator::new).transpose()?;
        let mut walk = Walk::new(&self.paths, self.annotate.as_deref());
        let (mut files, mut read) = (0, 0);
        loop {
            let at_a_time = if self.no_detect { CROPS } else { PHOTOGRAPHS };
            let found: Vec<Found> = walk.by_ref().take(at_a_time).collect();
            if found.is_empty() {
                break;
            }
            let seen: Vec<Seen> = found.par_iter().map(|found| look.at(found, ensemble.size())).collect();
            files += seen.len();
            read += seen.iter().filter(|seen| seen.outcome.is_ok()).count();
            judge(&ensemble, &seen, &mut rows, annotator.as_ref())?;
        }
        if read > 0 {
            return Ok(ExitCode::SUCCESS);
        }
        to_stderr(&match files {
            1 => "error: the picture could not be read".to_owned(),
            _ => format!("error: none of {files} pictures could be read"),
        });
        Ok(ExitCode::FAILURE)
    }
}

/// Prints the rows of some files, and draws what is to be drawn.
fn judge(ensemble: &Ensemble, seen: &[Seen], rows: &mut Rows, annotator: Option<&Annotator>) -> Result<()> {
    let crops: Vec<&[u8]> = seen.iter().flat_map(Seen::crops).map(|crop| &*crop.pixels).collect();
    let probabilities = ensemble.probabilities(&crops)?;
    let mut rest = &probabilities[..];
    let mut judged = vec![];
    for seen in seen {
        let (own, others) = rest.split_at(seen.crops().len());
        rest = others;
        match &seen.outcome {
            Err(problem) => rows.print(seen.path, Finding::Problem(problem))?,
            Ok(crops) if crops.is_empty() => rows.print(seen.path, Finding::Problem("no face"))?,
            Ok(crops) => {
                for (crop, probabilities) in crops.iter().zip(own) {
                    rows.print(seen.path, Finding::Face(crop.place.as_ref(), probabilities))?;
                }
            }
        }
        judged.push((seen, own));
    }
    rows.flush()?;
    let Some(annotator) = annotator else { return Ok(()) };
    judged.par_iter().try_for_each(|(seen, probabilities)| annotator.annotate(seen, probabilities, ensemble.classes()))
}

/// The class of highest probability, and that probability; of equal ones the first.
fn top<'a>(classes: &'a [String], probabilities: &[f64]) -> (&'a str, f64) {
    let mut best = 0;
    for (class, probability) in probabilities.iter().enumerate() {
        if *probability > probabilities[best] {
            best = class;
        }
    }
    (&classes[best], probabilities[best])
}
