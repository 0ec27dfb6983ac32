use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use fer_artifact::Tta;
use fer_data::{Classes, Loaded, Source, load};
use fer_eval::score;
use fer_predict::Ensemble;

use super::arguments::ThreadArgs;
use crate::output::{print, print_json};
use crate::terminal::to_stderr;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer evaluate --model runs/sample/train/model.safetensors --data other.csv
  fer evaluate --model runs/sample/train/model.safetensors --data pictures --tta flip --json
  fer evaluate --model one.safetensors --model other.safetensors --data other.csv
The images are preprocessed as those that the model was trained with. All rows count, whatever their split. A model
that carries a temperature, as `fer export-model` writes it, is scored with it.")]
pub(super) struct EvaluateArgs {
    /// A model, as train leaves it or `fer export-model` writes it. Of several, which must have the same classes, the
    /// probabilities are averaged.
    #[arg(long = "model", value_name = "MODEL", required = true)]
    models: Vec<PathBuf>,
    /// A CSV file (plain, gzip or zstd) or a folder of pictures, with labels.
    #[arg(long, value_name = "SOURCE")]
    data: PathBuf,
    /// Test-time augmentation: the mean of the probabilities for each image (`none`), for it and its mirror image
    /// (`flip`), or for ten crops (`ten-crop`).
    #[arg(long, value_name = "NAME", default_value_t = Tta::None)]
    tta: Tta,
    #[command(flatten)]
    threads: ThreadArgs,
    /// Print JSON: what `metrics.json` holds for one split.
    #[arg(long)]
    json: bool,
}

impl EvaluateArgs {
    pub(super) fn run(self) -> Result<ExitCode> {
        self.threads.apply()?;
        let ensemble = Ensemble::open(&self.models)?.with_tta(self.tta)?;
        let classes = Classes::new(ensemble.classes().to_vec())
            .with_context(|| format!("{}: its classes", self.models[0].display()))?;
        let Loaded { images, notes } = load(&Source::at(&self.data), &classes, ensemble.size().ok())?;
        notes.iter().for_each(|note| to_stderr(note));
        let scores = score(&ensemble.predict(&images)?);
        if self.json {
            print_json(&scores)?
        } else {
            print(fer_eval::split_table(&scores))?
        }
        Ok(ExitCode::SUCCESS)
    }
}
