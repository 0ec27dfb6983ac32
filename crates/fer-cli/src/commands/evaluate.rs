use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use fer_artifact::{Model, read};
use fer_data::{Classes, Source, load};
use fer_eval::{predict, score};
use fer_imgproc::Preprocessing;

use super::{ThreadArgs, print, print_json};

const BATCH_SIZE: usize = 256;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer evaluate --model runs/sample/train/model.safetensors --data other.csv
  fer evaluate --model runs/sample/train/model.safetensors --data pictures --json
The images are preprocessed as those that the model was trained with. All rows count, whatever their split.")]
pub(super) struct EvaluateArgs {
    /// A model, as train leaves it.
    #[arg(long)]
    model: PathBuf,
    /// A CSV file (plain, gzip or zstd) or a folder of pictures, with labels.
    #[arg(long, value_name = "SOURCE")]
    data: PathBuf,
    #[command(flatten)]
    threads: ThreadArgs,
    /// Print JSON: what `metrics.json` holds for one split.
    #[arg(long)]
    json: bool,
}

impl EvaluateArgs {
    pub(super) fn run(self) -> Result<ExitCode> {
        self.threads.apply()?;
        let model: Model = read(&self.model)?;
        let name = self.model.display();
        let preprocessing: Preprocessing = serde_json::from_value(model.preprocessing.clone())
            .with_context(|| format!("{name}: its header does not say how to preprocess an image"))?;
        let classes = Classes::new(model.classes.clone()).with_context(|| format!("{name}: its classes"))?;
        let images = load(&Source::at(&self.data), &classes)?;
        let features = preprocessing.apply(&images)?;
        let scores = score(&predict(&model, &features, BATCH_SIZE)?);
        if self.json {
            print_json(&scores)?
        } else {
            print(&scores)?
        }
        Ok(ExitCode::SUCCESS)
    }
}
