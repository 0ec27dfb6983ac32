use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use fer_artifact::Tta;
use fer_data::{Classes, Loaded, Source, load};
use fer_eval::score;
use fer_predict::Ensemble;

use super::arguments::ThreadArgs;
use crate::exit_status::ExitStatus;
use crate::output::{print, print_json};
use crate::terminal::to_stderr;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer evaluate --model runs/sample/train/model.safetensors --data other.csv
  fer evaluate --model runs/sample/train/model.safetensors --data pictures --tta flip --json
  fer evaluate --model one.safetensors --model other.safetensors --data other.csv
The model's header says how to preprocess the images, and `fer export-model` stores a temperature there: both are
applied. All rows count, whatever their split.")]
pub(super) struct EvaluateArgs {
    /// A model file, from the train stage or `fer export-model`. Repeat it to average the probabilities of several models
    /// with the same classes.
    #[arg(long = "model", value_name = "MODEL", required = true)]
    models: Vec<PathBuf>,
    /// Labelled images: a CSV file, plain or packed, or a folder of pictures.
    #[arg(long, value_name = "SOURCE")]
    data: PathBuf,
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
        let ensemble = Ensemble::open(&self.models)?.with_tta(self.tta)?;
        let classes = Classes::new(ensemble.classes().to_vec())
            .with_context(|| format!("{}: its classes", self.models[0].display()))?;
        let scratch = std::env::temp_dir();
        let Loaded { images, notes } = load(&Source::at(&self.data), &classes, ensemble.size().ok(), &scratch)?;
        notes.iter().for_each(|note| to_stderr(note));
        let scores = score(&ensemble.predict(&images)?);
        if self.json {
            print_json(&scores)?
        } else {
            print(fer_eval::split_table(&scores))?
        }
        Ok(ExitStatus::Success)
    }
}
