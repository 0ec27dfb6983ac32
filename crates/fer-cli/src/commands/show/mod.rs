//! `fer show`: faces on contact sheets.

mod sheet;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use fer_artifact::{Split, describe};
use fer_data::{SplitName, is_table};
use fer_eval::Sheet;
use fer_pipeline::progress::Silent;
use fer_pipeline::sheets::{augmented, by_class, near_copies};
use fer_pipeline::{Material, Pipeline, is_run};

use crate::clock::SystemClock;
use crate::exit_status::ExitStatus;
use crate::output::print;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fer show my-faces                                faces of each class
  fer show faces.csv --class sad --of-each 200
  fer show runs/sample/ingest/test.safetensors --out test.png
  fer show pipeline.yaml --augmented               what preprocessing and each augmentation make of the same faces
  fer show runs/sample --duplicates                the near copies that ingest found
Each face stands above its row in the source and the name of its picture. Of a pipeline file, the faces are those of its
run folder; where they are not fresh, the stages before the training run in a folder for temporary files.")]
pub(super) struct ShowArgs {
    /// A source of faces (a CSV file, a folder of pictures, Parquet files), an artifact of images, a pipeline file, or a run folder.
    #[arg(default_value = "pipeline.yaml", value_name = "SOURCE|ARTIFACT|PIPELINE")]
    path: PathBuf,
    /// Show faces of this class alone; may be repeated.
    #[arg(long = "class", value_name = "NAME")]
    classes: Vec<String>,
    /// Show this split (default: train).
    #[arg(long, value_name = "NAME", conflicts_with_all = ["augmented", "duplicates"])]
    split: Option<SplitName>,
    /// Show so many faces of each class, spread evenly over its rows.
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=1000))]
    of_each: u16,
    /// Show what preprocessing and each augmentation make of a face of each class.
    #[arg(long)]
    augmented: bool,
    /// Show the near copies that ingest found.
    #[arg(long)]
    duplicates: bool,
    /// Write this picture; one that is there is replaced.
    #[arg(long, value_name = "FILE", default_value = "sheet.png")]
    out: PathBuf,
}

impl ShowArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        // Faces that are read or made anew may lie in it.
        let scratch = tempfile::tempdir()?;
        let material = self.material(scratch.path())?;
        let mut sheets = vec![];
        if self.augmented {
            sheets.push(self.augmented(&material)?);
        }
        if self.duplicates {
            sheets.push(self.duplicates(&material)?);
        }
        if sheets.is_empty() {
            sheets.push(self.by_class(&material)?);
        }
        sheet::draw(&sheets)?.write(&self.out)?;
        for sheet in &sheets {
            let faces: usize = sheet.lines.iter().map(|line| line.tiles.len()).sum();
            print(format_args!("{}: {}, {faces} pictures\n", self.out.display(), sheet.title))?;
            sheet.lines.iter().try_for_each(|line| print(format_args!("  {}\n", line.name)))?;
        }
        Ok(ExitStatus::Success)
    }

    fn material(&self, scratch: &Path) -> Result<Material> {
        let path = &self.path;
        let is_called = |ending: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
        let is_pipeline = is_run(path) || is_called("yaml") || is_called("yml");
        if is_pipeline {
            let pipeline = Pipeline::load(path, &[], None)?;
            if pipeline.has_faces()? {
                return Ok(pipeline.faces()?);
            }
            let pipeline = Pipeline::load(path, &[], Some(scratch))?;
            pipeline.make_faces(&SystemClock::start(), &mut Silent)?;
            return Ok(pipeline.faces()?);
        }
        if path.is_file() && !is_table(path) && describe(path).is_ok() {
            return Ok(Material::of_artifact(path)?);
        }
        Ok(Material::of_source(path, scratch)?)
    }

    fn by_class(&self, material: &Material) -> Result<Sheet> {
        let wanted = match (self.split, material.images.len()) {
            (Some(SplitName(split)), _) => split,
            (None, 1) => material.images.keys().copied().next().unwrap_or(Split::Train),
            (None, _) => self.own_split().unwrap_or(Split::Train),
        };
        let Some(images) = material.images.get(&wanted) else {
            let found: Vec<&str> = material.images.keys().map(|split| split.name()).collect();
            bail!("{}: expected images of {wanted}, found {}", self.path.display(), found.join(", "))
        };
        Ok(by_class(images, &self.chosen(&images.classes)?, self.of_each.into())?)
    }

    /// The split of an artifact.
    fn own_split(&self) -> Option<Split> {
        if self.path.is_file() { describe(&self.path).ok()?.0?.split } else { None }
    }

    fn augmented(&self, material: &Material) -> Result<Sheet> {
        let (Some(features), Some(recipe)) = (&material.features, &material.recipe) else {
            bail!(
                "{}: --augmented: expected a pipeline file or a run with a preprocess stage and a train stage of ours",
                self.path.display()
            )
        };
        let classes = self.chosen(&features.classes)?;
        Ok(augmented(features, material.images.get(&Split::Train), recipe, &classes)?)
    }

    fn duplicates(&self, material: &Material) -> Result<Sheet> {
        let near = material.report.as_ref().and_then(|report| report.near.as_ref());
        let Some(near) = near else {
            bail!(
                "{}: --duplicates: expected a source, a run, or an artifact beside the `data-report.json` of ingest",
                self.path.display()
            )
        };
        Ok(near_copies(near, &material.images)?)
    }

    /// The places of the classes that were asked for.
    fn chosen(&self, classes: &[String]) -> Result<Vec<usize>> {
        if self.classes.is_empty() {
            return Ok((0..classes.len()).collect());
        }
        let place = |name: &String| match classes.iter().position(|class| class == name) {
            Some(place) => Ok(place),
            None => bail!("--class {name}: expected one of {}", classes.join(", ")),
        };
        self.classes.iter().map(place).collect()
    }
}
