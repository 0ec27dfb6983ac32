//! `fer predict`: pictures and tables in, a row for each face out.

mod annotate;
mod rows;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use console::Term;
use fer_predict::{Crop, Recognizer};
use rayon::prelude::*;

use super::pictures::{PictureArgs, Seen, by_picture};
use crate::exit_status::ExitStatus;
use crate::terminal::width;
use annotate::Annotator;
use rows::{Finding, Form, Rows};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer predict holiday.jpg
  fer predict photographs --json > faces.jsonl
  fer predict photographs --annotate annotated
  fer predict crops --no-detect --model runs/mine --csv > faces.csv
  fer predict test.csv --csv > answers.csv
Reads png, jpg, webp, bmp, tiff, pnm and the first frame of a gif, each with all its faces; CSV files (.csv or .tsv, also
with .gz, .zst or .zip) with pixels of one face in each row, with or without labels; and Parquet files (.parquet) with
pictures or with pixels. A table on a narrow terminal has the probability of the predicted class alone. A file or row
that cannot be read, or has no face, gets a row that says so. The exit code is 1 if nothing could be read, or if an
annotated copy could not be written.")]
pub(super) struct PredictArgs {
    #[command(flatten)]
    pictures: PictureArgs,
    /// Draw boxes and expressions into copies of the pictures, `DIR/<path>.faces.png`.
    #[arg(long, value_name = "DIR", conflicts_with = "no_detect")]
    annotate: Option<PathBuf>,
    /// Print JSON: one object a line, one line a face.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV.
    #[arg(long)]
    csv: bool,
}

impl PredictArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let viewer = self.pictures.viewer()?.with_rows().with_bar(self.annotate.as_deref());
        let form = match (self.json, self.csv) {
            (true, _) => Form::Json,
            (_, true) => Form::Csv,
            _ => Form::Table,
        };
        let mut rows = Rows::new(form, viewer.recognizer.classes(), width(&Term::stdout()), viewer.bar.clone())?;
        let annotator = self.annotate.as_deref().map(|folder| Annotator::new(folder, &viewer)).transpose()?;
        let ended = viewer
            .each(self.annotate.as_deref(), |seen| judge(&viewer.recognizer, seen, &mut rows, annotator.as_ref()))?;
        match annotator.map_or(0, |annotator| annotator.failed()) {
            0 => Ok(ended),
            _ => Ok(ExitStatus::Failure),
        }
    }
}

/// Prints the rows of some files, and draws what is to be drawn.
fn judge(recognizer: &Recognizer, seen: &[Seen<'_>], rows: &mut Rows<'_>, annotator: Option<&Annotator>) -> Result<()> {
    let crops: Vec<&Crop> = seen.iter().flat_map(Seen::crops).collect();
    let faces = recognizer.judge(&crops)?;
    let judged = by_picture(seen, &faces);
    for (seen, faces) in &judged {
        match &seen.outcome {
            Err(problem) => rows.print(seen, Finding::Problem(problem))?,
            Ok(crops) if crops.is_empty() => rows.print(seen, Finding::Problem("no face"))?,
            Ok(_) => faces.iter().try_for_each(|face| rows.print(seen, Finding::Face(face)))?,
        }
    }
    rows.flush()?;
    if let Some(annotator) = annotator {
        judged.par_iter().for_each(|(seen, faces)| annotator.annotate(seen, faces));
    }
    Ok(())
}
