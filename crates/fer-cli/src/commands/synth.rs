use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use fer_artifact::{Seed, write_atomic};
use fer_synth::{CsvEncoding, faces, write_faces};

use crate::exit_status::ExitStatus;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  fer synth faces.csv.zst --rows 2100 --seed 42
The file has the format of Kaggle's FER2013: emotion,pixels,Usage. Equal `--rows` and `--seed` give equal faces.")]
pub(super) struct SynthArgs {
    /// Write this file: `.csv` or `.csv.zst`.
    out: PathBuf,
    /// Number of faces; a multiple of 70 has every class equally often in every part.
    #[arg(long, value_name = "N", default_value_t = 2100)]
    rows: usize,
    /// Seed of the random numbers.
    #[arg(long, value_name = "S", default_value_t = 42)]
    seed: u64,
}

impl SynthArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let encoding = CsvEncoding::of_path(&self.out)
            .with_context(|| format!("{}: expected a file name that ends in .csv or .csv.zst", self.out.display()))?;
        let faces = faces(self.rows, Seed::new(self.seed));
        write_atomic(&self.out, |out| write_faces(faces, encoding, out))?;
        Ok(ExitStatus::Success)
    }
}
