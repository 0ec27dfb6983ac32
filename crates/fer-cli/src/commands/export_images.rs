use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use fer_artifact::{ImageSet, open};
use fer_data::{PictureFormat, export_by_class, export_images};

use crate::exit_status::ExitStatus;
use crate::output::print;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer export-images runs/sample/ingest/train.safetensors pictures
  fer export-images runs/sample/ingest/train.safetensors faces --by-class
The folder can be ingested again: `source: {kind: folder, path: pictures}`.")]
pub(super) struct ExportImagesArgs {
    /// An artifact of kind `images`, such as `ingest/train.safetensors`.
    artifact: PathBuf,
    /// Write the pictures (`<row>.png` or `<row>.jpg`) and `dataset.csv` into this folder.
    dir: PathBuf,
    /// Format of the pictures. JPEG, the seed's format, does not keep every pixel.
    #[arg(long, value_enum, default_value_t = Format::Png)]
    format: Format,
    /// Write each picture into a folder of its class, called as the picture that it comes from, without a `dataset.csv`.
    #[arg(long)]
    by_class: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Png,
    Jpg,
}

impl ExportImagesArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let images: ImageSet = open(&self.artifact)?;
        let format = match self.format {
            Format::Png => PictureFormat::Png,
            Format::Jpg => PictureFormat::Jpeg,
        };
        match self.by_class {
            true => export_by_class(&images, &self.dir, format)?,
            false => export_images(&images, &self.dir, format)?,
        }
        print(format_args!("{} images in {}\n", images.len(), self.dir.display()))?;
        Ok(ExitStatus::Success)
    }
}
