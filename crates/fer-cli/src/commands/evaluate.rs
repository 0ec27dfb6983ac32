use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use fer_artifact::Tta;
use fer_data::{Classes, Detect, Error, ImageSize, IngestParams, Loaded, Source, load_with};
use fer_eval::score;
use fer_pipeline::face_finder;
use fer_predict::Ensemble;

use super::arguments::{ThreadArgs, model_files};
use crate::exit_status::ExitStatus;
use crate::output::{print, print_json};
use crate::progress::bar;
use crate::terminal::to_stderr;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer evaluate --model runs/sample --data other.csv
  fer evaluate --model runs/sample --data pictures --tta flip --json
  fer evaluate --model one.safetensors --model other.safetensors --data other.csv
  fer evaluate --model runs/sample/train/model.safetensors --data photographs --detect
The model's header says how to preprocess the images, and `fer export-model` stores a temperature there: both are
applied. All rows count, whatever their split.")]
pub(super) struct EvaluateArgs {
    /// A model file, from the train stage or `fer export-model`, or a run folder. Repeat it to average the probabilities of several models
    /// with the same classes.
    #[arg(long = "model", value_name = "MODEL|RUN", required = true)]
    models: Vec<PathBuf>,
    /// Labelled images: a CSV file, plain or packed, a folder of pictures, or a Parquet file or a folder of them.
    #[arg(long, value_name = "SOURCE")]
    data: PathBuf,
    /// Find the face in each picture, the largest one, as pictures are photographs. Pictures without a face do not count,
    /// and are named.
    #[arg(long)]
    detect: bool,
    /// Average the probabilities over views of each image: the image alone (`none`), the image and its mirror image
    /// (`flip`), or ten crops (`ten-crop`).
    #[arg(long, value_name = "NAME", default_value_t = Tta::None)]
    tta: Tta,
    #[command(flatten)]
    threads: ThreadArgs,
    /// Print JSON, in the form of a split of `metrics.json`.
    #[arg(long)]
    json: bool,
}

impl EvaluateArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        self.threads.apply()?;
        let models = model_files(&self.models)?;
        let ensemble = Ensemble::open(&models)?.with_tta(self.tta)?;
        let classes = Classes::new(ensemble.classes().to_vec())
            .with_context(|| format!("{}: its classes", models[0].display()))?;
        let source = IngestParams {
            classes,
            size: ensemble.size().ok().map(ImageSize::from),
            detect: self.detect.then(Detect::default),
            ..IngestParams::new(Source::at(&self.data))
        };
        let finder = if self.detect { Some(face_finder().ok_or(Error::NoDetector)?) } else { None };
        let Loaded { images, notes } = load_with(&source, finder.as_deref(), &std::env::temp_dir())?;
        notes.iter().for_each(|note| to_stderr(note));
        let bar = bar((images.len() * models.len()) as u64, "images");
        let predictions = ensemble.predict_told(&images, &mut |images| bar.inc(images as u64));
        bar.finish_and_clear();
        let scores = score(&predictions?);
        if self.json {
            print_json(&scores)?
        } else {
            print(fer_eval::split_table(&scores))?
        }
        Ok(ExitStatus::Success)
    }
}
